import { spawn } from 'node:child_process';
import { once } from 'node:events';

import test from 'ava';

import { readSubmitScripts } from '../../src/adapters/jobs/submit-scripts.ts';
import { parseDriverHeaps } from '../../src/cluster/driver-room.ts';
import { projectRoot } from '../helpers/cli.ts';
import { must } from '../helpers/must.ts';

const MIB = 1024 ** 2;

/** Unusual ones: other tests may have drivers on this machine. */
const LINES: readonly (readonly [title: string, line: readonly string[], mib: number])[] = [
  ['of spark-submit, before Java', ['bin/spark-submit', '--driver-memory', '517m', 'app.py'], 517],
  ['of one that says it as a property', ['bin/spark-submit', '--conf', 'spark.driver.memory=519m', 'app.py'], 519],
  [
    'of the launcher',
    ['java', '-Xmx128m', 'org.apache.spark.launcher.Main', 'SparkSubmit', '--driver-memory', '521m', 'app.py'],
    521,
  ],
  [
    'of the driver itself, whose own words are not asked',
    ['java', '-Xmx523m', 'org.apache.spark.deploy.SparkSubmit', 'app.py', '--driver-memory', '9g'],
    523,
  ],
];

for (const [title, line, mib] of LINES) {
  test(`the heap ${title}`, async (t) => {
    const env = { ...process.env, SPARK_SWARM_JOB_ID: `${mib}abcdef012` };
    const driver = spawn('sh', ['-c', 'echo up; read -r end', ...line], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    t.teardown(() => driver.kill());
    await once(driver.stdout, 'data');
    const { drivers } = await readSubmitScripts(projectRoot);
    t.true(parseDriverHeaps(await must('sh', ['-c', drivers])).includes(mib * MIB));
  });
}
