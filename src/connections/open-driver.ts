import { openSshJobShell } from '../adapters/jobs/ssh-job-shell.ts';
import { parseSshHost } from '../adapters/ssh/ssh-address.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { UsageError } from '../errors.ts';
import type { JobShell, TaskRunner } from '../jobs/job-shell.ts';
import { NO_EXTRAS, type DriverExtras } from '../operations/jobs/job-context.ts';
import { prepareSshDriver, type DriverJob } from '../operations/ssh-driver.ts';
import { SwarmTaskRunner } from '../platforms/swarm/job-tasks.ts';
import type { Connection } from './connection.ts';

/** Where a job's record lies, and how its driver is started. */
export interface Driver {
  readonly shell: JobShell;
  /** Where the driver is a one-shot service: beside the master, or on a machine that is a node of the swarm. */
  readonly runner: TaskRunner | undefined;
  /**
   * What a job needs besides, for a driver on a machine of its own; asked before a launch, and at no other time.
   * @throws InvalidStateError when the machine and the cluster do not reach each other, or their Sparks differ
   */
  prepare(job: DriverJob): Promise<DriverExtras>;
}

/**
 * Opens the place of a driver that does not run in the master's container.
 *
 * @param openMaster a shell into that, where the records of one-shot services lie
 * @throws UsageError for `task` without a swarm; ConflictError, UnreachableError for a machine that cannot be entered
 */
export async function openDriver(
  connection: Connection,
  cluster: Cluster,
  driver: 'task' | `ssh://${string}`,
  openMaster: () => Promise<JobShell>,
): Promise<Driver> {
  const { reader, signal } = connection;
  const prepare = async (): Promise<DriverExtras> => NO_EXTRAS;
  if (driver === 'task') {
    if (!reader) {
      throw new UsageError(
        `--driver task: the cluster "${cluster.name}" is in containers of one engine, which has no one-shot services; expected master or ssh://user@host`,
        {
          hint: 'leave it out, or use submit --detach: the driver runs beside the master, and this terminal is not needed',
        },
      );
    }
    return { shell: await openMaster(), runner: new SwarmTaskRunner({ reader, cluster: cluster.name }), prepare };
  }
  const address = parseSshHost(driver);
  if (!address)
    throw new UsageError(`--driver: got ${JSON.stringify(driver)}; expected master, task or ssh://user@host`);
  const shell = await openSshJobShell(address, cluster.name, { signal });
  const { facts, hostName } = shell;
  const nodes = (await reader?.client.listNodes()) ?? [];
  const node = nodes.find(({ id, hostname, address: known }) =>
    facts.nodeId === '' ? hostname === facts.hostname && facts.addresses.includes(known) : id === facts.nodeId,
  );
  if (reader && node) {
    const place = { nodeId: node.id, owner: { uid: facts.uid, gid: facts.gid }, base: shell.base };
    return { shell, runner: new SwarmTaskRunner({ reader, cluster: cluster.name, place }), prepare };
  }
  // A driver listens on IPv4 addresses, as everything in the cluster does.
  const addresses = [...new Set([...facts.addresses, hostName])].filter((each) => !each.includes(':'));
  return {
    shell,
    runner: undefined,
    prepare: async (job) => prepareSshDriver(connection, cluster, { shell, addresses }, job),
  };
}
