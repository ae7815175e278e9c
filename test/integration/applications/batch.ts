import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { TestCluster } from '../../helpers/cluster.ts';
import { compileWordLengths } from '../../helpers/compile-jar.ts';
import type { Behaviour } from '../contract/behaviour.ts';
import { PATIENT } from './patience.ts';

const WORDS = 'To be, or not to be: that is the question.\nWhether ÄRGER is ärger\n';

const lines = (text: string): readonly string[] => text.trim().split('\n');

async function writeTexts(cluster: TestCluster): Promise<void> {
  const folder = path.join(cluster.place.data, 'texts');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'a.txt'), WORDS, { mode: 0o644 });
}

/** Applications that read, compute and end, on the cluster "spark". */
export const BATCH: readonly Behaviour[] = [
  {
    title: 'word_count.py prints the most frequent words of a folder, and writes all of them as parquet',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      await writeTexts(cluster);
      const words = ['examples/jobs/word_count.py', '/data/texts', '--top', '4', '--output', '/data/words'];
      const { status, stdout, stderr } = await cluster.submit(words, PATIENT);
      t.is(status, 0, stderr);
      t.deepEqual(lines(stdout), ['be: 2', 'is: 2', 'to: 2', 'ärger: 2']);
      t.true((await readdir(path.join(cluster.place.data, 'words'))).includes('_SUCCESS'));
    },
  },
  {
    title: 'a jar with --class, compiled from Java, runs as a job with an id and a record',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      await writeTexts(cluster);
      const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-jar-'));
      t.teardown(async () => rm(folder, { recursive: true }));
      const jar = path.join(folder, 'words.jar');
      await compileWordLengths(cluster.name, process.env['TEST_IMAGE'] ?? 'spark-swarm:latest', jar);
      const run = async (...words: readonly string[]): ReturnType<typeof cluster.submit> =>
        cluster.place.run('bin/job', words);
      const name = ['--name', cluster.name];

      const main = ['--class', 'WordLengths', jar, '/data/texts'];
      const started = await run('run', ...name, '-o', 'json', ...main);
      t.is(started.status, 0, started.stderr);
      const { id } = (JSON.parse(started.stdout) as { readonly job: { readonly id: string } }).job;
      const waited = await run('wait', ...name, id);
      const { stdout, stderr } = await run('logs', ...name, id);
      t.is(waited.status, 0, stderr);
      t.deepEqual(lines(stdout), ['long: 1', 'middling: 4', 'short: 9']);

      const without = await run('run', ...name, jar);
      t.is(without.status, 2);
      t.regex(without.stderr, /^error: Spark job must specify edp\.java\.main_class$/m);
    },
  },
  {
    title: 'grade_books.py finds its module and its file on driver and executors',
    run: async (t, stand) => {
      const folder = 'examples/jobs/grades';
      const files = ['--py-files', `${folder}/grading.py`, '--files', `${folder}/scale.csv`];
      const { status, stdout, stderr } = await stand
        .cluster('spark')
        .submit([...files, `${folder}/grade_books.py`], PATIENT);
      t.is(status, 0, stderr);
      t.deepEqual(lines(stdout), [
        'Ada: very good (+43)',
        'Blaise: good (+21)',
        'Carl: failed (-38)',
        "4 grades in the driver's own copy",
      ]);
    },
  },
  {
    title: 'sql_parquet.py makes its files, answers in SQL, and writes the answer as CSV',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const words = ['examples/jobs/sql_parquet.py', '/data/sales', '--output', '/data/report'];
      const { status, stdout, stderr } = await cluster.submit(words, PATIENT);
      t.is(status, 0, stderr);
      const said = lines(stdout);
      t.is(said.length, 13);
      t.is(said[2], 'month 3: 10271.00, most of it salt (2916.00)');
      t.is(said.at(-1), 'in March: 1000 sales of 5 products');
      const report = path.join(cluster.place.data, 'report');
      const file = (await readdir(report)).find((name) => name.endsWith('.csv')) ?? '';
      t.regex(
        await readFile(path.join(report, file), 'utf8'),
        /^month,total,best,turnover\n1,9803\.00,salt,3006\.00\n/,
      );
    },
  },
  {
    title: 'ml_pipeline.py chooses a setting by cross-validation, and keeps the model',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const words = ['examples/jobs/ml_pipeline.py', '--rows', '600', '--model', '/data/models/churn'];
      const { status, stdout, stderr } = await cluster.submit(words, PATIENT);
      t.is(status, 0, stderr);
      const said = lines(stdout);
      t.is(said.length, 4);
      t.is(said[1], 'regParam 1.0: area under ROC 0.500', 'it takes every coefficient away');
      t.is(said[2], 'best: regParam 0.001');
      t.regex(said[3] ?? '', /^unseen customers: area under ROC 0\.9[0-9]{2}$/);
      const parts = await readdir(path.join(cluster.place.data, 'models', 'churn'));
      t.deepEqual(parts.toSorted(), ['metadata', 'stages']);
    },
  },
];
