import { readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { MACHINE_PROBLEMS } from '../../../src/machines/machine-problems.ts';
import { projectRoot } from '../../helpers/cli.ts';

test('docs/problems/machines.md has a section for each finding, in their order, with their titles', (t) => {
  const text = readFileSync(path.join(projectRoot, 'docs', 'problems', 'machines.md'), 'utf8');
  const sections = [...text.matchAll(/^<a id="(.+)"><\/a>\n\n## (SS-M\d\d) (.+)$/gm)].map(([, ...found]) => found);
  t.deepEqual(
    sections,
    Object.entries(MACHINE_PROBLEMS).map(([id, { title }]) => [id.toLowerCase(), id, title]),
  );
});
