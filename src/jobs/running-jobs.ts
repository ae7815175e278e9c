/** Folder of the records in the master's container; a volume of the cluster's own is mounted above it. */
export const RECORDS = '/var/lib/spark/jobs/records';

/** A job that lives, as far as is told without its state. */
export interface RunningJob {
  /** `NAME-ID`. */
  readonly record: string;
  /** Its driver has a container of its own, which is not replaced with the master's. */
  readonly isTask: boolean;
  /** Spark's master has an application of it, sooner or later. */
  readonly isSpark: boolean;
}

/**
 * What to run in the master's container. A job lives as long as its wrapper holds the lock of its record, in whichever container
 * of the machine; of one that waits for its start nothing would be lost.
 */
export const RUNNING_JOBS_ARGV: readonly string[] = [
  'sh',
  '-c',
  `cd ${RECORDS} 2>/dev/null || exit 0
for record in [!.]*/; do
  [ -e "\${record}pid" ] && [ ! -e "\${record}exit" ] && [ ! -e "\${record}failed" ] || continue
  flock -s -n "\${record}lock" true 2>/dev/null && continue
  read -r version uptime stamp mode rest <"\${record}claim"
  type=spark
  ! grep -qF '"type":"shell"' "\${record}spec.json" || type=shell
  printf '%s %s %s\\n' "\${record%/}" "$mode" "$type"
done`,
];

/** What it prints: `wordcount-1a2b3c4d5e6f host spark`, a line for each. */
export function parseRunningJobs(stdout: string): readonly RunningJob[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [record = '', mode, type] = line.split(' ');
      return { record, isTask: mode === 'task', isSpark: type !== 'shell' };
    });
}
