import type { Finding } from '../../src/doctor/finding.ts';
import type { ApplicationReading, ClusterReading, DaemonReading, ExecutorReading } from '../../src/explain/reading.ts';
import type { JobStatus } from '../../src/jobs/job.ts';
import { application, cluster, GIB, masterState, MIB, sparkWorker } from './builders.ts';

export const APP = 'app-20261120233630-0000';

/** A container where all is well. */
export function daemon(name: string, change: Partial<DaemonReading> = {}): DaemonReading {
  return {
    name,
    python: '3.13',
    spark: '4.2.1',
    host: `host-of-${name}`,
    clock: '26/11/21 09:17:40',
    driverVersions: [],
    memory: { limitBytes: 1792 * MIB, peakBytes: 900 * MIB, kills: 0 },
    disks: [{ path: '/var/lib/spark/local', freeBytes: 40 * GIB, totalBytes: 100 * GIB, freeInodes: 1_000_000 }],
    executors: [],
    connections: [],
    paths: {},
    log: '',
    ...change,
  };
}

/** One that works. */
export function executor(id: number, change: Partial<ExecutorReading> = {}): ExecutorReading {
  return {
    applicationId: APP,
    id,
    isRunning: true,
    ageSeconds: 90,
    heap: '1024m',
    cores: 1,
    driver: 'host-of-master:40001',
    stderr: '26/11/21 09:14:16 INFO CoarseGrainedExecutorBackend: Successfully registered with driver\n',
    ...change,
  };
}

/** What a worker prints when an executor has ended. */
export function endLine(id: number, code: number, app = APP): string {
  return `26/11/21 09:14:24 INFO Worker: Executor ${app}/${id} finished with state EXITED message Command exited with code ${code} exitStatus ${code}\n`;
}

/** An application that works. */
export function activeApp(change: Partial<ApplicationReading> = {}): ApplicationReading {
  return {
    application: application('etl'),
    page: { coresAsked: undefined, coresGranted: 2, executors: [] },
    driver: { spark: '4.2.1', properties: { 'spark.executor.cores': '1' }, failures: [] },
    ...change,
  };
}

/** One that waits for its first core. */
export function waitingApp(change: Partial<ApplicationReading> = {}): ApplicationReading {
  const waits = { id: 'app-20261120233630-0001', state: 'WAITING', cores: 0 };
  return activeApp({
    application: application('waits', waits),
    page: { coresAsked: undefined, coresGranted: 0, executors: [] },
    ...change,
  });
}

/** A cluster of two workers, on which one application works. */
export function reading(change: Partial<ClusterReading> = {}): ClusterReading {
  const busy = { coresUsed: 1, memoryUsedBytes: GIB };
  return {
    cluster: cluster(),
    master: masterState({
      workers: [sparkWorker('worker-1', busy), sparkWorker('worker-2', busy)],
      applications: [application('etl')],
    }),
    daemons: [
      daemon('master'),
      daemon('worker-1', { executors: [executor(0)] }),
      daemon('worker-2', { executors: [executor(1)] }),
    ],
    applications: [activeApp()],
    ...change,
  };
}

/** The same with other daemons: those that are not named are well. */
export function withDaemons(...changed: readonly DaemonReading[]): ClusterReading {
  const known = reading();
  return { ...known, daemons: known.daemons.map((one) => changed.find(({ name }) => name === one.name) ?? one) };
}

/** A job that has failed with status 1. */
export function failedJob(change: Partial<JobStatus> = {}): JobStatus {
  return {
    spec: {
      schemaVersion: 1,
      id: '0123456789ab',
      name: 'etl',
      type: 'spark',
      cluster: 'spark',
      driver: 'master',
      argv: ['spark-submit', 'etl.py'],
      environment: [],
      files: ['etl.py'],
      createdAt: '2026-11-20T23:36:12.712Z',
      createdBy: 'ada@laptop',
      timeoutMs: null,
      graceMs: 5000,
      hash: 'a'.repeat(64),
    },
    state: 'DONEWITHERROR',
    reason: 'exit 1',
    exitCode: 1,
    process: '42@1',
    durationMs: 1000,
    ...change,
  };
}

/** `SS-J01 application app-1 "etl": waits (proof)`, for a test that compares all of it at once. */
export function say(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ id, subject, problem, proof }) => `${id} ${subject}: ${problem} (${proof})`);
}

/** Something that was found about a job, in words that tests recognize. */
export const CAUSE: Finding = {
  id: 'SS-J08',
  severity: 'error',
  subject: 's',
  problem: 'p',
  proof: 'q',
  fix: 'f',
  page: 'g',
};
