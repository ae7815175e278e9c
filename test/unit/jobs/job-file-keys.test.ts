import { readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { OLDER_KEYS } from '../../../src/jobs/job-configs.ts';
import { JOB_FILE_KEYS, jobFileJsonSchema } from '../../../src/jobs/job-file-keys.ts';
import { projectRoot } from '../../helpers/cli.ts';

test('the schema of job files for editors is that of the code; "npm run build" writes it', (t) => {
  const file = path.join(projectRoot, 'schema', 'spark-swarm-job.schema.json');
  t.is(readFileSync(file, 'utf8'), `${JSON.stringify(jobFileJsonSchema(), undefined, 2)}\n`);
});

test('the schema of job files knows every key, says what it is, and refuses others', (t) => {
  const schema = jobFileJsonSchema() as {
    readonly additionalProperties: boolean;
    readonly properties: Readonly<Record<string, { readonly description: string }>>;
  };
  t.false(schema.additionalProperties);
  t.deepEqual(Object.keys(schema.properties), Object.keys(JOB_FILE_KEYS));
  t.true(Object.values(schema.properties).every(({ description }) => description.endsWith('.')));
});

test('docs/job-files.md has every key with its flag, and every older key', (t) => {
  const page = readFileSync(path.join(projectRoot, 'docs', 'job-files.md'), 'utf8');
  for (const [key, { description }] of Object.entries(JOB_FILE_KEYS)) {
    const flag = /: (--[a-z-]+)\./.exec(description)?.[1];
    t.regex(page, new RegExp(`^\\| \`${key}\` +\\| ${flag === undefined ? 'as they are' : `\`${flag}\``} `, 'm'));
  }
  for (const key of OLDER_KEYS) t.true(page.includes(`| \`${key}\``), key);
});
