import test from 'ava';

import { compareKeys, fingerprint, parseKnownHostLines, type KnownHost } from '../../../src/machines/host-keys.ts';

/** From `ssh-keygen -t ed25519`; its fingerprint is what `ssh-keygen -l` printed of it. */
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID6hxfn5bHwiECi8NxEYX5kiC1x/uoIa40HBP537+jt9';
const OTHER = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtDe0366Q8eMMsA5+Z4yI+8OAXPQWyML3GOgGXUtx3f';
const RSA = 'ssh-rsa AAAAB3NzaC1yc2E=';

const known = (change: Partial<KnownHost> = {}): KnownHost => ({
  name: '10.0.0.4',
  hostName: '10.0.0.4',
  keys: [],
  revoked: [],
  file: '/home/me/.ssh/known_hosts',
  isHashed: false,
  ...change,
});

test('keys are read from what ssh-keygen finds, plain and hashed', (t) => {
  const text = `# Host 10.0.0.4 found: line 1\n10.0.0.4 ${KEY}\n# Host 10.0.0.4 found: line 7\n|1|c2FsdA==|aGFzaA== ${RSA} a comment\n`;
  t.deepEqual(parseKnownHostLines(text), { keys: [KEY, RSA], revoked: [] });
});

test('a revoked key is none that is known, and an authority is no key of a host', (t) => {
  const text = `@revoked * ${OTHER}\n10.0.0.4 ${OTHER}\n@cert-authority *.lan ${RSA}\n10.0.0.4 ${KEY}\n`;
  t.deepEqual(parseKnownHostLines(text), { keys: [KEY], revoked: [OTHER] });
});

test('a fingerprint is what ssh shows', (t) => {
  t.is(fingerprint(KEY), 'ED25519 SHA256:tjfgtS9lq4QGtxjBlI6A/TWDOeMwrFiA6vdz5fPCOH0');
});

test('only what is missing is offered', (t) => {
  t.deepEqual(compareKeys('web1', known({ keys: [KEY] }), [KEY, RSA]), {
    machine: 'web1',
    known: known({ keys: [KEY] }),
    missing: [RSA],
    refusal: undefined,
  });
});

test('another key of the same kind is a contradiction', (t) => {
  t.is(
    compareKeys('web1', known({ keys: [KEY] }), [OTHER]).refusal,
    'web1: the file says ED25519 SHA256:Bpy2ZMQicpq06E/m1gqj85i05zyFnmUZ0bNjQ/5OK78, and known here is ED25519 SHA256:tjfgtS9lq4QGtxjBlI6A/TWDOeMwrFiA6vdz5fPCOH0',
  );
});

test('a revoked key is refused', (t) => {
  t.is(
    compareKeys('web1', known({ revoked: [KEY] }), [KEY]).refusal,
    'web1: the host key ED25519 SHA256:tjfgtS9lq4QGtxjBlI6A/TWDOeMwrFiA6vdz5fPCOH0 is revoked here',
  );
});
