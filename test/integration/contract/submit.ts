import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { waitFor } from '../../helpers/wait-for.ts';
import type { Behaviour } from './behaviour.ts';

const DRIVER_PROCESSES = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o 'SparkSubmi[t]' | wc -l";

/** Applications on the cluster "spark". */
export const SUBMIT: readonly Behaviour[] = [
  {
    title: 'submit --example pi prints Pi, and ends with 0',
    run: async (t, stand) => {
      const { status, stdout, stderr } = await stand.cluster('spark').submit(['--example', 'pi', '4']);
      t.is(status, 0, stderr);
      t.regex(stdout, /^Pi is roughly 3\.1[0-9]*$/m);
      t.regex(stderr, /^the application succeeded after /m);
    },
  },
  {
    title: "an application gets its arguments byte for byte, its files beside it, and its status becomes submit's",
    run: async (t, stand) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-submit-'));
      const file = path.join(folder, 'brought along.txt');
      await writeFile(file, 'one\ntwo');
      const tricky = ['a b', '', '--name', 'x', '$(id)', '`id`', '"\'\\', '*', 'ü ✓', 'two\nlines', '-1', '--', '#'];
      const cluster = stand.cluster('spark');
      const { status, stdout, stderr } = await cluster.submit(['--files', file, 'test/jobs/echo.py', '7', ...tricky]);
      await rm(folder, { recursive: true });
      t.is(status, 7, stderr);
      const said = JSON.parse(stdout) as { arguments: string[]; folder: string; brought: Record<string, string> };
      t.deepEqual(said.arguments, tricky);
      t.deepEqual(said.brought, { 'brought along.txt': 'one\ntwo' });
      t.regex(said.folder, /^\/var\/lib\/spark\/jobs\/records\/echo-[0-9a-f]{12}\/files$/);
      t.regex(stderr, /^the application failed after .*; exit status 7 is its own$/m);
    },
  },
  {
    title: 'what cannot be submitted is refused with status 2',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const missing = await cluster.submit(['no-such-app.py']);
      t.is(missing.status, 2);
      t.regex(missing.stderr, /^error: No such application file: no-such-app.py$/m);
      const large = await cluster.submit(['--driver-memory', '64g', '--example', 'pi']);
      t.is(large.status, 2);
      t.regex(
        large.stderr,
        /^error: The driver does not fit beside the master: 384m daemon \+ 64g driver \+ 384m overhead = /m,
      );
    },
  },
  {
    title: 'while an application runs remove asks; Ctrl-C cancels it on the cluster too',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const run = cluster.startSubmit(['test/jobs/endless.py']);
      await run.waitForOutput(/^working app-/m);
      await cluster.statusWithMaster();
      const removal = await cluster.command('remove');
      t.is(removal.status, 5, removal.stderr);
      t.regex(
        removal.stderr,
        new RegExp(
          `^error: There is no terminal to ask on: Remove the cluster "${cluster.name}"\\? 1 running: endless$`,
          'm',
        ),
      );

      run.kill('SIGINT');
      const { status, stderr } = await run.ended;
      t.is(status, 130, stderr);
      t.is(await cluster.inside('master', DRIVER_PROCESSES), '0');
      await waitFor('no application to be listed', {
        read: async () => (await cluster.status()).master?.applications,
        until: (applications) => applications?.length === 0,
      });
    },
  },
];
