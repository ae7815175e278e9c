import path from 'node:path';

import test from 'ava';
import { build, type BuildOptions, type Metafile } from 'esbuild';

import { projectRoot } from '../../helpers/cli.ts';

/** Packages that cost more than a whole `--version`; a command that needs one imports it when it does. */
const HEAVY = /node_modules\/(dockerode|zx|zod|listr2|yaml|@clack|cli-table3|chalk|modern-tar|log-update|p-map)\b/;

async function bundle(): Promise<Metafile> {
  const { BUNDLE } = (await import(path.join(projectRoot, 'scripts', 'build.mjs'))) as { BUNDLE: BuildOptions };
  const { metafile } = await build({ ...BUNDLE, metafile: true, write: false });
  return metafile;
}

/** The chunk, and all that it imports before it runs. */
function loadedWith(chunk: string, { outputs }: Metafile, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(chunk)) return seen;
  seen.add(chunk);
  for (const { path: next, kind, external } of outputs[chunk]?.imports ?? []) {
    if (external) {
      if (!next.startsWith('node:')) seen.add(`node_modules/${next}`);
    } else if (kind === 'import-statement') loadedWith(next, { inputs: {}, outputs }, seen);
  }
  return seen;
}

function filesIn(chunks: ReadonlySet<string>, { outputs }: Metafile): readonly string[] {
  return [...chunks].flatMap((chunk) => (outputs[chunk] ? Object.keys(outputs[chunk].inputs) : [chunk]));
}

test("the entry chunk's static imports hold no heavy package", async (t) => {
  const metafile = await bundle();
  const files = filesIn(loadedWith('dist/cli/run.js', metafile), metafile);
  t.true(files.includes('src/cli/run.ts'));
  t.deepEqual(
    files.filter((file) => file.startsWith('node_modules/')),
    [],
  );
});

for (const entry of ['src/cli/root-help.ts', 'src/cli/command-table.ts']) {
  test(`the root help needs ${entry}, and that no package and no command`, async (t) => {
    const metafile = await bundle();
    const [chunk = ''] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === entry) ?? [];
    const files = filesIn(loadedWith(chunk, metafile), metafile);
    t.true(files.includes(entry));
    t.deepEqual(
      files.filter((file) => file.startsWith('node_modules/') || file.startsWith('src/cli/commands/')),
      [],
    );
  });
}

test('parsing a command line needs commander and nothing heavier, and no command', async (t) => {
  const metafile = await bundle();
  const [chunk = ''] =
    Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === 'src/cli/program.ts') ?? [];
  const files = filesIn(loadedWith(chunk, metafile), metafile);
  t.true(files.includes('src/cli/command-table.ts'));
  t.deepEqual(
    files.filter((file) => HEAVY.test(file) || file.startsWith('src/cli/commands/')),
    [],
  );
});
