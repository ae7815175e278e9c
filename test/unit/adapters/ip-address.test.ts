import test from 'ava';

import { isIpAddress, isOwnAddress } from '../../../src/adapters/http/ip-address.ts';

test('an address of this machine is told from one of another', (t) => {
  for (const own of ['127.0.0.1', '0.0.0.0', '::']) t.true(isOwnAddress(own), own);
  // Of a block for documentation, RFC 5737: no machine has it.
  t.false(isOwnAddress('192.0.2.1'));
});

test('a name is no address', (t) => {
  t.true(isIpAddress('::1'));
  t.false(isIpAddress('localhost'));
});
