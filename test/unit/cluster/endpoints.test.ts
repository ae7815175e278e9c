import test from 'ava';

import { formatEndpoints, listEndpoints } from '../../../src/cluster/endpoints.ts';
import { rememberSpec } from '../../../src/cluster/spec.ts';
import { cluster, container, pending, spec } from '../../helpers/builders.ts';

const withMaster = (changes: Parameters<typeof container>[1]): ReturnType<typeof cluster> =>
  cluster({ containers: [container('master', changes)] });

test('the block has whole labels, one address a line, always in this order', (t) => {
  const endpoints = listEndpoints(
    withMaster({ address: '192.168.77.11', publishedPorts: { 8080: 31_000, 7077: 7077 } }),
  );
  t.is(
    formatEndpoints(endpoints),
    'spark master     spark://192.168.77.11:7077\n' +
      'master web UI    http://192.168.77.11:31000\n' +
      'data (cluster)   /data\n',
  );
});

test('each address says where it is tried, and a path inside is not tried', (t) => {
  const probes = listEndpoints(cluster()).map(({ probe }) => probe);
  t.deepEqual(probes, [{ host: '127.0.0.1', port: 7077 }, { host: '127.0.0.1', port: 8080 }, undefined]);
});

test('a notebook and a folder of this machine have lines of their own, and the token is hidden', (t) => {
  const data = { path: '/srv/spark-data', here: '/srv/lab/data', user: '1000:1000' };
  const endpoints = listEndpoints(
    cluster({
      containers: [container('master'), container('notebook', { address: 'fd00::1' })],
      remembered: rememberSpec(spec({ data })),
    }),
  );
  t.is(
    formatEndpoints(endpoints),
    'spark master     spark://127.0.0.1:7077\n' +
      'master web UI    http://127.0.0.1:8080\n' +
      'jupyter          http://[fd00::1]:8888/lab?token=***\n' +
      'data (here)      /srv/lab/data\n' +
      'data (cluster)   /data\n',
  );
  t.deepEqual(
    endpoints.map(({ probe }) => probe?.port),
    [7077, 8080, 8888, undefined, undefined],
  );
});

test('a notebook that does not run, or is not published, has no address', (t) => {
  for (const changes of [{ isRunning: false }, { publishedPorts: {} }, { address: undefined }]) {
    const containers = [container('master'), container('notebook', changes)];
    t.false(listEndpoints(cluster({ containers })).some(({ name }) => name === 'jupyter'));
  }
});

test('an IPv6 address is in brackets, and is tried without', (t) => {
  const endpoints = listEndpoints(withMaster({ address: 'fd00::1' }));
  t.deepEqual(
    endpoints.map(({ address }) => address),
    ['spark://[fd00::1]:7077', 'http://[fd00::1]:8080', '/data'],
  );
  t.is(endpoints[0]?.probe?.host, 'fd00::1');
});

test('a port that is not published has no address', (t) => {
  t.deepEqual(
    listEndpoints(withMaster({ publishedPorts: { 8080: 8080 } })).map(({ name }) => name),
    ['master web UI', 'data (cluster)'],
  );
});

test('a master that does not run, or is not there, has no address', (t) => {
  for (const containers of [[pending('master')], []]) {
    t.deepEqual(
      listEndpoints(cluster({ containers })).map(({ address }) => address),
      ['/data'],
    );
  }
});

test('nothing to print is an empty block', (t) => t.is(formatEndpoints([]), ''));
