import type { Finding } from '../doctor/finding.ts';
import { nameOf } from './advice.ts';
import { listEvidence, type Evidence } from './evidence.ts';
import { judgeExecutors } from './judge-executors.ts';
import { distinct } from './judge-job.ts';
import { judgePaths } from './judge-paths.ts';
import { judgeTexts } from './judge-texts.ts';
import { judgeWaiting } from './judge-waiting.ts';
import { problemOf, riskOf } from './problems.ts';
import type { ApplicationReading, ClusterReading } from './reading.ts';

/** Everything that keeps an active application from working. Empty for one that works, and for one that only starts. */
export function judgeApplication(reading: ClusterReading, app: ApplicationReading): readonly Finding[] {
  const subject = nameOf(app.application);
  const evidence: readonly Evidence[] = listEvidence(reading, app);
  const found = distinct([
    ...judgeWaiting(reading, app),
    ...judgePaths(reading, subject, evidence),
    ...judgeTexts(reading, subject, evidence),
    ...judgeVersions(reading, app),
  ]);
  const executors = judgeExecutors(reading, app);
  // That they end again and again is said when nothing else says why.
  return distinct([...executors.filter(({ id }) => id !== 'SS-J04' || found.length === 0), ...found]);
}

/** An executor that lives as long has been answered by its driver, unless that does not understand it. */
const SILENT_SECONDS = 30;

/**
 * A driver of another version is taken by the master, and does not understand the answer: it never gets beyond its start, and
 * gives up after 60 s (met with a driver of 4.1.1 on a cluster of 4.2.1).
 */
function judgeVersions({ daemons }: ClusterReading, { application, driver }: ApplicationReading): readonly Finding[] {
  const subject = nameOf(application);
  const executors = daemons.flatMap((daemon) => daemon.executors).filter((one) => one.applicationId === application.id);
  const home = daemons.find(({ host }) => executors.some((one) => one.driver.startsWith(`${host}:`)));
  const own = [driver?.spark ?? '', ...(driver ? [] : (home?.driverVersions ?? []))].filter((text) => text !== '');
  const cluster = daemons.filter(({ name, spark }) => name !== 'notebook' && spark !== '');
  const version = cluster[0]?.spark ?? '';
  const fix = `give the driver Spark ${version} (pip install pyspark==${version}), or run it in the cluster: spark-swarm submit …`;
  const other = own.find((text) => cluster.some(({ spark }) => spark !== text));
  if (other !== undefined) {
    return [
      problemOf('SS-J07', {
        subject,
        problem: 'runs another version of Spark in its driver than the cluster',
        proof: `the driver has Spark ${other}; ${cluster.map(({ name, spark }) => `${name} has Spark ${spark}`).join(', ')}`,
        fix,
      }),
    ];
  }
  const silent = executors.find(({ isRunning, ageSeconds }) => isRunning && ageSeconds > SILENT_SECONDS);
  if (driver || !silent || own.length > 0) return [];
  return [
    riskOf('SS-J07', {
      subject,
      problem: 'has executors, and its driver is still starting: most often its version of Spark is another one',
      proof: `executor ${silent.id} has run for ${Math.round(silent.ageSeconds)} s, and the driver at ${silent.driver} tells nothing of itself`,
      fix,
    }),
  ];
}
