import test, { type ExecutionContext } from 'ava';

import type { TestCluster } from '../../helpers/cluster.ts';
import { listObjectsNamed } from '../../helpers/docker-objects.ts';
import { BUILD_LIMIT_MS } from '../../helpers/lab-command.ts';
import { theEngine } from '../../helpers/lab-tests.ts';
import { readForeign } from './foreign.ts';
import { addressOf, beside, notebookImage, old, service, SERVICE, startFlags } from './old-cluster.ts';

let foreignBefore: Awaited<ReturnType<typeof readForeign>>;

/** The cluster "beside" joins "old", and both go. */
export function besideTests(): void {
  let tagged: string | undefined;

  test.serial('B29: clusters live side by side, and a taken port is refused before anything is made', async (t) => {
    const port = /:([0-9]+)$/.exec(await addressOf(old(), 'master web UI'))?.[1];
    const refused = await service('start', beside(), '--image', theEngine().image, '--port', `ui=${port}`);
    t.is(refused.status, 5, refused.stderr);
    t.regex(
      refused.stderr,
      new RegExp(`^error: Port ${port} .* is taken by the container ${old().name}-master-1$`, 'm'),
    );
    t.deepEqual(await beside().memberIds(), []);

    const words = ['--target', 'notebook', '--quiet'];
    const built = await theEngine().run('bin/build-image', words, { limitMs: BUILD_LIMIT_MS });
    t.is(built.status, 0, built.stderr);
    await theEngine().docker('tag', 'spark-swarm:latest-notebook', notebookImage());
    tagged = notebookImage();
    const flags = startFlags(beside(), '--notebook', '--port', 'jupyter=0');
    const { status, stderr } = await theEngine().run(SERVICE, flags, { env: { N: '2' } });
    t.is(status, 0, stderr);
    const both = await Promise.all([old().statusWithMaster(), beside().statusWithMaster()]);
    t.deepEqual(
      both.map(({ healthy, master }) => [healthy, master?.aliveWorkers]),
      [
        [true, 1],
        [true, 1],
      ],
    );
  });

  test.serial('B21: master, web UI and notebook are published, and answer', async (t) => {
    const [master, ui, jupyter] = await Promise.all(
      ['spark master', 'master web UI', 'jupyter'].map(async (name) => addressOf(beside(), name)),
    );
    t.regex(master ?? '', /^spark:\/\/127\.0\.0\.1:[0-9]+$/);
    t.is((await fetch(ui ?? '')).status, 200);
    t.is((await fetch(jupyter ?? '')).status < 500, true);
  });

  test.serial('B25: the notebook outlives the command that started it, and notebook url has its token', async (t) => {
    const { status, stdout, stderr } = await theEngine().run('bin/notebook', ['url', '--name', beside().name]);
    t.is(status, 0, stderr);
    const url = new URL(stdout.trim());
    const ask = async (token: string): Promise<number> =>
      (await fetch(new URL(`/api/contents?token=${token}`, url))).status;
    t.is(await ask(url.searchParams.get('token') ?? ''), 200);
    t.is(await ask('hyperminer'), 403);
    t.is(await ask(''), 403);
    const first = await beside().inside('notebook', "tr '\\0' ' ' < /proc/1/cmdline");
    t.is(first, '/usr/bin/tini -- /opt/spark-swarm/entrypoint.sh notebook');
  });

  test.serial(
    'B23: secret and token are made for each cluster, readable by their user alone, and not in the image',
    async (t) => {
      const secret = 'cd /run/secrets && stat -c "%a %u" spark-auth-secret && id -u && cat spark-auth-secret';
      const read = async (cluster: TestCluster, daemon: string): Promise<string> => {
        const [mode, owner, value = ''] = (await cluster.inside(daemon, secret)).split('\n');
        t.is(mode, `400 ${owner}`);
        t.regex(value, /^[A-Za-z0-9_-]{32,}$/);
        return value;
      };
      const values = await Promise.all([read(old(), 'master'), read(old(), 'worker-1'), read(beside(), 'worker-1')]);
      t.is(values[0], values[1]);
      t.not(values[0], values[2]);
      const token = await beside().inside(
        'notebook',
        'cd /run/secrets && stat -c %a notebook-token && cat notebook-token',
      );
      t.regex(token, /^400\n[A-Za-z0-9_-]{32,}$/);
      for (const image of [theEngine().image, notebookImage()]) await holdsNoKey(t, image);
    },
  );

  test.serial('B1: stop ends with 0 when nothing of the cluster is left', async (t) => {
    foreignBefore = await readForeign();
    for (const cluster of [old(), beside()]) {
      const { status, stdout, stderr } = await service('stop', cluster, '--yes', '--volumes');
      t.deepEqual({ status, stdout }, { status: 0, stdout: `Removed the cluster "${cluster.name}"\n` }, stderr);
      t.is((await service('status', cluster)).status, 1);
    }
    const left = await listObjectsNamed(theEngine().manager, theEngine().name);
    t.deepEqual(
      left.filter((line) => !line.includes('spark-slave1-') && !line.includes('spark-net-')),
      [],
    );
  });

  test.serial('B18: a container of somebody else goes on, whatever it is called', async (t) => {
    t.is((await readForeign()).container, foreignBefore.container);
  });

  test.serial('B19: a network of somebody else stays, whatever it is called', async (t) => {
    t.is((await readForeign()).network, foreignBefore.network);
  });

  test.after.always(async () => {
    if (tagged !== undefined) await theEngine().run('docker', ['rmi', tagged]);
  });
}

/** Published with the source of tornado, for its own tests. */
const NO_SECRET = /\/tornado\/test\/test\.key$/;

async function holdsNoKey(t: ExecutionContext, image: string): Promise<void> {
  const names = ['id_rsa*', 'id_ed25519*', 'ssh_host_*', 'sshd', 'authorized_keys'];
  const search = [
    `find / -xdev ${names.map((name) => `-name '${name}'`).join(' -o ')}`,
    "grep -rlIE 'BEGIN ([A-Z]+ )?PRIVATE KEY|hyperminer' /etc /home /opt /root /run /srv /usr/local",
    'ls -A /run/secrets',
  ];
  const flags = ['--rm', '--user', '0', '--entrypoint', 'sh', ...theEngine().label];
  const { stdout, stderr } = await theEngine().run('docker', [
    'run',
    ...flags,
    image,
    '-c',
    `{ ${search.join('; ')}; } 2>/dev/null; echo looked`,
  ]);
  const found = stdout.trimEnd().split('\n');
  t.deepEqual(
    found.filter((line) => !NO_SECRET.test(line)),
    ['looked'],
    `${image} ${stderr}`,
  );
}
