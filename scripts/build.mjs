// Builds the project: dist/src (library) and dist/test by tsc, dist/cli (what the launchers run) by esbuild.
// `--clean` starts from nothing, for a release.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { projectRoot, sourceHash, STAMP } from './freshness.mjs';

const MS_PER_HOUR = 3_600_000;
const cliFolder = path.join(projectRoot, 'dist', 'cli');

/** Options of the bundle. A test builds with them in memory, to look at what the entry loads. */
export const BUNDLE = {
  absWorkingDir: projectRoot,
  entryPoints: ['src/cli/run.ts'],
  outdir: 'dist/cli',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  metafile: true,
  // dockerode finds files by __dirname and its ssh2 has a native part; commands load it when they need it.
  external: ['dockerode'],
  // For the CommonJS packages inside (yaml, commander): their `require` of Node's own modules.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
};

/** @returns {Promise<boolean>} whether all is well; type errors do not stop the bundle, so that one can go on trying */
export async function build({ clean = false } = {}) {
  if (clean) rmSync(path.join(projectRoot, 'dist'), { recursive: true, force: true });
  const hash = sourceHash();
  const tsc = path.join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const types = spawnSync(process.execPath, [tsc, '-p', projectRoot], { stdio: 'inherit', cwd: projectRoot });
  const esbuild = await import('esbuild');
  const bundle = await esbuild.build({ ...BUNDLE, logLevel: 'warning' }).catch(() => undefined);
  if (bundle) removeOldChunks(new Set(Object.keys(bundle.metafile.outputs).map((file) => path.basename(file))));
  if (!(await writeTables()) || types.status !== 0 || !bundle) return false;
  mkdirSync(path.dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, hash);
  return true;
}

/** What is made of the built code: the table for completion, and the schemas of project and job files, which are committed. */
async function writeTables() {
  try {
    const built = path.join(projectRoot, 'dist', 'src');
    const { describeProgram } = await import(path.join(built, 'cli', 'completion', 'describe-program.js'));
    const { projectFileJsonSchema } = await import(path.join(built, 'config', 'schema.js'));
    const { bin } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8'));
    const launchers = Object.entries(bin).map(([name, file]) => ({
      name,
      text: readFileSync(path.join(projectRoot, file), 'utf8'),
    }));
    const table = JSON.stringify(await describeProgram(projectRoot, launchers));
    writeFileSync(path.join(cliFolder, 'completion.json'), table);
    const schema = `${JSON.stringify(projectFileJsonSchema(), undefined, 2)}\n`;
    mkdirSync(path.join(projectRoot, 'schema'), { recursive: true });
    writeFileSync(path.join(projectRoot, 'schema', 'spark-swarm.schema.json'), schema);
    const { jobFileJsonSchema } = await import(path.join(built, 'jobs', 'job-file-keys.js'));
    const jobSchema = `${JSON.stringify(jobFileJsonSchema(), undefined, 2)}\n`;
    writeFileSync(path.join(projectRoot, 'schema', 'spark-swarm-job.schema.json'), jobSchema);
    return true;
  } catch (error) {
    process.stderr.write(`The completion's table and the schema could not be made: ${error.stack}\n`);
    return false;
  }
}

/** A chunk of the last build may still be wanted by a command that runs: only old ones go. */
function removeOldChunks(current) {
  for (const name of readdirSync(cliFolder)) {
    const file = path.join(cliFolder, name);
    if (name.endsWith('.js') && !current.has(name) && Date.now() - statSync(file).mtimeMs > MS_PER_HOUR) rmSync(file);
  }
}

if (process.argv[1] === import.meta.filename) {
  process.exitCode = (await build({ clean: process.argv.includes('--clean') })) ? 0 : 1;
}
