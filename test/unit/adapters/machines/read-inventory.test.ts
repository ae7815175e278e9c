import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { readInventory } from '../../../../src/adapters/machines/read-inventory.ts';
import { ConfigError, UsageError } from '../../../../src/errors.ts';
import type { Inventory } from '../../../../src/machines/inventory.ts';
import { formatHost } from '../../../../src/machines/parse-hosts.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-inventory-'));
test.after.always(() => rmSync(folder, { recursive: true }));

let files = 0;

async function read(text: string, groups: readonly string[] = []): Promise<Inventory> {
  const file = `file${(files += 1)}`;
  writeFileSync(path.join(folder, file), text);
  return readInventory(file, { cwd: folder, groups });
}

/** `web1=root@10.0.0.4:22`, or only the host where it has no other name. */
function hostsOf({ hosts }: Inventory): string {
  return hosts.map(({ name, address }) => (name === address.host ? '' : `${name}=`) + formatHost(address)).join(' ');
}

/** The message without the file's name, which differs in every test. */
async function refused(t: ExecutionContext, text: string, groups?: readonly string[]): Promise<string> {
  const error = await t.throwsAsync(read(text, groups), { instanceOf: ConfigError });
  return error?.message.replaceAll(/file[0-9]+/g, 'FILE') ?? '';
}

test('a plain list has hosts, ranges and comments', async (t) => {
  const inventory = await read('# under the desk\nroot@node[01-02].lan:2222   # two\n\n10.0.0.9\r\n[fe80::1]:22\n');
  t.is(inventory.format, 'plain');
  t.is(hostsOf(inventory), 'root@node01.lan:2222 root@node02.lan:2222 10.0.0.9 [fe80::1]:22');
  t.deepEqual(inventory.notes, []);
});

test('every wrong line of a plain list is said', async (t) => {
  t.is(
    await refused(t, 'a_1\nb b\nok\nh[3-1]\nroot@OK\n'),
    [
      'FILE has 4 problems:',
      '  FILE:1: host: got "a_1"; expected a host name without _ (Spark refuses it)',
      '  FILE:2: host: got "b b"; expected hosts separated by commas, without blanks',
      '  FILE:4: host: got "h[3-1]"; expected a range that counts up, like [1-3]',
      '  FILE:5: root@OK: ok:22 is there twice (as ok); expected every host once',
    ].join('\n'),
  );
});

test('an empty file names no host', async (t) => {
  t.is(await refused(t, ''), 'FILE: it names no host');
  t.is(await refused(t, '# nothing\n'), 'FILE: it names no host');
});

const INI = `
lonely.lan ansible_user=ops   # not in a group
[web]
web[01:02].lan
web_3 ansible_host=10.0.0.3 ansible_port=2222 ansible_become_pass="s3 cret#x"
[db]
db-[a:b].lan:2022 ansible_ssh_user='ops'
[web:vars]
ansible_user = web   # all of them
[all:vars]
ansible_user=root
ansible_ssh_common_args='-o ProxyJump=gate'
[prod:children]
web
db
[prod:vars]
ansible_port=2200
[here]
localhost ansible_connection=local
`;

test('an Ansible inventory in INI form has groups, ranges and variables', async (t) => {
  const inventory = await read(INI);
  t.is(inventory.format, 'ansible-ini');
  t.is(
    hostsOf(inventory),
    [
      'ops@lonely.lan web@web01.lan:2200 web@web02.lan:2200 web-3=web@10.0.0.3:2222',
      'root@db-a.lan:2200 root@db-b.lan:2200',
    ].join(' '),
  );
  t.deepEqual(inventory.notes, [
    'passwords are not read (ansible_become_pass): machines are entered with your ssh key',
    'ansible_ssh_common_args not read: what ssh uses is said in your ~/.ssh/config',
    'left out, because not entered by ssh: localhost (ansible_connection="local")',
    'names here have no _: web_3 is web-3',
  ]);
});

test('only a group is taken of an Ansible inventory', async (t) => {
  t.is(hostsOf(await read(INI, ['db'])), 'root@db-a.lan:2200 root@db-b.lan:2200');
  t.is(await refused(t, INI, ['nope']), 'FILE: it has no group nope');
});

test('every wrong line of an INI inventory is said, and no password', async (t) => {
  t.is(
    await refused(
      t,
      '[web]\na_1\nb;c\nw[5:1]\nx ansible_port=99999\ny ansible_password =hunter2\n[web:foo]\n[web:vars]\nhm\n[z]\nw1 ansible_host=10.0.0.1\nw2 ansible_host=10.0.0.1\n',
    ),
    [
      'FILE has 8 problems:',
      '  FILE:2: a_1: got "a_1"; expected a host name without _ (Spark refuses it)',
      '  FILE:3: b;c: got "b;c"; expected a host name of letters, digits, dashes and dots, or an address',
      '  FILE:4: host: got "w[5:1]"; expected a range that counts up',
      '  FILE:5: x: got "x:99999"; expected a port from 1 to 65535',
      '  FILE:6: y: got something else; expected name=value',
      '  FILE:7: got "[web:foo]"; expected [group], [group:children] or [group:vars]',
      '  FILE:9: got "hm"; expected name=value',
      '  FILE:12: w2: 10.0.0.1:22 is there twice (as w1); expected every host once',
    ].join('\n'),
  );
});

const YAML = `
all:
  vars:
    ansible_user: root
    ansible_password: !vault |
      $ANSIBLE_VAULT;1.1;AES256
      3661
  children:
    web:
      hosts:
        web[1:2].lan:
        db: {ansible_host: "fe80::5", ansible_port: 2200}
      vars: {ansible_user: web}
`;

test('an Ansible inventory in YAML form is read', async (t) => {
  const inventory = await read(YAML);
  t.is(inventory.format, 'ansible-yaml');
  t.is(hostsOf(inventory), 'web@web1.lan web@web2.lan db=web@[fe80::5]:2200');
  t.deepEqual(inventory.notes, ['passwords are not read (ansible_password): machines are entered with your ssh key']);
});

test('what ansible-inventory --list prints is read', async (t) => {
  const list = {
    _meta: { hostvars: { a: { ansible_host: '10.0.0.1', ansible_user: 'ops' } } },
    all: { children: ['ungrouped', 'web'] },
    web: { hosts: ['a', 'b'] },
  };
  t.is(hostsOf(await read(JSON.stringify(list))), 'a=ops@10.0.0.1 b');
});

test('every wrong key of a YAML inventory is said', async (t) => {
  t.is(
    await refused(
      t,
      'all:\n  hosts:\n    a: {ansible_host: "{{ x }}"}\n    b: {ansible_port: 0}\n    c: 1\n  nope: {}\n  children: 3\n',
    ),
    [
      'FILE has 5 problems:',
      '  all.nope: expected hosts, children or vars',
      '  all.hosts.c: expected a map of variables',
      '  all.children: expected a map of names',
      '  a: got "{{ x }}"; expected a value, not a template',
      '  b: got "b:0"; expected a port from 1 to 65535',
    ].join('\n'),
  );
  t.is(
    await refused(t, 'plugin: aws_ec2\n'),
    "FILE: plugin: these are the settings of Ansible's aws_ec2; expected what it finds: ansible-inventory -i FILE --list -y",
  );
  t.is(
    await refused(t, 'all:\n  hosts: [a, b\n'),
    'FILE:3: Flow sequence in block collection must be sufficiently indented and end with a ]',
  );
});

test('a file that is encrypted is not read', async (t) => {
  t.is(
    await refused(t, '$ANSIBLE_VAULT;1.1;AES256\n36616\n'),
    'FILE: it is encrypted by ansible-vault; expected plain text',
  );
});

const output = (value: unknown, sensitive = false): object => ({ sensitive, type: 'dynamic', value });

test('addresses are found in the outputs of Terraform', async (t) => {
  const inventory = await read(
    JSON.stringify({
      region: output('eu-west-1'),
      manager_ip: output('10.0.0.4'),
      worker_ips: output(['10.0.0.5', '10.0.0.6', '10.0.0.4']),
      private_ips: output(['192.168.0.5']),
      public_ips: output(['10.0.0.5']),
      entry_host: output('ops@gate.example:2222'),
      nodes: output({ web1: 'web1.example', web2: { public_ip: '', private_ip: '10.9.0.2', user: 'ops', port: 2200 } }),
      instances: output([{ id: 'i-0abc', name: 'db_1', public_ip: '10.0.0.9', tags: { a: 'b' } }]),
      ids: output(['i-0abc']),
      password: output('hunter2', true),
    }),
  );
  t.is(inventory.format, 'terraform');
  t.is(
    hostsOf(inventory),
    '10.0.0.4 10.0.0.5 10.0.0.6 ops@gate.example:2222 web1=web1.example web2=ops@10.9.0.2:2200 db-1=10.0.0.9',
  );
  t.deepEqual(inventory.notes, ['sensitive outputs are not read: password', 'names here have no _: db_1 is db-1']);
});

test('only an output is taken, whatever its name', async (t) => {
  const text = JSON.stringify({ machines_of_mine: output(['a.example']), other_ips: output(['10.0.0.1']) });
  t.is(hostsOf(await read(text)), '10.0.0.1');
  t.is(hostsOf(await read(text, ['machines_of_mine'])), 'a.example');
  t.is(await refused(t, text, ['nope']), 'FILE: it has no output nope');
});

test('outputs without an address are said', async (t) => {
  t.is(
    await refused(t, JSON.stringify({ region: output('eu-west-1'), count: output(3) })),
    'FILE: no output holds addresses (region, count); expected one whose name ends with _ips or _hosts',
  );
});

const HAND_OVER = {
  schemaVersion: 1,
  kind: 'spark-swarm-machines',
  swarm: { name: 'demo', engine: 'ssh://root@a:22', certificateAuthority: null },
  machines: [
    {
      name: 'a',
      source: 'ssh',
      reference: 'root@a:22',
      engine: 'ssh://root@a:22',
      ssh: { user: 'root', host: 'a', port: 22 },
      hostKeys: ['ssh-ed25519 AAAA'],
    },
    { name: 'lab-1', source: 'lab', reference: 'lab-1', engine: 'unix:///run/x.sock', ssh: null, hostKeys: [] },
  ],
};

test('a hand-over file is read', async (t) => {
  const inventory = await read(JSON.stringify(HAND_OVER));
  t.is(inventory.format, 'hand-over');
  t.is(hostsOf(inventory), 'root@a:22');
  t.deepEqual(inventory.handOver, HAND_OVER as typeof inventory.handOver);
});

test('every wrong key of a hand-over file is said', async (t) => {
  const [machine] = HAND_OVER.machines;
  t.is(
    await refused(
      t,
      JSON.stringify({
        ...HAND_OVER,
        machines: [{ ...machine, source: 'vagrant', hostKeys: ['-----BEGIN OPENSSH PRIVATE KEY'] }],
        key: 1,
      }),
    ),
    [
      'FILE has 3 problems:',
      '  machines.0.source: invalid option: expected one of "docker-machine"|"ssh"|"lab"',
      '  machines.0.hostKeys.0: invalid string: must match pattern /^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}$/',
      '  file: unrecognized key: "key"',
    ].join('\n'),
  );
  t.is(
    await refused(t, JSON.stringify({ ...HAND_OVER, schemaVersion: 2 })),
    'FILE: schemaVersion: got 2; a newer spark-swarm has written it',
  );
});

test('a hand-over file, or a plain list, has no groups', async (t) => {
  for (const text of [JSON.stringify(HAND_OVER), 'a\n']) {
    const error = await t.throwsAsync(read(text, ['x']), { instanceOf: UsageError });
    t.regex(
      error?.message ?? '',
      /^--group: file[0-9]+ has no groups; expected an Ansible inventory, or outputs of Terraform$/,
    );
  }
});

test('a file that cannot be read is said', async (t) => {
  await t.throwsAsync(readInventory('nope.ini', { cwd: folder }), {
    instanceOf: UsageError,
    message: 'Cannot read nope.ini: there is no such file',
  });
  await t.throwsAsync(readInventory(folder, { cwd: '/' }), {
    instanceOf: UsageError,
    message: `Cannot read ${folder}: that is a folder`,
  });
  const error = await t.throwsAsync(read('a\0b'), { instanceOf: UsageError });
  t.regex(error?.message ?? '', /^Cannot read file[0-9]+: it is no text of machines$/);
});
