import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { projectRoot } from '../../helpers/cli.ts';
import type { TestCluster } from '../../helpers/cluster.ts';
import { compileWordLengths } from '../../helpers/compile-jar.ts';
import { theEngine } from '../../helpers/lab-tests.ts';
import { PATIENT } from './patience.ts';

/** The authority of the proxy, and a certificate of its for repo.invalid; the image holds openssl. */
const CERTIFICATES = `
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj '/CN=authority of a proxy' \\
  -addext keyUsage=critical,keyCertSign,cRLSign
openssl req -newkey rsa:2048 -nodes -keyout tls.key -out tls.csr -subj /CN=repo.invalid
printf 'subjectAltName=DNS:repo.invalid\\n' >extensions
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out tls.crt -days 30 -extfile extensions
chmod 644 tls.key`;

const SETTINGS = `<ivysettings>
  <settings defaultResolver="mirror"/>
  <resolvers>
    <ibiblio name="mirror" m2compatible="true" root="https://repo.invalid/maven/"/>
  </resolvers>
</ivysettings>
`;

const POM = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>test.example</groupId><artifactId>word-lengths</artifactId><version>1.0</version>
</project>
`;

const COORDINATES = ['--packages', 'test.example:word-lengths:1.0'];
const APPLICATION = 'test/jobs/word_sizes.py';

/** A repository that only a proxy knows, which opens TLS with certificates of its own: nothing of it is in the image. */
export function proxyTests(): void {
  test.serial(
    "--packages finds a mirror behind a proxy by this machine's bundle, proxy and ivy settings",
    async (t) => {
      const folder = await makeRepository();
      const cluster = theEngine().cluster('proxied');
      const network = { HTTPS_PROXY: 'http://proxy:3128', SSL_CERT_FILE: path.join(folder, 'ca.crt') };
      const made = await cluster.make(cluster.deployArgs('--workers', '1'), { env: network });
      t.is(made.status, 0, made.stderr);
      t.teardown(async () => void (await cluster.remove('--volumes')));
      const proxy = await startProxy(cluster, folder);
      try {
        await findByProxy(t, cluster, folder);
        const requests = await theEngine().docker('logs', proxy);
        t.regex(requests, /^GET \/maven\/test\/example\/word-lengths\/1\.0\/word-lengths-1\.0\.jar 200$/m);
        await nameWhatIsMissing(t, cluster, { folder, proxy });
      } finally {
        await theEngine().docker('rm', '--force', proxy);
      }
    },
  );
}

async function makeRepository(): Promise<string> {
  const folder = theEngine().folder('proxy');
  const place = path.join(folder, 'repo', 'maven', 'test', 'example', 'word-lengths', '1.0');
  await mkdir(place, { recursive: true });
  await compileWordLengths(theEngine().name, theEngine().image, path.join(place, 'word-lengths-1.0.jar'));
  await writeFile(path.join(place, 'word-lengths-1.0.pom'), POM);
  await writeFile(path.join(folder, 'ivysettings.xml'), SETTINGS);
  await chmod(folder, 0o755);
  const here = ['--user', '0', '--volume', `${folder}:/here`, '--workdir', '/here', '--entrypoint', 'sh'];
  await theEngine().docker('run', '--rm', ...here, theEngine().image, '-ec', CERTIFICATES);
  return folder;
}

async function startProxy(cluster: TestCluster, folder: string): Promise<string> {
  const name = `proxy-${theEngine().name}`;
  const place = ['--network', `${cluster.name}-spark`, '--network-alias', 'proxy', ...theEngine().label];
  const program = path.join(projectRoot, 'test', 'jobs', 'intercepting_proxy.py');
  const files = ['--volume', `${folder}:/proxy:ro`, '--volume', `${program}:/proxy.py:ro`, '--entrypoint', 'python3'];
  await theEngine().docker(
    'run',
    '--detach',
    '--name',
    name,
    ...place,
    ...files,
    theEngine().image,
    '/proxy.py',
    '/proxy',
  );
  return name;
}

async function findByProxy(t: ExecutionContext, cluster: TestCluster, folder: string): Promise<void> {
  const env = { SPARK_SWARM_IVY_SETTINGS: path.join(folder, 'ivysettings.xml') };
  const { status, stdout, stderr } = await cluster.submit([...COORDINATES, APPLICATION], { env, ...PATIENT });
  t.is(status, 0, stderr);
  // The first line is ivy's: it reads a file of settings before Spark sends its output to standard error.
  const read = ':: loading settings :: file = ivysettings.xml\n';
  t.is(stdout, `${read}coffee middling, lemonade long, tea short\n`);
  t.regex(stderr, /found test\.example#word-lengths;1\.0 in mirror/);
}

/** Each of the two is needed: the same line without it fails, and the output says why. */
async function nameWhatIsMissing(
  t: ExecutionContext,
  cluster: TestCluster,
  { folder, proxy }: { readonly folder: string; readonly proxy: string },
): Promise<void> {
  // Of its own, or what was found before would be taken from it.
  const fresh = ['--conf', 'spark.jars.ivy=/tmp/ivy', ...COORDINATES];
  const settings = `spark.jars.ivySettings=${path.join(folder, 'ivysettings.xml')}`;
  const distrustful = '-Dhttps.proxyHost=proxy -Dhttps.proxyPort=3128';
  const without = ['--conf', settings, '--conf', `spark.driver.defaultJavaOptions=${distrustful}`];
  const unknown = await cluster.submit([...fresh, ...without, APPLICATION], PATIENT);
  t.is(unknown.status, 1, unknown.stderr);
  t.regex(unknown.stderr, /unresolved dependency: test\.example#word-lengths;1\.0: not found/);
  t.regex(await theEngine().docker('logs', proxy), /^not trusted /m);

  const central = await cluster.submit([...fresh, APPLICATION], { env: { SPARK_SWARM_IVY_SETTINGS: '' }, ...PATIENT });
  t.is(central.status, 1, central.stderr);
  t.regex(central.stderr, /unresolved dependency: test\.example#word-lengths;1\.0: not found/);
}
