import test from 'ava';

import { formatEndpoints, listEndpoints } from '../../../src/cluster/endpoints.ts';
import { cluster, container, pending } from '../../helpers/builders.ts';

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
