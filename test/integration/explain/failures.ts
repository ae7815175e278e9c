import test from 'ava';

import type { TestCluster } from '../../helpers/cluster.ts';
import { afterFailure, newestJob, pick, TROUBLES } from './stage.ts';

/** What a failed job's finding says; the id of the job and numbers that differ are left out. */
interface Failure {
  readonly id: string;
  readonly title: string;
  readonly words: readonly string[];
  readonly problem: RegExp;
  readonly proof: RegExp;
  /** What else is wrong with it. */
  readonly also?: readonly string[];
}

const FAILURES: readonly Failure[] = [
  {
    id: 'SS-J06',
    title: 'driver and workers have different Python versions',
    words: [TROUBLES, 'python'],
    problem: /^runs another Python in its driver than on the workers$/,
    proof: /\[PYTHON_VERSION_MISMATCH\].*3\.\d+.*; the image's own on master 3\.\d+, worker-1 3\.\d+, worker-2 3\.\d+$/,
  },
  {
    id: 'SS-J08',
    title: 'the main class is in no jar',
    words: ['--class', 'com.example.Missing', '/opt/spark/examples/jars/spark-examples.jar'],
    problem: /^names the class com\.example\.Missing, which is in none of its jars$/,
    proof: /^the driver: Error: Failed to load class com\.example\.Missing\.$/,
    // Nor is there such a jar.
    also: ['SS-J09'],
  },
  {
    id: 'SS-J08',
    title: 'a class is in no jar',
    words: [TROUBLES, 'class'],
    problem: /^needs the class com\.example\.Missing, which is in none of its jars$/,
    proof: /^the driver: .*ClassNotFoundException: com\.example\.Missing$/,
  },
  {
    id: 'SS-J09',
    title: 'a Python module is on no worker',
    words: [TROUBLES, 'module'],
    problem: /^needs the Python module no_such_module, which is missing where executor \d on worker-\d runs$/,
    proof: /^executor \d on worker-\d: ModuleNotFoundError: No module named 'no_such_module'$/,
  },
  {
    id: 'SS-J09',
    title: 'a file is nowhere',
    words: [TROUBLES, 'nowhere'],
    problem: /^reads \/data\/nowhere\.parquet, which is nowhere in the cluster$/,
    proof: /^missing: master, worker-1, worker-2; the driver: .*\/data\/nowhere\.parquet/,
  },
  {
    id: 'SS-J10',
    title: "a path is in the driver's container alone",
    words: [TROUBLES, 'path'],
    problem: /^reads \/tmp\/only-here\.csv, which is not on every node$/,
    proof: /^there: master; missing: worker-1, worker-2; the driver: .*\/tmp\/only-here\.csv/,
  },
  {
    id: 'SS-J11',
    title: "Python grows beyond the container's limit",
    words: [TROUBLES, 'limit'],
    problem: /^lost .*killed.* at the memory limit of worker-\d/,
    proof:
      /; (?:worker-\d: )?limit 2176m, (?:at most \d+m in use, )?\d+ process(?:es)? killed by the kernel since it started$/,
  },
  {
    id: 'SS-J12',
    title: "an executor's Java heap is full, which is not the container's limit",
    words: ['--conf', 'spark.executor.memory=512m', TROUBLES, 'heap'],
    problem:
      /^(?:lost \d+ executors?, because their Java heap of 512m was full|failed, because the Java heap of executor \d+ on worker-\d was full)$/,
    proof: /^executor \d+ on worker-\d: .*OutOfMemoryError: Java heap space/,
  },
  {
    id: 'SS-J12',
    title: "the driver's Java heap is full",
    words: ['--conf', 'spark.driver.maxResultSize=0', TROUBLES, 'driver-heap'],
    problem: /^failed, because the Java heap of the driver was full$/,
    proof: /^the driver: .*OutOfMemoryError: Java heap space/,
  },
  {
    id: 'SS-J16',
    title: 'the disk of the executors is full',
    words: [TROUBLES, 'disk'],
    problem: /^failed, because a disk of executor \d+ on worker-\d was full$/,
    proof: /^executor \d+ on worker-\d: .*No space left on device.*; least is free on \S+ in \S+: \d+ MiB of \d+ MiB$/,
  },
  {
    id: 'SS-J17',
    title: 'a driver has the secret of another cluster',
    words: ['--conf', 'spark.authenticate.secret=0123456789abcdef0123456789abcdef', TROUBLES, 'works'],
    problem: /^is refused by the master, because the driver's secret is missing or another one$/,
    proof: /^the driver: .*bootstrapping client/,
  },
];

/** Jobs that fail: `explain JOB` says why, and `submit` has said it before. */
export function failureTests(cluster: () => TestCluster): void {
  for (const { id, title, words, problem, proof, also = [] } of FAILURES) {
    test.serial(`${id}: ${title}`, async (t) => {
      const { findings, stderr, jobId } = await afterFailure(t, cluster(), words);
      const found = pick(findings, id);
      t.regex(found.subject, new RegExp(`^job \\S+ \\(${jobId}\\)$`));
      t.regex(found.problem, problem);
      t.regex(found.proof, proof);
      t.true(found.fix.length > 0);
      t.is(found.page, `docs/problems/jobs.md#${id.toLowerCase()}`);
      t.deepEqual([...new Set(findings.map((finding) => finding.id))], [id, ...also]);
      t.true(stderr.includes(`${id} ${found.subject}: `), stderr);
      t.true(stderr.includes(`  fix:   ${found.fix}\n`), stderr);
    });
  }

  test.serial('a job that succeeds has no finding', async (t) => {
    const { status, stderr } = await cluster().submit(['--example', 'pi', '2']);
    t.is(status, 0, stderr);
    t.notRegex(stderr, /SS-J/);
    const explained = await cluster().command('explain', await newestJob(cluster()));
    t.is(explained.status, 0, explained.stderr);
    t.regex(explained.stdout, /^job \S+ \([0-9a-f]{12}\): SUCCEEDED: it has ended, and there is nothing to explain\n$/);
  });
}
