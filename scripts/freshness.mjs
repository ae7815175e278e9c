// Whether node_modules and dist are those of the files as they are now. Plain Node, because it runs before `npm ci`.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Holds the hash of the sources that dist was built from. */
export const STAMP = path.join(projectRoot, 'dist', '.built-from');

const SOURCES = ['src', 'test', 'bench', 'scripts/build.mjs', 'tsconfig.json', 'package.json', 'package-lock.json'];

/** sha256 over names and contents of all that the build reads. Contents, because git sets every time to now. */
export function sourceHash() {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((source) => listFiles(path.join(projectRoot, source)))) {
    const content = readFileSync(file);
    hash.update(`${path.relative(projectRoot, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function listFiles(file) {
  if (statSync(file).isFile()) return [file];
  return readdirSync(file, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
}

export function isBuilt() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sourceHash();
}

/** Whether every package of package-lock.json is there in its version; npm keeps a list of what it has installed. */
export function isInstalled() {
  const installedList = path.join(projectRoot, 'node_modules', '.package-lock.json');
  if (!existsSync(installedList)) return false;
  const wanted = readPackages(path.join(projectRoot, 'package-lock.json'));
  const installed = readPackages(installedList);
  return Object.entries(wanted).every(
    ([name, entry]) => name === '' || entry.optional || installed[name]?.version === entry.version,
  );
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
