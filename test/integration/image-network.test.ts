import { readFile } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';

import { projectRoot } from '../helpers/cli.ts';
import { ImageContainers } from '../helpers/image-containers.ts';
import { waitFor } from '../helpers/wait-for.ts';

const BUNDLE = '/run/configs/ca-bundle.crt';
const BUNDLE_ENV = { SPARK_SWARM_CA_BUNDLE: BUNDLE };
/** An authority of the test's own and a server "outside" whose certificate it has signed; the image holds openssl. */
const AUTHORITY = `
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca-bundle.crt -days 30 -subj '/CN=test authority' \\
  -addext keyUsage=critical,keyCertSign,cRLSign
openssl req -newkey rsa:2048 -nodes -keyout tls.key -out tls.csr -subj /CN=outside
printf 'subjectAltName=DNS:outside\\nauthorityKeyIdentifier=keyid\\nsubjectKeyIdentifier=hash\\n' >extensions
openssl x509 -req -in tls.csr -CA ca-bundle.crt -CAkey ca.key -CAcreateserial -out tls.crt -days 30 -extfile extensions
chmod 644 *
echo 'no certificate' >empty.crt`;

let containers: ImageContainers;
let configs: string;
let secrets: string;

test.before(async (t) => {
  t.timeout(1_800_000);
  containers = await ImageContainers.start('network');
  const secret = 'printf 0123456789abcdef >spark-auth-secret; chmod 400 *; chown 4711 *';
  secrets = `${await containers.addVolume('secrets', secret)}:/run/secrets:ro`;
  configs = `${await containers.addVolume('configs', AUTHORITY)}:/run/configs:ro`;
});

test.after.always(async () => {
  await containers?.[Symbol.asyncDispose]();
});

/** The value that holds: the last one. */
async function readSetting(file: string, key: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await containers.run(['cat', `/run/spark/conf/${file}`], { env, volumes: [secrets] });
  const values = stdout
    .split('\n')
    .flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length).trim()] : []));
  return values.at(-1) ?? '';
}

const settings: readonly (readonly [title: string, conf: string, file: string, key: string, value: string])[] = [
  ['wins over SPARK_EXECUTOR_CORES', 'spark.executor.cores 3', 'spark-defaults.conf', 'spark.executor.cores', '3'],
  ['wins over the image', 'spark.decommission.enabled false', 'daemon.conf', 'spark.decommission.enabled', 'false'],
  ['wins over what the image has for daemons', 'spark.worker.timeout 90', 'daemon.conf', 'spark.worker.timeout', '90'],
  ['loses to the secret', 'spark.authenticate false', 'spark-defaults.conf', 'spark.authenticate', 'true'],
  ['loses to the secret for daemons', 'spark.authenticate false', 'daemon.conf', 'spark.authenticate', 'true'],
];

for (const [title, conf, file, key, value] of settings) {
  test.serial(`a setting of the cluster ${title}`, async (t) => {
    const env = { SPARK_EXECUTOR_CORES: '2', SPARK_SWARM_CONF: `spark.ui.retainedJobs 10\n${conf}` };
    t.is(await readSetting(file, key, env), value);
  });
}

test.serial('a bundle that cannot be used is named', async (t) => {
  for (const [file, message] of [
    ['/run/configs/nothing.crt', 'cannot be read by uid 4711: No such file or directory'],
    ['/run/configs/empty.crt', 'holds no certificate: it has to be PEM, with BEGIN CERTIFICATE lines'],
  ] as const) {
    const outcome = await containers.run(['true'], { env: { SPARK_SWARM_CA_BUNDLE: file }, volumes: [configs] });
    t.is(outcome.status, 78);
    t.is(outcome.stderr.trim(), `spark-swarm: SPARK_SWARM_CA_BUNDLE=${file} ${message}`);
  }
});

test.serial("Java's store holds the image's authorities and those of the bundle", async (t) => {
  const list = 'keytool -list -keystore /run/spark/truststore.jks -storepass changeit';
  const count = `grep -c BEGIN /etc/ssl/certs/ca-certificates.crt; ${list} | grep -c trustedCertEntry`;
  const { stdout, stderr } = await containers.run(['bash', '-c', count], { env: BUNDLE_ENV, volumes: [configs] });
  const [ofImage = NaN, inStore] = stdout.trim().split('\n').map(Number);
  t.is(inStore, ofImage + 1, stderr);
});

test.serial("NO_PROXY becomes Java's list, and what belongs to the cluster is always in it", async (t) => {
  const env = {
    HTTP_PROXY: 'http://user:password@proxy:3128',
    https_proxy: 'proxy.example:8080',
    NO_PROXY: '.corp.example,host.example:443,10.1.0.0/23,192.168.7.9,*.other.example',
  };
  const command = ['bash', '-c', 'echo "$SPARK_SWARM_JAVA_OPTIONS"; hostname; echo "$no_proxy"'];
  const { stdout } = await containers.run(command, { env });
  const [options = '', hostname = '', noProxy = ''] = stdout.split('\n');
  const proxies = '-Dhttp.proxyHost=proxy -Dhttp.proxyPort=3128 -Dhttps.proxyHost=proxy.example -Dhttps.proxyPort=8080';
  const asked = 'corp.example|*.corp.example|host.example|*.host.example|10.1.0.*|10.1.1.*|192.168.7.9';
  const cluster = `other.example|*.other.example|localhost|*.localhost|127.*|127.0.0.1|[::1]|master|*.master|${hostname}`;
  t.true(options.startsWith(`${proxies} -Dhttp.nonProxyHosts=${asked}|${cluster}|`), options);
  t.regex(options, /\|\d+\.\d+\.[\d.]*\*\|(?:.*\|)?worker-\*$/);
  t.false(options.includes('password'));
  t.true(noProxy.startsWith(`${env.NO_PROXY},localhost,`), noProxy);
});

test.serial('without bundle and proxy Java gets no options', async (t) => {
  const { stdout } = await containers.run(['bash', '-c', 'cat /run/spark/conf/spark-env.sh; ls /run/spark']);
  t.false(/export|truststore/.test(stdout), stdout);
});

test.serial('drivers and executors, Java and Python, trust the bundle and go through the proxy', async (t) => {
  const jobs = path.join(projectRoot, 'test/jobs');
  const server = await readFile(path.join(jobs, 'outside_server.py'), 'utf8');
  const driver = await readFile(path.join(jobs, 'outside.py'), 'utf8');
  const env = { ...BUNDLE_ENV, HTTP_PROXY: 'http://user:password@outside:3128', NO_PROXY: 'outside' };
  await containers.start('outside', ['python3', '-c', server], { volumes: [configs] });
  const options = { env, volumes: [configs] };
  await containers.start('master', ['master'], { ...options, flags: ['--add-host', 'master:0.0.0.0'] });
  await containers.start('worker-1', ['worker'], options);
  await waitFor('the worker', {
    read: async () => containers.logs('worker-1'),
    until: (log) => log.includes('Successfully registered with master'),
    limitMs: 180_000,
  });
  // As bin/submit does it: a folder, run-driver, list-drivers beside it; by an exec, which passes no entry script.
  const run =
    'mkdir /tmp/run-1 && cat >/tmp/run-1/app.py && exec /opt/spark-swarm/run-driver /tmp/run-1 -- spark-submit app.py';
  const output = await containers.exec('master', ['sh', '-c', run], { input: driver });
  t.deepEqual(JSON.parse(output), {
    'driver, Python': ['tls', 'proxy'],
    'driver, Java': ['tls', 'proxy'],
    'executor, Java': ['tls', 'proxy'],
    'executor, Python': ['tls', 'proxy'],
    drivers: ['driver -Xmx1g'],
  });
});

test.serial(
  'a master that starts again waits until the network knows its workers, and not for replaced containers',
  async (t) => {
    const records = ['0123456789ab', 'worker-late'].map((host) => `worker_worker-20260101000000-${host}-4711`);
    const volume = await containers.addVolume('recovery', `touch ${records.join(' ')}; chmod -R 777 .`);
    const options = { volumes: [`${volume}:/var/lib/spark/recovery`] };
    const says =
      'spark-swarm: the network does not know worker-late: the master waits up to 40 s for the workers it had\n';
    const start = async (name: string): Promise<void> => {
      await containers.start(name, ['master'], { ...options, env: { SPARK_MASTER_NAME: name } });
      await waitFor(`${name} to say that it waits`, {
        read: async () => containers.logs(name),
        until: (log) => log !== '',
      });
      t.is(await containers.logs(name), says);
    };
    await start('stopped');
    const { status, tookMs } = await containers.stop('stopped');
    t.is(status, 143);
    t.true(tookMs < 10_000, `${tookMs} ms`);

    await start('again');
    await containers.start('worker-late', ['sleep', '600']);
    await waitFor('the master to start', {
      read: async () => containers.logs('again'),
      until: (log) => log.includes('Starting Spark master at spark://again:7077'),
      // Without the name it would not even begin to start.
      limitMs: 35_000,
    });
  },
);
