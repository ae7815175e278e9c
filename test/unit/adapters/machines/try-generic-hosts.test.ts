import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { tryGenericHosts } from '../../../../src/adapters/machines/try-generic-hosts.ts';
import { UnreachableError } from '../../../../src/errors.ts';

/** A configuration that is wrong for one host alone: with `Match exec`, or in a file of its own. */
const SSH = `#!/bin/sh
case $* in
  *-G*bad*) echo '/root/.ssh/config: line 2: Bad configuration option: bogus' >&2; exit 255 ;;
  *-G*) printf 'user root\\nhostname 10.0.0.4\\nport 22\\n' ;;
  *) echo 'ssh: connect to host 10.0.0.4 port 22: Connection refused' >&2; exit 255 ;;
esac
`;

test('a host that ssh has no configuration for is named with the others', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'generic-hosts-'));
  try {
    await writeFile(path.join(folder, 'ssh'), SSH, { mode: 0o755 });
    const requests = ['bad', 'good'].map((host, index) => ({
      name: `vm${index + 1}`,
      host: { user: 'root', host, port: undefined },
    }));
    const error = await t.throwsAsync<UnreachableError>(
      tryGenericHosts(requests, {
        env: { PATH: `${folder}:${process.env['PATH']}` },
        acceptNewHostKeys: false,
        driverFlags: [],
        progress: () => {},
        signal: new AbortController().signal,
      }),
      { instanceOf: UnreachableError },
    );
    t.is(
      error?.message,
      [
        'Cannot make machines on 2 hosts:',
        '  vm1 (bad): ssh does not read its configuration: Bad configuration option: bogus',
        '  vm2 (root@10.0.0.4): connection refused at port 22',
      ].join('\n'),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
