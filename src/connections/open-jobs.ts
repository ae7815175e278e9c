import { readEventLogScript } from '../adapters/jobs/event-log-script.ts';
import { ExecJobShell } from '../adapters/jobs/exec-job-shell.ts';
import { readJobScripts } from '../adapters/jobs/job-scripts.ts';
import { packRecord } from '../adapters/jobs/pack-record.ts';
import { readSubmitScripts } from '../adapters/jobs/submit-scripts.ts';
import { findMaster, type Cluster } from '../cluster/cluster.ts';
import { ownerOf } from '../compose/resolve-services.ts';
import { UnreachableError } from '../errors.ts';
import type { DriverPlace } from '../jobs/job.ts';
import { RECORDS } from '../jobs/running-jobs.ts';
import { NO_EXTRAS } from '../operations/jobs/job-context.ts';
import { requireCluster } from '../operations/require-cluster.ts';
import type { SubmitContext } from '../operations/submit.ts';
import { readMasterState } from '../operations/spark-pages.ts';
import type { ContainerAccess } from '../platforms/platform.ts';
import { SwarmTaskRunner } from '../platforms/swarm/job-tasks.ts';
import type { Connection } from './connection.ts';
import { openDriver } from './open-driver.ts';

export interface OpenJobsOptions {
  /** The cluster's name. */
  readonly name: string;
  /** Where drivers run, and so where records are. */
  readonly driver: DriverPlace;
  /** Folder that holds `docker/job/`. */
  readonly projectRoot: string;
}

/** The jobs of one cluster, in one place. */
export interface OpenJobs extends SubmitContext {
  readonly connection: Connection;
}

const NO_CLUSTER_HINT = 'spark-swarm list shows them all; start or deploy makes one';

/** @throws NotFoundError: no such cluster, or no such host; UnreachableError; UsageError: no tasks in containers of one engine */
export async function openJobs(
  connection: Connection,
  { name, driver, projectRoot }: OpenJobsOptions,
): Promise<OpenJobs> {
  const [state, scripts, eventLog, submitScripts] = await Promise.all([
    requireCluster(connection, name, NO_CLUSTER_HINT),
    readJobScripts(projectRoot),
    readEventLogScript(projectRoot),
    readSubmitScripts(projectRoot),
  ]);
  const master = masterShell(connection, state);
  const carrier =
    driver === 'master' ? undefined : await openDriver(connection, state, driver, () => Promise.resolve(master));
  const shell = carrier?.shell ?? master;
  const { reader, report, signal } = connection;
  return {
    cluster: name,
    state,
    connection,
    driver,
    shell,
    runner: carrier ? carrier.runner : reader && new SwarmTaskRunner({ reader, cluster: name }),
    scripts,
    submitScripts,
    events: { shell: master, script: eventLog },
    report,
    signal,
    readMaster: async () => readMasterState(connection, state),
    prepare: async (job) => carrier?.prepare(job) ?? NO_EXTRAS,
    pack: async (plan, record) =>
      packRecord(plan, { ...record, scripts, ...(shell.owner === undefined ? {} : { owner: shell.owner }) }),
  };
}

function masterShell(connection: Connection, state: Cluster): ExecJobShell {
  const { name } = state;
  const { uid, gid } = ownerOf({ data: state.remembered?.data });
  let isFresh = true;
  return new ExecJobShell({
    place: `the master of "${name}"`,
    base: RECORDS,
    owner: { uid: Number(uid), gid: Number(gid) },
    hint: `the cluster is of an older version: spark-swarm image build, then spark-swarm deploy --name ${name} --image spark-swarm:latest`,
    open: async () => {
      // What was read a moment ago is good for the first time; later the master may be another container.
      const cluster = isFresh ? state : await requireCluster(connection, name, NO_CLUSTER_HINT);
      isFresh = false;
      return openMaster(connection, cluster);
    },
  });
}

async function openMaster({ platform }: Connection, cluster: Cluster): Promise<ContainerAccess> {
  const master = findMaster(cluster);
  if (master?.isRunning) return platform.openContainer(cluster, master);
  throw new UnreachableError(`The jobs of the cluster "${cluster.name}" cannot be read: its master does not run`, {
    hint: `spark-swarm status --name ${cluster.name}`,
  });
}
