import net from 'node:net';
import os from 'node:os';

import test from 'ava';

import { theEngine } from '../../helpers/lab-tests.ts';

export function secretTests(): void {
  test.serial('the secret is a file that only the daemons may read, and nowhere else', async (t) => {
    const engine = theEngine();
    const cluster = engine.cluster('spark');
    const secret = await cluster.inside('master', 'cat /run/secrets/spark-auth-secret');
    t.regex(secret, /^[0-9a-f]{64}$/);
    const { containers } = await cluster.status();
    t.is(containers.length, 3);
    for (const { displayName, containerId = '' } of containers) {
      t.is(
        await cluster.inside(displayName, 'stat -c "%a %u" /run/secrets/spark-auth-secret'),
        `400 ${await cluster.inside(displayName, 'id -u')}`,
      );
      t.is(await cluster.inside(displayName, 'cat /run/secrets/spark-auth-secret'), secret, 'of the whole cluster');
      const logs = await engine.run('docker', ['logs', containerId]);
      const places = {
        inspect: await engine.docker('inspect', containerId),
        'environment and arguments': await cluster.inside(
          displayName,
          'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr "\\0" "\\n"',
        ),
        logs: logs.stdout + logs.stderr,
      };
      for (const [place, text] of Object.entries(places)) {
        t.true(text.length > 100, place);
        t.false(text.includes(secret), `${place} of ${displayName}`);
      }
    }
    const volumes = (await engine.docker('volume', 'ls', '--quiet', '--filter', `name=${cluster.name}`)).split('\n');
    t.false((await engine.docker('volume', 'inspect', ...volumes)).includes(secret), 'labels of volumes');
    const status = await cluster.command('status', '-o', 'json');
    t.false(status.stdout.includes(secret), 'status');
  });

  test.serial('published ports answer on 127.0.0.1 and on no other address of the machine', async (t) => {
    const engine = theEngine();
    const { containerId } = await engine.cluster('spark').find('master');
    const { NetworkSettings } = await engine.manager.api.get<RawContainer>(`/containers/${containerId}/json`);
    const bindings = Object.entries(NetworkSettings.Ports).flatMap(([port, bound]) =>
      (bound ?? []).map(({ HostIp, HostPort }) => ({ port, HostIp, HostPort })),
    );
    t.deepEqual(bindings.map(({ port, HostIp }) => `${HostIp} ${port}`).toSorted(), [
      '127.0.0.1 7077/tcp',
      '127.0.0.1 8080/tcp',
    ]);
    const others = Object.values(os.networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal);
    t.true(others.length > 0);
    for (const { HostPort } of bindings) {
      t.true(await accepts('127.0.0.1', Number(HostPort)));
      for (const { address } of others) t.false(await accepts(address, Number(HostPort)), `${address}:${HostPort}`);
    }
  });
}

interface RawContainer {
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;
  };
}

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = net.connect({ host, port, timeout: 2000 });
  const answer = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    for (const event of ['error', 'timeout']) socket.once(event, () => resolve(false));
  });
  socket.destroy();
  return answer;
}
