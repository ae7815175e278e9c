import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { DOCTOR_PROBLEMS, pageOf } from '../../../src/doctor/problems.ts';
import { projectRoot } from '../../helpers/cli.ts';

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');

/** Every id that the code names. */
const ids = [
  ...new Set(
    readdirSync(path.join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [...read(path.join('src', name)).matchAll(/'(SS-[A-Z]\d\d)'/g)].map(([, id = '']) => id)),
  ),
].toSorted();

test('there are ids', (t) => {
  t.true(ids.length > 40);
});

for (const id of ids) {
  test(`${id} has one section on its page, which its address leads to`, (t) => {
    const [page = '', anchor = ''] = pageOf(id).split('#');
    t.true(existsSync(path.join(projectRoot, page)), page);
    const text = read(page);
    t.is([...text.matchAll(new RegExp(`^## ${id} \\S`, 'gm'))].length, 1);
    t.true(text.includes(`<a id="${anchor}"></a>\n\n## ${id} `), `no anchor ${anchor} above the heading`);
  });
}

for (const [id, title] of Object.entries(DOCTOR_PROBLEMS)) {
  test(`the section of ${id} has its title`, (t) => {
    t.true(read(pageOf(id).split('#')[0] ?? '').includes(`\n## ${id} ${title}\n`));
  });
}

test('no page explains what nobody finds', (t) => {
  const explained = readdirSync(path.join(projectRoot, 'docs', 'problems')).flatMap((name) =>
    [...read(`docs/problems/${name}`).matchAll(/^## (SS-[A-Z]\d\d) /gm)].map(([, id = '']) => id),
  );
  t.deepEqual(
    explained.filter((id) => !ids.includes(id)),
    [],
  );
});
