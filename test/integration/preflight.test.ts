import { rm } from 'node:fs/promises';

import test from 'ava';

import { EngineApi } from '../../src/adapters/engine/engine-api.ts';
import { readMachineScripts } from '../../src/adapters/machines/machine-scripts.ts';
import { InvalidStateError, UnreachableError } from '../../src/errors.ts';
import { installEngine } from '../../src/machines/install-engine.ts';
import { assertReady } from '../../src/machines/preflight.ts';
import { projectRoot } from '../helpers/cli.ts';
import { TestMachines } from '../helpers/machines.ts';
import { becomeOperator, linesOf, openHosts, preflightOf, preflightOfMachines } from '../helpers/preflight.ts';

/** pre1, pre2: Debian 13; pre3: Debian 12; pre4, pre5: Debian 13 without an engine. */
let set: TestMachines;

test.before(async () => {
  set = await TestMachines.start({
    machines: ['trixie', 'trixie', 'bookworm', { engine: false }, { engine: false }],
    prefix: 'pre',
  });
  becomeOperator(set);
});

test.after.always(async () => set?.[Symbol.asyncDispose]());

test.serial('nothing stands in the way of engines 26.1 and 20.10, and each reaches the others', async (t) => {
  const { findings, readings, addresses, matrix } = await preflightOf(['root@pre1', 'ops@pre2', 'root@pre3']);
  t.deepEqual(linesOf(findings), []);
  t.deepEqual(
    addresses.map(({ name, address }) => [name, address]),
    set.machines.slice(0, 3).map(({ name, address }) => [name, address]),
  );
  t.deepEqual(
    readings.map(({ engine }) => engine?.apiVersion),
    ['1.45', '1.45', '1.41'],
  );
  // 2377 to the manager alone; 7946 and both UDP ports to everyone.
  t.is(matrix.tries.length, 2 * 4 + 4 * 3);
  t.deepEqual(new Set(matrix.tries.map(({ answer }) => answer)), new Set(['refused']));
  t.deepEqual(matrix.failures, []);
});

test.serial('SS-M01, M03, M05: everything is found at once, within 20 s, before anything is changed', async (t) => {
  await set.get('pre2').pause();
  const startedAt = performance.now();
  try {
    const hosts = [`root@${set.unusedAddress}`, 'root@no-such-host', 'nobody@pre1', 'root@pre2', 'root@pre4'];
    const { findings } = await preflightOf(hosts);
    t.true(performance.now() - startedAt < 20_000);
    t.deepEqual(linesOf(findings), [
      `error SS-M01 ${set.unusedAddress}: it cannot be reached`,
      'error SS-M01 no-such-host: it cannot be reached',
      'error SS-M03 pre1: it does not let this user in',
      'error SS-M01 pre2: it cannot be reached',
      'error SS-M05 pre4: it has no Docker engine',
    ]);
    const error = t.throws(() => assertReady(findings, 'Cannot form the swarm "test"'), {
      instanceOf: InvalidStateError,
    });
    t.true(
      error.message.startsWith(
        [
          'Cannot form the swarm "test": 5 things stand in the way, and nothing was changed',
          `SS-M01 ${set.unusedAddress}: it cannot be reached`,
          `       seen: ssh root@${set.unusedAddress}: no way leads to its address from here`,
          '       cure: check the address and the network; is it switched on?',
          '       more: docs/problems/machines.md#ss-m01',
          'SS-M01 no-such-host: it cannot be reached',
          '',
        ].join('\n'),
      ),
      error.message,
    );
    const unreachable = findings.filter(({ id }) => id !== 'SS-M05');
    t.throws(() => assertReady(unreachable, 'Cannot form it'), { instanceOf: UnreachableError });
  } finally {
    await set.get('pre2').unpause();
  }
});

test.serial('SS-M02: a changed host key is refused, and an unknown one', async (t) => {
  const pre3 = set.get('pre3');
  await pre3.changeHostKeys();
  try {
    // By its address: the connection to its name is open.
    const changed = await preflightOf([`root@${pre3.address}`]);
    t.deepEqual(linesOf(changed.findings), [`error SS-M02 ${pre3.address}: its host key has changed`]);
    t.true(changed.findings[0]?.fix.endsWith(`ssh-keygen -R ${pre3.address}`), changed.findings[0]?.fix);
    await rm(set.operator.knownHostsFile);
    const unknown = await preflightOf([`ops@${pre3.address}`]);
    t.deepEqual(linesOf(unknown.findings), [`error SS-M02 ${pre3.address}: its host key is not known here`]);
  } finally {
    await set.operator.trust(set.machines);
  }
});

test.serial('SS-M04, M05, M07: who may neither use the engine nor become root', async (t) => {
  const without = await preflightOf(['visitor@pre1', 'visitor@pre4']);
  t.deepEqual(linesOf(without.findings), [
    'error SS-M07 pre1: the user visitor may not use its engine',
    'error SS-M05 pre4: it has no Docker engine',
  ]);
  const { findings } = await preflightOf(['visitor@pre1', 'visitor@pre4', 'ops@pre2'], { installEngine: true });
  const problem = 'its engine needs root to be set up, and the user who logs in cannot become it';
  t.deepEqual(linesOf(findings), [`error SS-M04 pre1: ${problem}`, `error SS-M04 pre4: ${problem}`]);
  t.regex(
    findings[0]?.proof ?? '',
    /^user visitor: sudo: .*password is required; engine: the user "visitor" may not use the engine there$/,
  );
});

test.serial('SS-M05: an engine without a docker command is not reached over ssh', async (t) => {
  const pre1 = set.get('pre1');
  await pre1.must('mv /usr/bin/docker /usr/bin/docker-away');
  try {
    t.deepEqual(linesOf((await preflightOf(['root@pre1'])).findings), [
      'error SS-M05 pre1: it has an engine and no docker command, by which the engine is reached over ssh',
    ]);
  } finally {
    await pre1.must('mv /usr/bin/docker-away /usr/bin/docker');
  }
});

test.serial('SS-M08, M09: an engine that does not run, and one that we cannot talk to', async (t) => {
  await set.get('pre1').must('systemctl stop docker');
  try {
    const { findings } = await preflightOf(['root@pre1']);
    t.deepEqual(linesOf(findings), ['error SS-M08 pre1: its engine is not running']);
    t.true(
      findings[0]?.proof.startsWith('docker.service is inactive; Cannot connect to the Docker daemon'),
      findings[0]?.proof,
    );
    t.deepEqual(linesOf((await preflightOf(['root@pre1'], { installEngine: true })).findings), []);
  } finally {
    await set.get('pre1').must('systemctl start docker');
  }
  const [machine] = await openHosts(['root@pre2']);
  if (!machine) throw new Error('no machine was opened');
  const endpoint = { kind: 'tcp', host: set.get('pre2').address, port: 2376, tls: undefined } as const;
  const { findings } = await preflightOfMachines([{ ...machine, engine: new EngineApi(endpoint) }]);
  t.deepEqual(linesOf(findings), ['error SS-M09 pre2: its engine runs, and does not answer us']);
  t.regex(findings[0]?.proof ?? '', /:2376/);
});

test.serial('SS-M11, M12, M13: engines with settings that a swarm cannot use', async (t) => {
  const [pre1, pre2, pre3] = [set.get('pre1'), set.get('pre2'), set.get('pre3')];
  const file = '/etc/docker/daemon.json';
  const change = (setting: string): string => `cp ${file} /root/daemon.json && sed -i '1s/{/{${setting},/' ${file}`;
  await Promise.all([
    pre1.must(`${change('"live-restore": true')} && systemctl restart docker`),
    pre2.must(`${change('"storage-driver": "vfs"')} && systemctl restart docker`),
    // What the kernel says of itself to this engine alone.
    pre3.must(
      'mkdir -p /run/systemd/system/docker.service.d && printf "[Service]\\nPersonality=x86\\n" > /run/systemd/system/docker.service.d/kind.conf && systemctl daemon-reload && systemctl restart docker',
    ),
  ]);
  try {
    const { findings } = await preflightOf(['root@pre1', 'root@pre2', 'root@pre3']);
    t.deepEqual(linesOf(findings), [
      'error SS-M11 pre1: its engine has live-restore, which Docker refuses in a swarm',
      'error SS-M12 pre2: its engine stores images with vfs, which copies every layer in full: several times the size on disk',
      'error SS-M13 pre3: its processor is of another kind, and one image goes to all machines',
    ]);
    t.is(findings[2]?.proof, 'i686; pre1, pre2: x86_64');
  } finally {
    const restore = `mv /root/daemon.json ${file} && systemctl restart docker`;
    await Promise.all([
      pre1.must(restore),
      pre2.must(restore),
      pre3.must(
        'rm /run/systemd/system/docker.service.d/kind.conf && systemctl daemon-reload && systemctl restart docker',
      ),
    ]);
  }
});

test.serial('--install-engine installs, starts and lets the user in; a second run changes nothing', async (t) => {
  const scripts = await readMachineScripts(projectRoot);
  const wish = { installEngine: true };
  t.deepEqual(linesOf((await preflightOf(['root@pre1', 'ops@pre4'], wish)).findings), []);
  const [machine] = await openHosts(['ops@pre4']);
  if (!machine) throw new Error('no machine was opened');
  const said: string[] = [];
  const options = {
    script: scripts.installEngine,
    loginUser: 'ops',
    progress: (detail: string) => said.push(detail),
    signal: new AbortController().signal,
  };
  const { version, changed, groupAdded } = await installEngine(machine, options);
  t.regex(version, /^26\.1\./);
  t.deepEqual([changed, groupAdded], [true, true]);
  t.true(said.includes('installing docker.io'), said.join('\n'));
  // The connection from before did not know the new group.
  t.deepEqual(linesOf((await preflightOf(['root@pre1', 'ops@pre4'])).findings), []);
  t.deepEqual(await installEngine(machine, options), { version, changed: false, groupAdded: false });
  const pre4 = set.get('pre4');
  t.is(await pre4.must('systemctl is-enabled docker'), 'enabled');
  await pre4.must('sed -i -e "s/^ID=.*/ID=plan9/" -e /^ID_LIKE/d /etc/os-release && apt-get -qq remove docker-cli');
  await t.throwsAsync(installEngine(machine, options), {
    instanceOf: InvalidStateError,
    message:
      'Cannot install an engine on pre4: its system is not one of those: Debian GNU/Linux 13 (trixie) is none whose packages are known here',
  });
});

/** Passes for the dnf of a Fedora: it knows one package, which it takes from Debian. */
const DNF = `#!/bin/sh
case "$*" in
  '-q list --available moby-engine') exit 0 ;;
  '-y install moby-engine') apt-get -q update && exec apt-get -q -y install --no-install-recommends docker.io docker-cli ;;
  *) exit 1 ;;
esac
`;

test.serial('--install-engine takes moby-engine on Fedora, and never what RHEL calls docker', async (t) => {
  const { installEngine: script } = await readMachineScripts(projectRoot);
  const [machine] = await openHosts(['root@pre5']);
  if (!machine) throw new Error('no machine was opened');
  const options = { script, loginUser: 'root', progress: () => {}, signal: new AbortController().signal };
  const pre5 = set.get('pre5');
  await pre5.must(
    'cp /etc/os-release /root/os-release && rm /etc/os-release && printf "#!/bin/sh\nexit 1\n" > /usr/local/bin/dnf && chmod 755 /usr/local/bin/dnf',
  );
  await pre5.must(`printf 'ID=rocky\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky Linux 9.6"\n' > /etc/os-release`);
  await t.throwsAsync(installEngine(machine, options), {
    message:
      'Cannot install an engine on pre5: its system is not one of those: its packages hold no Docker engine (asked for: moby-engine docker-ce)',
  });
  await pre5.must(`printf 'ID=fedora\n' > /etc/os-release && cat > /usr/local/bin/dnf <<'END'\n${DNF}END`);
  const { version, changed, groupAdded } = await installEngine(machine, options);
  t.regex(version, /^26\.1\./);
  t.deepEqual([changed, groupAdded], [true, false]);
});
