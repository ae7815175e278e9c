import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { readMachine } from '../../../src/adapters/files/machine-settings.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-machine-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const bundle = path.join(folder, 'ca.crt');
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
writeFileSync(bundle, PEM);

test('a machine that reaches the world by itself has nothing to say', async (t) => {
  t.deepEqual(await readMachine({ NO_PROXY: 'a' }), {
    settings: { proxies: {}, hasCaBundle: false },
    caBundle: undefined,
  });
});

test('proxies are known in both spellings, and the cluster itself is reached without them', async (t) => {
  const { settings } = await readMachine({ https_proxy: 'http://127.0.0.1:3128', NO_PROXY: ' .corp, localhost,' });
  const around = '.corp,localhost,127.0.0.1,master';
  t.deepEqual(settings.proxies, {
    HTTPS_PROXY: 'http://127.0.0.1:3128',
    https_proxy: 'http://127.0.0.1:3128',
    NO_PROXY: around,
    no_proxy: around,
  });
});

test('of two spellings the capital one counts, and an empty one is none', async (t) => {
  const env = { HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:2', ALL_PROXY: '', FTP_PROXY: '' };
  const { proxies } = (await readMachine(env)).settings;
  t.deepEqual(Object.keys(proxies), ['HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy']);
  t.is(proxies['http_proxy'], 'http://127.0.0.1:1');
});

for (const name of ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS']) {
  test(`certificates that ${name} names are the machine's own`, async (t) => {
    t.deepEqual(await readMachine({ [name]: bundle }), {
      settings: { proxies: {}, hasCaBundle: true },
      caBundle: { text: PEM },
    });
  });
}
