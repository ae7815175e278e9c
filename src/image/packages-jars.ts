import { ConfigError } from '../errors.ts';

/** A jar that is on this machine and is an archive. */
export interface JarFile {
  readonly path: string;
  /** Its name in `/opt/spark/jars`. */
  readonly name: string;
  readonly sha256: string;
}

/** What stands at a path. `firstBytes`: of the file, 4 at most, in hexadecimal digits. */
export type FoundFile =
  | { readonly path: string; readonly kind: 'missing' | 'folder' | 'unreadable' }
  | { readonly path: string; readonly kind: 'file'; readonly firstBytes: string; readonly sha256: string };

/** How a zip begins; the second is one without entries. Source: APPNOTE.TXT 4.3. */
const ZIP_BEGINNINGS = new Set(['504b0304', '504b0506']);

const PROBLEMS = {
  missing: 'there is no such file',
  folder: 'it is a folder; give each jar of it with a --jar of its own',
  unreadable: 'it cannot be read',
} as const;

/**
 * The jars in the order of their names.
 *
 * @throws ConfigError with what is wrong with each
 */
export function checkJars(found: readonly FoundFile[]): readonly JarFile[] {
  const jars: JarFile[] = [];
  const problems: string[] = [];
  for (const file of found) {
    const name = /[^/\\]*$/.exec(file.path)?.[0] ?? '';
    const twin = jars.find((jar) => jar.name === name);
    const problem = file.kind === 'file' ? contentProblem(name, file.firstBytes) : `${PROBLEMS[file.kind]}`;
    if (problem !== undefined || file.kind !== 'file') problems.push(`${file.path}: ${problem}`);
    else if (twin && twin.sha256 !== file.sha256) {
      problems.push(`${file.path}: another jar has the name ${name} too, ${twin.path}; rename one of them`);
    } else if (!twin) jars.push({ path: file.path, name, sha256: file.sha256 });
  }
  if (problems.length > 0) throw new ConfigError('--jar', problems);
  return jars.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function contentProblem(name: string, firstBytes: string): string | undefined {
  // The class path is /opt/spark/jars/*, which to Java means files that end in .jar.
  if (!name.endsWith('.jar')) return 'its name does not end in .jar, and Spark would not find it';
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) {
    return 'its name holds other characters than letters, digits, ".", "_", "+" and "-"; rename it';
  }
  if (!ZIP_BEGINNINGS.has(firstBytes)) return 'it is no jar: it does not begin as a zip archive does';
  return undefined;
}
