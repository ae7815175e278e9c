import { access, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Behaviour } from '../contract/behaviour.ts';
import { PATIENT } from './patience.ts';

/** Sends a line, and keeps the connection until the other side closes it. Says first where it listens. */
const SERVER = `
import socket
server = socket.create_server(("127.0.0.1", 0))
print("port", server.getsockname()[1], flush=True)
connection, _ = server.accept()
connection.sendall(b"to be or not to be\\n")
print("closed", connection.recv(1), flush=True)
`;

/** Applications that run until they are stopped, on the cluster "spark". */
export const STREAMS: readonly Behaviour[] = [
  {
    title: 'stream_files.py counts every file once, over Ctrl-C and a new start, and ends cleanly by a file',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const { data } = cluster.place;
      // As its head says: moved into the folder, whole.
      const deliver = async (name: string, text: string): Promise<void> => {
        await writeFile(path.join(data, name), text, { mode: 0o644 });
        await rename(path.join(data, name), path.join(data, 'inbox', name));
      };
      const words = ['examples/jobs/stream_files.py', '/data/inbox', '/data/readings'];
      const first = cluster.startSubmit(words, PATIENT);
      await first.waitForOutput(/^waiting for files$/m, PATIENT.limitMs);
      await deliver('one.csv', 'a,1\nb,2\na,3\n');
      await first.waitForOutput(/^batch 0: a 4\.0 of 2, b 2\.0 of 1$/m, PATIENT.limitMs);
      first.kill('SIGINT');
      const interrupted = await first.ended;
      t.is(interrupted.status, 130, interrupted.stderr);

      await deliver('two.csv', 'b,10\n');
      const second = cluster.startSubmit(words, PATIENT);
      await second.waitForOutput(/^batch [0-9]+: a 4\.0 of 2, b 12\.0 of 2$/m, PATIENT.limitMs);
      await deliver('three.csv', 'c,5\n');
      const stop = path.join(data, 'readings', 'STOP');
      await writeFile(stop, '');
      const { status, stdout, stderr } = await second.ended;
      t.is(status, 0, stderr);
      // What was delivered before the file is finished first.
      t.regex(stdout, /^batch [0-9]+: a 4\.0 of 2, b 12\.0 of 2, c 5\.0 of 1\nstopped\n$/m);
      await t.throwsAsync(access(stop), { code: 'ENOENT' });
    },
  },
  {
    title: 'stream_socket.py counts what a server sends, and hangs up when it is stopped',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const { node, containerId } = await cluster.find('master');
      const server = cluster.place.start('docker', ['exec', containerId, 'python3', '-c', SERVER], {
        env: { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${node.socket}` },
        ...PATIENT,
      });
      await server.waitForOutput(/^port [0-9]+$/m);
      const port = /[0-9]+/.exec(server.stdout)?.[0] ?? '';
      const words = ['examples/jobs/stream_socket.py', '127.0.0.1', port, '--stop', '/data/stop-words'];
      const run = cluster.startSubmit(words, PATIENT);
      await run.waitForOutput(/^batch [0-9]+: be 2, to 2, not 1, or 1$/m, PATIENT.limitMs);
      const stop = path.join(cluster.place.data, 'stop-words');
      await writeFile(stop, '');
      t.teardown(async () => rm(stop, { force: true }));
      const { status, stdout, stderr } = await run.ended;
      t.is(status, 0, stderr);
      t.regex(stdout, /\nstopped\n$/);
      await server.ended;
      t.regex(server.stdout, /^closed b''$/m);
    },
  },
];
