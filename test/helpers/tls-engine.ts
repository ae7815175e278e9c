import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { must } from './must.ts';
import type { StandIn } from './stand-in.ts';

/** An authority, and the certificate of one client: `ca.pem`, `cert.pem`, `key.pem`, as docker names them. */
export async function makeCertificates(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = (name: string): string => path.join(folder, name);
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=authority',
    '-days',
    '2',
    '-keyout',
    file('ca-key.pem'),
    '-out',
    file('ca.pem'),
  );
  await sign(folder, { name: '', use: 'clientAuth', subject: 'client', address: undefined });
}

/** Lets the machine's engine listen at port 2376 to who has a certificate of this folder's authority. */
export async function listenWithTls(machine: StandIn, folder: string): Promise<void> {
  await sign(folder, { name: 'server-', use: 'serverAuth', subject: machine.name, address: machine.address });
  await machine.must('mkdir -p /etc/docker/tls /etc/systemd/system/docker.service.d');
  for (const name of ['ca.pem', 'server-cert.pem', 'server-key.pem']) {
    const text = await readFile(path.join(folder, name), 'utf8');
    await machine.must(`cat > /etc/docker/tls/${name} <<'END'\n${text}END`);
  }
  const flags = '--tlsverify --tlscacert ca.pem --tlscert server-cert.pem --tlskey server-key.pem';
  const program = `/usr/bin/dockerd -H unix:///var/run/docker.sock -H tcp://0.0.0.0:2376 ${flags.replaceAll(/(\S+\.pem)/g, '/etc/docker/tls/$1')}`;
  await machine.must(
    `printf '[Service]\\nExecStart=\\nExecStart=%s\\n' '${program}' > /etc/systemd/system/docker.service.d/tls.conf && systemctl daemon-reload && systemctl restart docker`,
  );
}

interface Certificate {
  /** Before `cert.pem` and `key.pem`. */
  readonly name: string;
  readonly use: 'clientAuth' | 'serverAuth';
  readonly subject: string;
  readonly address: string | undefined;
}

async function sign(folder: string, { name, use, subject, address }: Certificate): Promise<void> {
  const file = (end: string): string => path.join(folder, end);
  const extensions = `extendedKeyUsage=${use}\n${address === undefined ? '' : `subjectAltName=IP:${address}\n`}`;
  await writeFile(file('extensions'), extensions);
  const [key, request, cert] = [file(`${name}key.pem`), file(`${name}request.pem`), file(`${name}cert.pem`)];
  await openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${subject}`, '-keyout', key, '-out', request);
  await openssl(
    'x509',
    '-req',
    '-days',
    '2',
    '-CAcreateserial',
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca-key.pem'),
    '-in',
    request,
    '-out',
    cert,
    '-extfile',
    file('extensions'),
  );
}

async function openssl(...args: readonly string[]): Promise<void> {
  await must('openssl', args);
}
