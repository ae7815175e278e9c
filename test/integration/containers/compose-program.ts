import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';

import { theEngine } from '../../helpers/lab-tests.ts';

interface Info {
  readonly ClientInfo: { readonly Plugins: readonly { readonly Name: string; readonly Path: string }[] };
}

/** The compose plugin of this machine: a program that also runs by itself. */
export async function findComposePlugin(): Promise<string> {
  const { ClientInfo } = JSON.parse(await theEngine().docker('info', '--format', '{{json .}}')) as Info;
  const plugin = ClientInfo.Plugins.find(({ Name }) => Name === 'compose');
  if (!plugin) throw new Error('the set-up has not put the compose plugin anywhere');
  return plugin.Path;
}

/** A docker without the plugin, wherever that is installed; the rest of the path as it is. */
async function hidePlugin(folder: string): Promise<Readonly<Record<string, string>>> {
  await mkdir(folder, { recursive: true });
  const docker = path.join(folder, 'docker');
  const { stdout } = await theEngine().run('sh', ['-c', 'command -v docker']);
  await writeFile(
    docker,
    `#!/bin/sh\n[ "$1" != compose ] || { echo "docker: 'compose' is not a docker command." >&2; exit 1; }\nexec ${stdout.trim()} "$@"\n`,
  );
  await chmod(docker, 0o755);
  return { PATH: `${folder}:${process.env['PATH']}`, DOCKER_CONFIG: path.join(folder, 'config') };
}

export function composeProgramTests(): void {
  test.serial('without Compose start says what to install, with status 1; what needs none of it works', async (t) => {
    const cluster = theEngine().cluster('solo');
    const env = await hidePlugin(theEngine().folder('no-compose'));
    const { status, stdout, stderr } = await cluster.make(cluster.deployArgs('--workers', '1'), { env });
    t.is(status, 1, stderr);
    t.is(stdout, '');
    t.regex(
      stderr,
      /^error: Cannot run Docker Compose v2: neither "docker compose" nor "docker-compose" is there\nhint: \S.*$/m,
    );
    t.deepEqual(await cluster.memberIds(), []);
    const list = await cluster.place.run('bin/spark-swarm', ['list'], { env });
    t.is(list.status, 0, list.stderr);
  });

  test.serial('the program docker-compose does as well as the plugin', async (t) => {
    const cluster = theEngine().cluster('solo');
    const folder = theEngine().folder('standalone');
    const env = await hidePlugin(folder);
    await cp(await findComposePlugin(), path.join(folder, 'docker-compose'));
    const start = await cluster.make(cluster.deployArgs('--workers', '1'), { env });
    t.is(start.status, 0, start.stderr);
    const words = ['resize', '--name', cluster.name, '--workers', '2'];
    const grow = await cluster.place.run('bin/spark-swarm', words, { env });
    t.is(grow.status, 0, grow.stderr);
    t.is((await cluster.statusWithMaster()).master?.aliveWorkers, 2);
    const stop = await cluster.place.run('bin/spark-swarm', ['stop', '--name', cluster.name], { env });
    t.is(stop.status, 0, stop.stderr);
    t.deepEqual(await cluster.memberIds(), []);
  });
}
