import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';
import { parse, stringify } from 'yaml';

import type { ComposeDocument } from '../../../src/compose/compose-document.ts';
import { projectRoot } from '../../helpers/cli.ts';
import { theEngine } from '../../helpers/lab-tests.ts';
import { makeForeign } from './foreign.ts';
import { addressOf, inspect, old, service, SERVICE, startFlags, WORKERS } from './old-cluster.ts';

/** The cluster "old" comes into being, with three workers. */
export function startTests(): void {
  test.serial('B9: workers, cores, memory, ports and image are flags', async (t) => {
    const { image, data } = theEngine();
    const words = ['start', '--name', old().name, '--image', image, '--data', data, '--dry-run', '-o', 'json'];
    const sizes = ['--workers', '3', '--worker-cores', '0.5', '--worker-memory', '1400m', '--master-memory', '1792m'];
    const ports = ['--port', 'ui=18099', '--port', 'master=none'];
    const { status, stdout, stderr } = await theEngine().run(SERVICE, [...words, ...sizes, ...ports]);
    t.is(status, 0, stderr);
    const { master, worker } = (JSON.parse(stdout) as ComposeDocument).services;
    t.like(worker?.deploy, { replicas: 3, resources: { limits: { cpus: '0.5', memory: '1400m' } } });
    t.like(master?.deploy, { resources: { limits: { memory: '1792m' } } });
    t.deepEqual([worker?.image, master?.image], [image, image]);
    t.deepEqual(
      master?.ports?.map(({ target, published }) => [target, published]),
      [[8080, '18099']],
    );
  });

  test.serial("B3: a deploy that fails ends with 1 and with Docker's words", async (t) => {
    const file = parse(await readFile(path.join(projectRoot, 'docker-compose.yml'), 'utf8')) as ComposeDocument;
    const volumes = [{ type: 'bind' as const, source: '/no/such/folder', target: '/x' }];
    const broken = { ...file, services: { ...file.services, broken: { image: theEngine().image, volumes } } };
    const copy = theEngine().folder('broken.yml');
    await writeFile(copy, stringify(broken));
    const failing = theEngine().cluster('failing');
    const { status, stdout, stderr } = await theEngine().run(
      SERVICE,
      startFlags(failing, '--file', copy, '--workers', '1'),
    );
    t.deepEqual({ status, stdout }, { status: 1, stdout: '' }, stderr);
    t.regex(stderr, /^error: .*bind source path does not exist: \/no\/such\/folder/ms);
    t.is((await service('stop', failing, '--yes', '--volumes')).status, 0);
    await rm(copy);
  });

  test.serial('B20: N=4 is one master and three workers, says so, and all of them start', async (t) => {
    await makeForeign();
    const { status, stdout, stderr } = await theEngine().run(SERVICE, startFlags(old()), { env: { N: '4' } });
    t.is(status, 0, stderr);
    t.regex(stderr, /^N=4 means 1 master and 3 workers; say --workers 3\n/);
    t.regex(stdout, /^spark master {5}spark:\/\/127\.0\.0\.1:[0-9]+\n/);
    const { master } = await old().statusWithMaster();
    t.deepEqual(master?.workers.map(({ name, state }) => `${name} ${state}`).toSorted(), [
      'worker-1 ALIVE',
      'worker-2 ALIVE',
      'worker-3 ALIVE',
    ]);
  });

  test.serial("B12: every worker has a name of its own, and the links of the master's page open", async (t) => {
    const { master, containers } = await old().statusWithMaster();
    t.deepEqual(containers.map(({ displayName }) => displayName).toSorted(), ['master', ...WORKERS]);
    t.is(new Set(master?.workers.map(({ host }) => host)).size, 3);
    const page = await addressOf(old(), 'master web UI');
    const html = await (await fetch(page)).text();
    const links = [...html.matchAll(/href="([^"]*worker-[^"]*)"/g)].map(([, link = '']) => link);
    t.is(new Set(links).size, 3, html);
    for (const link of links) {
      const answer = await fetch(new URL(link, page));
      t.is(answer.status, 200, link);
      t.true((await answer.text()).includes(path.basename(link)), link);
    }
  });

  test.serial('B13: Spark is told what the container is limited to, less what it needs beside', async (t) => {
    const { master } = await old().statusWithMaster();
    for (const worker of WORKERS) t.is((await inspect(old(), worker)).HostConfig.Memory, 1280 * 1024 ** 2);
    t.deepEqual(
      master?.workers.map(({ memoryBytes }) => memoryBytes),
      WORKERS.map(() => 512 * 1024 ** 2),
    );
  });

  test.serial('B14: a folder that is not there is refused before anything is made', async (t) => {
    const none = theEngine().cluster('none');
    const missing = theEngine().folder('missing');
    const { status, stderr } = await service('start', none, '--image', theEngine().image, '--data', missing);
    t.is(status, 2, stderr);
    t.true(stderr.includes(missing), stderr);
    t.deepEqual(await none.memberIds(), []);
  });

  test.serial(
    'B15: every container shares one folder with this machine, and nothing is restarted for it',
    async (t) => {
      const before = await old().processes();
      const { data } = theEngine();
      await writeFile(path.join(data, 'data.txt'), 'from outside');
      for (const daemon of ['master', ...WORKERS])
        t.is(await old().inside(daemon, 'cat /data/data.txt'), 'from outside');
      await old().inside('worker-2', 'echo inside > /data/result.txt');
      t.is(await readFile(path.join(data, 'result.txt'), 'utf8'), 'inside\n');
      t.is(await old().inside('worker-3', 'cat /data/result.txt'), 'inside');
      await Promise.all(['data.txt', 'result.txt'].map(async (name) => rm(path.join(data, name))));
      t.deepEqual(await old().processes(), before);
    },
  );
}
