import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { CallLog, DockerProxy } from '../../helpers/docker-proxy.ts';
import type { Behaviour } from './behaviour.ts';

/** What is refused, with which status, before anything is there. */
export const REFUSALS: readonly Behaviour[] = [
  {
    title: 'an image that is not there is refused with what to type',
    run: async (t, stand) => {
      const { status, stderr, stdout } = await stand.cluster('spark').deploy('--image', 'no-such-image:1');
      t.is(status, 1, stderr);
      t.is(stdout, '');
      t.regex(stderr, /^error: There is no image "no-such-image:1" on /m);
      t.regex(stderr, /^hint: bin\/build-image builds spark-swarm:latest/m);
    },
  },
  {
    title: 'a command for a cluster that is not there says so, with status 1; removing it is no error',
    run: async (t, stand) => {
      const cluster = stand.cluster('nobody');
      for (const { status, stdout, stderr } of await Promise.all([
        cluster.command('status'),
        cluster.command('logs'),
        cluster.command('master-ip'),
        cluster.resize(3),
        cluster.submit(['--example', 'pi']),
      ])) {
        t.is(status, 1);
        t.is(stdout, '');
        t.regex(stderr, new RegExp(`^error: No cluster named "${cluster.name}"$`, 'm'));
      }
      const removal = await cluster.remove();
      t.is(removal.status, 0, removal.stderr);
      t.is(removal.stdout, `No cluster named "${cluster.name}": nothing to remove\n`);
    },
  },
  {
    title: 'what is wrong in itself ends with status 2, and not one changing call is made',
    run: async (t, stand) => {
      const cluster = stand.cluster('huge');
      const log = new CallLog();
      const { hostname: name, socket } = cluster.place.manager;
      await using proxy = await new DockerProxy({ name, socket }, proxySocket(), log).start();
      const env = { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${proxy.socket}` };
      const file = path.join(tmpdir(), `spark-swarm-broken-${process.pid}.yml`);
      await writeFile(file, 'services:\n  master: {\n');
      const cases: readonly (readonly [flags: readonly string[], message: RegExp])[] = [
        [['--workers', '100'], /^error: 100 workers|^error: 100 × /m],
        [['--worker-memory', '900g'], /900g/],
        [['--workers', '0x2'], /^error: --workers: got "0x2"; expected a whole number from 1 to 1000$/m],
        [['--wrokers', '2'], /--wrokers/],
        [['--port', 'ui=99999'], /^error: --port: got "ui=99999"; expected NAME=PORT /m],
        // A lab's nodes have a folder already: another one is a conflict.
        ...(cluster.platform === 'swarm'
          ? []
          : [
              [
                ['--data', '/no/such/folder'],
                /^error: --data: got "\/no\/such\/folder"; expected a folder that is there$/m,
              ] as const,
            ]),
        [['--file', file], /^error: .*broken-[0-9]+\.yml.*line [0-9]+, column [0-9]+: /ms],
      ];
      for (const [flags, message] of cases) {
        const { status, stdout, stderr } = await cluster.make(cluster.deployArgs(...flags), { env });
        t.is(status, 2, `${flags.join(' ')}: ${stderr}`);
        t.is(stdout, '');
        t.regex(stderr, message);
      }
      await rm(file);
      t.deepEqual(log.calls, []);
    },
  },
];

export function proxySocket(): string {
  return `/tmp/spark-swarm-proxy-${process.pid}.sock`;
}
