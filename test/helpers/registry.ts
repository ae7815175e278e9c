import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';

import type { EngineApi } from '../../src/adapters/engine/engine-api.ts';
import { DATA_FOLDER_ON_NODE } from '../../src/lab/node-container.ts';
import { RunningCommand } from './lab-command.ts';
import type { TestLab } from './lab.ts';
import { waitFor } from './wait-for.ts';

const FOLDER = 'registry';
export const USER = 'anna';
export const PASSWORD = 'geheim-4711';
/** bcrypt of the password: what htpasswd -B writes. */
const HTPASSWD = `${USER}:$2b$05$abcdefghijklmnopqrstuuI9Ve74svfU50aEQdy91gepBOB8Ceywa\n`;

/**
 * A real registry (Debian's docker-registry) that asks for a password, at 127.0.0.1 of this machine and of every node of a
 * lab: engines speak plain HTTP only to their own machine. All of them keep their images in the folder that the nodes share,
 * so it is one registry.
 */
export class TestRegistry implements AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(host: string, folder: string, child: ChildProcess) {
    this.host = host;
    this.#folder = folder;
    this.#process = child;
  }

  static async start(lab: TestLab): Promise<TestRegistry> {
    const folder = path.join(lab.data, FOLDER);
    await mkdir(folder);
    await copyFile(await findProgram(folder), path.join(folder, 'docker-registry'));
    await writeFile(path.join(folder, 'htpasswd'), HTPASSWD, { mode: 0o600 });
    const port = await findFreePort();
    const host = `127.0.0.1:${port}`;
    const onNode = path.posix.join(DATA_FOLDER_ON_NODE, FOLDER);
    await writeFile(path.join(folder, 'here.json'), configure(folder, host));
    await writeFile(path.join(folder, 'node.json'), configure(onNode, host));
    const program = path.join(folder, 'docker-registry');
    const child = spawn(program, ['serve', path.join(folder, 'here.json')], { stdio: 'ignore' });
    for (const { container } of lab.nodes) {
      await lab.outerDocker('exec', '-d', container, `${onNode}/docker-registry`, 'serve', `${onNode}/node.json`);
    }
    await waitFor('the registry', {
      read: async () =>
        fetch(`http://${host}/v2/`)
          .then(({ status }) => status)
          .catch(() => 0),
      until: (status) => status === 401,
    });
    for (const { api } of lab.nodes) await waitUntilLetIn(api, host);
    return new TestRegistry(host, folder, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Each engine speaks to the one on its own node. */
async function waitUntilLetIn(api: EngineApi, host: string): Promise<void> {
  const body = { username: USER, password: PASSWORD, serveraddress: host };
  const isLetIn = async (): Promise<boolean> =>
    api.post('/auth', { body }).then(
      () => true,
      () => false,
    );
  await waitFor("a node's registry", { read: isLetIn, until: Boolean });
}

/** JSON is YAML. */
function configure(folder: string, addr: string): string {
  return JSON.stringify({
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: `${folder}/images` } },
    http: { addr, secret: 'of-this-test' },
    auth: { htpasswd: { realm: 'test', path: `${folder}/htpasswd` } },
  });
}

/** The machine's own, else the one of its distribution, unpacked and not installed. */
async function findProgram(folder: string): Promise<string> {
  const own = await new RunningCommand('sh', ['-c', 'command -v docker-registry']).ended;
  if (own.status === 0) return own.stdout.trim();
  const unpack = 'cd "$1" && apt-get download docker-registry && dpkg-deb -x docker-registry_*.deb .';
  const { status, stderr } = await new RunningCommand('sh', ['-c', unpack, 'sh', folder]).ended;
  if (status === 0) return path.join(folder, 'usr/bin/docker-registry');
  throw new Error(`No registry for the tests; install docker-registry: ${stderr}`);
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
