import { open, readdir, readFile, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';

import type { TarSource } from 'modern-tar/fs';

/** The folder that an image is built from, read before anything is built. */
export interface BuildFolder {
  readonly path: string;
  readonly dockerfile: string | undefined;
  /** Files below {@link CONTEXT_FOLDERS}, relative, with `/`. */
  readonly files: readonly ContextFile[];
}

export interface ContextFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** What of the folder is sent; its `.dockerignore` says the same to a plain `docker build`. */
const CONTEXT_FOLDERS = ['config', 'pkg'] as const;

/** Place of the machine's certificates in the context: beside those a user lays into `docker/pkg` (design D17). */
const CA_PATH = 'pkg/host-ca.crt';

export async function readBuildFolder(folder: string): Promise<BuildFolder> {
  const dockerfile = await readOrUndefined(path.join(folder, 'Dockerfile'));
  const found = await Promise.all(CONTEXT_FOLDERS.map(async (name) => listFiles(folder, name)));
  return { path: folder, dockerfile, files: found.flat() };
}

/**
 * The build context as a tar archive: the Dockerfile, `config/`, `pkg/`, and the machine's certificates, which so are
 * never written to the user's folder.
 *
 * Owner and modes do not depend on the checkout (a umask of 077 would be another image, without docker's cache).
 */
export async function openBuildContext(folder: BuildFolder, caBundle: string | undefined): Promise<Readable> {
  const { packTar } = await import('modern-tar/fs');
  const files = ['Dockerfile', ...folder.files.map((file) => file.path)].filter(
    (file) => file !== CA_PATH || caBundle === undefined,
  );
  const modes = await Promise.all(files.map(async (file) => isExecutable(path.join(folder.path, file))));
  const sources: TarSource[] = files.map((file, index) => ({
    type: 'file',
    source: path.join(folder.path, file),
    target: file,
    mode: modes[index] ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
  }));
  if (caBundle !== undefined) {
    sources.push({ type: 'content', content: await readFile(caBundle), target: CA_PATH, mode: 0o644, uid: 0, gid: 0 });
  }
  return packTar(sources);
}

/** Variables by which programs are told which certificates to trust, the most general first. */
const CA_VARIABLES = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'] as const;

/** The certificates that this machine was told to trust: its network may open TLS, and pip inside a build then fails. */
export async function findCaBundle(
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly variable: string; readonly file: string } | undefined> {
  for (const variable of CA_VARIABLES) {
    const file = env[variable];
    if (file && (await isReadableFile(file))) return { variable, file };
  }
  return undefined;
}

/** Bytes that an unprivileged program may still write where `folder` is; `undefined` if it is not on this machine. */
export async function readFreeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

async function listFiles(folder: string, name: string): Promise<ContextFile[]> {
  const entries = await readdir(path.join(folder, name), { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
  const listed = await Promise.all(
    files.map(async (entry) => {
      const file = path.join(entry.parentPath ?? entry.path, entry.name);
      const { size } = await stat(file);
      return { path: path.relative(folder, file).split(path.sep).join('/'), sizeBytes: size };
    }),
  );
  return listed.sort((left, right) => (left.path < right.path ? -1 : 1));
}

async function isExecutable(file: string): Promise<boolean> {
  return ((await stat(file)).mode & 0o100) !== 0;
}

async function isReadableFile(file: string): Promise<boolean> {
  try {
    const handle = await open(file);
    const isFile = (await handle.stat()).isFile();
    await handle.close();
    return isFile;
  } catch {
    return false;
  }
}

async function readOrUndefined(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
