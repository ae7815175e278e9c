import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

import test from 'ava';

import { projectRoot } from '../../helpers/cli.ts';

/** What each command of the process under test does. `cli` is its context. */
const ACTIONS = {
  /** Ends as soon as it is asked to. */
  polite: `cli.stdout.write('ready\\n');
    const alive = setInterval(() => {}, 1000);
    await new Promise((resolve, reject) => cli.signal.addEventListener('abort', () => reject(cli.signal.reason)))
      .finally(() => clearInterval(alive));`,
  /** Hears, and goes on. */
  deaf: `cli.signal.addEventListener('abort', () => cli.stdout.write('heard\\n'));
    cli.stdout.write('ready\\n');
    await new Promise((resolve) => setTimeout(resolve, 60_000));`,
  /** Writes until nobody reads. */
  talkative: `while (!cli.signal.aborted) {
      cli.stdout.write('x'.repeat(1000) + '\\n');
      await new Promise((resolve) => setImmediate(resolve));
    }
    cli.signal.throwIfAborted();`,
  /** More than a pipe holds. */
  long: `cli.stdout.write('x'.repeat(1_000_000));
    cli.exitStatus = 1;`,
} as const;

interface Running {
  readonly child: ChildProcess & { readonly stdout: NodeJS.ReadableStream };
  readonly ended: Promise<{ readonly status: number | null; readonly stderr: string }>;
}

/** Starts a process that runs one such command the way a launcher does. */
function start(action: keyof typeof ACTIONS): Running {
  const entry = pathToFileURL(path.join(projectRoot, 'dist', 'src', 'cli', 'run.js')).href;
  const script = `import { run } from '${entry}';
    const configure = (command, cli) => command.action(async () => { ${ACTIONS[action]} });
    await run(['work'], ${JSON.stringify(projectRoot)}, [{ words: ['work'], summary: '', load: async () => ({ configure }) }]);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stderr = readText(child.stderr);
  const ended = once(child, 'close').then(async ([status]) => ({
    status: status as number | null,
    stderr: await stderr,
  }));
  return { child, ended };
}

async function line({ child }: Running): Promise<string> {
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return chunk.toString();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`the first ${signal} lets the command end, with status 130`, async (t) => {
    const running = start('polite');
    t.is(await line(running), 'ready\n');
    running.child.kill(signal);
    t.deepEqual(await running.ended, { status: 130, stderr: 'error: Interrupted\n' });
  });
}

test('the second Ctrl-C ends at once', async (t) => {
  const running = start('deaf');
  t.is(await line(running), 'ready\n');
  running.child.kill('SIGINT');
  t.is(await line(running), 'heard\n');
  running.child.kill('SIGINT');
  t.deepEqual(await running.ended, { status: 130, stderr: '' });
});

test('a command whose output nobody reads any more ends in silence', async (t) => {
  const running = start('talkative');
  await line(running);
  (running.child.stdout as unknown as { destroy(): void }).destroy();
  t.deepEqual(await running.ended, { status: 130, stderr: '' });
});

test('output that the pipe has not taken yet is not cut', async (t) => {
  const running = start('long');
  const stdout = await readText(running.child.stdout);
  t.is(stdout.length, 1_000_000);
  t.deepEqual(await running.ended, { status: 1, stderr: '' });
});
