import { chown, cp, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { projectRoot } from '../../helpers/cli.ts';
import type { CommandOptions, Outcome } from '../../helpers/lab-command.ts';
import { theEngine } from '../../helpers/lab-tests.ts';
import { findComposePlugin } from './compose-program.ts';

/** Of nobody on this machine. */
const PERSON = 4711;

export function dataTests(): void {
  test.serial(
    'a person without rights owns what executors write into --data: lists, changes and removes it',
    async (t) => {
      const person = await becomePerson('person');
      const cluster = theEngine().cluster('person');
      t.teardown(async () => cluster.remove());
      const data = await person.makeFolder('data', 0o700);
      const started = await person.run('bin/spark-swarm', ['start', ...cluster.deployArgs('--data', data)]);
      t.is(started.status, 0, started.stderr);
      t.regex(started.stdout, new RegExp(`^data \\(here\\) {6}${data}$`, 'm'));
      const words = ['--name', cluster.name, 'test/jobs/write_data.py', '/data/written'];
      await writesAs(t, person, { data, job: await person.run('bin/submit', words) });

      // A file that only the person may read is brought along, and the driver reads it.
      const note = path.join(await person.makeFolder('own', 0o700), 'note.txt');
      const made = await person.run('sh', ['-c', 'umask 077; echo mine > "$1"', 'sh', note]);
      t.is(made.status, 0, made.stderr);
      const echo = ['--name', cluster.name, '--files', note, 'test/jobs/echo.py', '0'];
      const said = await person.run('bin/submit', echo);
      t.is(said.status, 0, said.stderr);
      t.deepEqual((JSON.parse(said.stdout) as { brought: unknown }).brought, { 'note.txt': 'mine\n' });
      const removal = await person.run('bin/spark-swarm', ['stop', '--name', cluster.name]);
      t.is(removal.status, 0, removal.stderr);
      t.deepEqual(await cluster.memberIds(), []);
    },
  );

  test.serial('a folder that a person may not write to is refused with status 2, and nothing is made', async (t) => {
    const person = await becomePerson('refused');
    const cluster = theEngine().cluster('refused');
    const { status, stderr } = await person.run('bin/spark-swarm', ['start', ...cluster.deployArgs()]);
    if (process.getuid?.() !== 0) {
      t.log('only root can give the person a folder of somebody else');
      t.pass();
      return;
    }
    t.is(status, 2, stderr);
    t.true(
      stderr.includes(
        `error: --data: got "${theEngine().data}", which belongs to 0:0; expected a folder that uid ${PERSON} may write to\n`,
      ),
      stderr,
    );
    t.deepEqual(await cluster.memberIds(), []);
  });

  test.serial("what executors write into a folder that root shares belongs to the folder's owner", async (t) => {
    const person = await becomePerson('owner');
    const cluster = theEngine().cluster('owner');
    t.teardown(async () => cluster.remove());
    const data = await person.makeFolder('data', 0o755);
    const started = await cluster.deploy('--data', data);
    t.is(started.status, 0, started.stderr);
    await writesAs(t, person, { data, job: await cluster.submit(['test/jobs/write_data.py', '/data/written']) });
    const removal = await cluster.remove();
    t.is(removal.status, 0, removal.stderr);
    t.true((await stat(data)).isDirectory(), 'the folder stays');
  });
}

/** Somebody without rights of root, who may use the engine, and has compose. */
interface Person {
  run(file: string, args: readonly string[], options?: CommandOptions): Promise<Outcome>;
  makeFolder(name: string, mode: number): Promise<string>;
  readonly uid: number;
}

async function becomePerson(key: string): Promise<Person> {
  const engine = theEngine();
  const folder = engine.folder(key);
  const isRoot = process.getuid?.() === 0;
  const uid = isRoot ? PERSON : (process.getuid?.() ?? PERSON);
  const home = path.join(folder, 'home');
  const plugins = path.join(home, '.docker', 'cli-plugins');
  await mkdir(plugins, { recursive: true });
  await cp(await findComposePlugin(), path.join(plugins, 'docker-compose'));
  const { gid } = await stat(engine.manager.socket);
  const ids = ['--reuid', String(uid), '--regid', String(uid), '--groups', String(gid), '--inh-caps=-all'];
  if (isRoot) for (const place of [folder, home]) await chown(place, uid, uid);
  return {
    uid,
    run: async (file, args, options = {}) => {
      const env = { ...options.env, HOME: home, DOCKER_CONFIG: undefined, XDG_RUNTIME_DIR: undefined };
      return isRoot
        ? engine.run('setpriv', [...ids, file.includes('/') ? path.join(projectRoot, file) : file, ...args], {
            ...options,
            env,
          })
        : engine.run(file, args, { ...options, env });
    },
    makeFolder: async (name, mode) => {
      const made = path.join(folder, name);
      await mkdir(made, { mode });
      if (isRoot) await chown(made, uid, uid);
      return made;
    },
  };
}

/** The job has written from two executors, and its files are the person's. */
async function writesAs(
  t: ExecutionContext,
  person: Person,
  { data, job }: { readonly data: string; readonly job: Outcome },
): Promise<void> {
  t.is(job.status, 0, job.stderr);
  const { rows, hosts } = JSON.parse(job.stdout) as { readonly rows: number; readonly hosts: readonly string[] };
  t.deepEqual([rows, hosts.length], [1000, 2]);
  const folder = path.join(data, 'written');
  const files = await readdir(folder, { recursive: true });
  t.true(files.filter((file) => file.endsWith('.parquet')).length >= 2, files.join(' '));
  for (const file of ['', ...files]) t.is((await stat(path.join(folder, file))).uid, person.uid, file);
  const words = 'set -e; cd "$1"; ls -l written; for f in written/*.parquet; do echo x >> "$f"; done; rm -r written';
  const { status, stderr } = await person.run('sh', ['-c', words, 'sh', data]);
  t.is(status, 0, stderr);
  t.deepEqual(await readdir(data), []);
}
