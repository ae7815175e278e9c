import test from 'ava';

import { InvalidStateError } from '../../../../src/errors.ts';
import { parseInspect } from '../../../../src/machines/docker-machine/parse-inspect.ts';

/** Of docker-machine 0.16.2, shortened. */
const MACHINE = {
  ConfigVersion: 3,
  Driver: { IPAddress: '192.168.197.11', MachineName: 'myvm1', SSHUser: 'ops', SSHPort: 22, EnginePort: 2376 },
  DriverName: 'generic',
  HostOptions: {
    EngineOptions: { Labels: ['rack=3', 'io.spark-swarm.machine=demo'], TlsVerify: true },
    AuthOptions: {
      CaCertPath: '/store/certs/ca.pem',
      ClientCertPath: '/store/certs/cert.pem',
      ClientKeyPath: '/store/certs/key.pem',
    },
  },
  Name: 'myvm1',
};

const inspect = (changes: Partial<Record<keyof typeof MACHINE, unknown>> = {}): ReturnType<typeof parseInspect> =>
  parseInspect('myvm1', JSON.stringify({ ...MACHINE, ...changes }));

test('a machine is read with its engine, its certificate and the swarm it was made for', (t) => {
  t.deepEqual(inspect(), {
    name: 'myvm1',
    driver: 'generic',
    engineHost: 'tcp://192.168.197.11:2376',
    tls: { ca: '/store/certs/ca.pem', cert: '/store/certs/cert.pem', key: '/store/certs/key.pem' },
    sshUser: 'ops',
    madeFor: 'demo',
  });
});

test('what a driver leaves out has the value that docker-machine takes', (t) => {
  t.is(inspect({ Driver: { IPAddress: 'fe80::1' } }).engineHost, 'tcp://[fe80::1]:2376');
  t.is(inspect({ Driver: { IPAddress: '10.0.0.4', EnginePort: 2400 } }).engineHost, 'tcp://10.0.0.4:2400');
  t.is(
    inspect({ Driver: { URL: 'tcp://10.0.0.4:2376', IPAddress: '10.0.0.4:2376' } }).engineHost,
    'tcp://10.0.0.4:2376',
  );
  t.is(inspect({ Driver: { IPAddress: '' } }).engineHost, undefined);
  t.is(inspect({ Driver: null }).sshUser, 'root');
  t.is(inspect({ HostOptions: null }).tls, undefined);
  t.is(inspect({ HostOptions: { EngineOptions: { Labels: null } } }).madeFor, undefined);
});

test('half a file is no machine', (t) => {
  for (const text of ['', '{"Name": "my', 'null', '[]', '{}']) {
    const error = t.throws(() => parseInspect('myvm1', text), { instanceOf: InvalidStateError });
    t.is(error.message, 'Cannot read what docker-machine has of the machine myvm1: it is no JSON of a machine');
    t.is(error.hint, 'docker-machine inspect myvm1');
  }
});
