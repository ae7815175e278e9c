import { readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { COMMANDS } from '../../../../src/cli/command-table.ts';
import type { CompletionTable } from '../../../../src/cli/completion/command-tree.ts';
import { describeProgram, readLauncher } from '../../../../src/cli/completion/describe-program.ts';
import { findCandidates } from '../../../../src/cli/completion/find-candidates.ts';
import { projectRoot } from '../../../helpers/cli.ts';

const LAUNCHERS = [
  { name: 'spark-swarm', text: 'await launch();' },
  { name: 'spark-swarm-submit', text: "await launch('submit');" },
  { name: 'spark-swarm-build-image', text: "await launch('image', 'build');" },
  { name: 'spark-cluster-service', text: "await launchVerbs('spark-cluster-service', ['deploy', 'status']);" },
];

let table: CompletionTable;
test.before(async () => {
  table = await describeProgram(projectRoot, LAUNCHERS);
});

/** What is offered after a line, whose last word is being typed. */
const offered = (line: string): { readonly values: readonly string[]; readonly lookUp: string } => {
  const [program = '', ...words] = line.split(' ');
  const { candidates, lookUp, typed } = findCandidates(table, program, words);
  return { values: candidates.map(({ value }) => value).filter((value) => value.startsWith(typed)), lookUp };
};

test('commands come first, and then those of a group', (t) => {
  t.deepEqual(offered('spark-swarm ').values, [...new Set(COMMANDS.map(({ words }) => words[0]))]);
  t.deepEqual(offered('spark-swarm resi').values, ['resize']);
  t.deepEqual(offered('spark-swarm lab ').values, ['up', 'status', 'down']);
  t.deepEqual(offered('spark-swarm help lab d').values, ['down']);
});

const words: readonly (readonly [line: string, values: readonly string[]])[] = [
  ['spark-swarm deploy --worker-', ['--worker-cores', '--worker-memory']],
  ['spark-swarm deploy --workers 3 --workers', []],
  ['spark-swarm deploy --workers=3 --workers', []],
  ['spark-swarm deploy --port ui=0 --por', ['--port']],
  ['spark-swarm deploy --port mast', ['master=7077', 'master=0', 'master=none']],
  ['spark-swarm deploy --port=ui=n', ['ui=none']],
  ['spark-swarm status -o ', ['table', 'json', 'yaml']],
  ['spark-swarm status --output=j', ['json']],
  ['spark-swarm image build --target ', ['spark', 'notebook']],
  ['spark-swarm submit --example pag', ['pagerank']],
  ['spark-swarm completion ', ['bash', 'zsh', 'fish']],
  ['spark-swarm status --he', ['--help']],
  ['spark-swarm-submit --exam', ['--example']],
  ['./bin/spark-swarm-submit --exam', ['--example']],
  ['spark-swarm-build-image --tar', ['--target']],
  ['spark-cluster-service ', ['deploy', 'status']],
  ['spark-cluster-service status --output ', ['table', 'json', 'yaml']],
];

for (const [line, values] of words) {
  test(`after "${line}" comes ${values.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(offered(line), { values, lookUp: 'none' });
  });
}

const lookUps: readonly (readonly [line: string, lookUp: string])[] = [
  ['spark-swarm status --name ', 'clusters'],
  ['spark-swarm status --name=b', 'clusters'],
  ['spark-swarm lab up --name ', 'labs'],
  ['spark-swarm quickstart --lab ', 'labs'],
  ['spark-swarm status --context ', 'contexts'],
  ['spark-swarm deploy --file ', 'files'],
  ['spark-swarm submit ', 'files'],
  ['spark-swarm submit app.py ', 'files'],
  ['spark-swarm submit app.py --workers ', 'files'],
  ['spark-swarm-submit ap', 'files'],
  ['spark-swarm deploy --workers ', 'none'],
];

for (const [line, lookUp] of lookUps) {
  test(`after "${line}" ${lookUp} are looked up`, (t) => {
    t.deepEqual(offered(line), { values: [], lookUp });
  });
}

test('a command without arguments offers its flags', (t) => {
  t.true(offered('spark-swarm master-ip ').values.includes('--name'));
});

test('the context of the line is known, so that its clusters are asked for', (t) => {
  const contextOf = (line: string): string | undefined => findCandidates(table, 'spark-swarm', line.split(' ')).context;
  t.is(contextOf('status --context far --name '), 'far');
  t.is(contextOf('status --context=far --name '), 'far');
  t.is(contextOf('status --name '), undefined);
});

test('a launcher is read, not run', (t) => {
  t.deepEqual(readLauncher("#!/usr/bin/env node\nawait launch('image', 'build');\n"), { words: ['image', 'build'] });
  t.deepEqual(readLauncher("await launchVerbs('x', ['a', 'b']);"), { words: [], verbs: ['a', 'b'] });
});

test('every launcher of package.json starts something that is completed', (t) => {
  const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');
  const { bin } = JSON.parse(read('package.json')) as { readonly bin: Readonly<Record<string, string>> };
  for (const [name, file] of Object.entries(bin)) {
    const { words: prefix, verbs = [] } = readLauncher(read(file));
    const known = (list: readonly string[]): boolean =>
      list.every((word) => COMMANDS.some((entry) => entry.words[0] === word));
    t.true(known(prefix.slice(0, 1)) && known(verbs), `${name}: ${[...prefix, ...verbs].join(' ')}`);
    t.true(name === 'spark-swarm' || prefix.length + verbs.length > 0, name);
  }
});
