import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';

import test from 'ava';

import { SshJobShell } from '../../../../src/adapters/jobs/ssh-job-shell.ts';
import { SshMachineShell } from '../../../../src/adapters/ssh/ssh-machine-shell.ts';
import { UnreachableError } from '../../../../src/errors.ts';

/** Logs in, and loses every session before it has read a byte: with a real one, that is a matter of luck. */
const SSH = `#!/bin/sh
case "$*" in
  -G*) printf 'user ada\\nhostname gate\\nport 22\\n' ;;
  *ControlMaster=auto*) ;;
  *) exit 255 ;;
esac
`;

let folder = '';
test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-ssh-'));
  await writeFile(path.join(folder, 'ssh'), SSH);
  await chmod(path.join(folder, 'ssh'), 0o700);
  process.env['PATH'] = `${folder}:${process.env['PATH']}`;
});
test.after.always(async () => rm(folder, { recursive: true }));

test('a session that is lost before it has read the script is unreachable, and ends nothing else', async (t) => {
  const shell = await SshMachineShell.open({ user: 'ada', host: 'gate', port: 22 });
  const facts = { home: '/home/ada', uid: 1, gid: 1, hostname: 'gate', nodeId: '', addresses: [] };
  const jobs = new SshJobShell(shell, facts, 'spark');
  const options = { stdout: new PassThrough(), stderr: new PassThrough(), signal: new AbortController().signal };
  const error = await t.throwsAsync(jobs.stream(`# ${'x'.repeat(4_000_000)}`, [], options), {
    instanceOf: UnreachableError,
  });
  t.is(error.message, 'Cannot work on ssh://ada@gate:22 by ssh: the connection was lost');
});
