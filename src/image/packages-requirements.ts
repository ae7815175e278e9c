import path from 'node:path';

import { ConfigError } from '../errors.ts';

/** What pip is asked for, comments and blank lines gone, included files in the place of their `-r` and `-c`. */
export interface Requirements {
  /** The file, as it was named; `undefined` when none was. */
  readonly source: string | undefined;
  readonly lines: readonly string[];
  /** Lines of the files given with `-c`. */
  readonly constraints: readonly string[];
}

export const NO_REQUIREMENTS: Requirements = { source: undefined, lines: [], constraints: [] };

/** One line that says something. */
interface RequirementLine {
  readonly text: string;
  /** Where it begins, from 1. */
  readonly number: number;
}

/** Characters of all files together: the text becomes a label, and one argument of a command. */
const MAX_CHARACTERS = 64_000;

/** Options that pip takes in a file and that mean the same inside the build. Source: pip `req/req_file.py`. */
const OPTIONS =
  /^(?:-i|--index-url|--extra-index-url|--no-index|-f|--find-links|--no-binary|--only-binary|--prefer-binary|--require-hashes|--pre|--trusted-host|--use-feature)(?:[\s=]|$)/;

/** Addresses of a package index: often with a password, and nobody else's business. */
const ADDRESS_OPTIONS = /^(?:-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host)(?:[\s=]|$)/;

const PLACE_OPTIONS = /^(?:-t|--target|--prefix|--root|--user|--src|--python|--break-system-packages)(?:[\s=]|$)/;

/** Source: PEP 508; what may follow a name is left to pip. */
const NAMED = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?:$|[;@<>=!~(]|--)/;

/**
 * Reads the file, and those it includes, each once.
 *
 * @param readText throws what a missing file shall be
 * @throws ConfigError with every problem of all files; whatever `readText` throws
 */
export async function readRequirements(
  file: string,
  readText: (file: string) => Promise<string>,
): Promise<Requirements> {
  const lines: string[] = [];
  const constraints: string[] = [];
  const problems: string[] = [];
  const seen = new Set<string>();
  const read = async (current: string, into: string[]): Promise<void> => {
    if (seen.has(current)) return;
    seen.add(current);
    const place = current === file ? '' : `${path.relative(path.dirname(file), current)} `;
    for (const { text, number } of listRequirementLines(await readText(current))) {
      const included = /^(-r|--requirement|-c|--constraint)(?:\s+|=|(?<=^-[rc]))(\S.*)$/.exec(text);
      const problem = included ? includeProblem(included[2] ?? '') : lineProblem(text);
      if (problem !== undefined) {
        problems.push(`${place}line ${number}: ${problem}`);
      } else if (included) {
        const isConstraint = included[1] === '-c' || included[1] === '--constraint';
        await read(path.resolve(path.dirname(current), included[2] ?? ''), isConstraint ? constraints : into);
      } else {
        into.push(text);
      }
    }
  };
  await read(file, lines);
  const characters = [...lines, ...constraints].reduce((sum, line) => sum + line.length + 1, 0);
  if (characters > MAX_CHARACTERS) problems.push(`${characters} characters of requirements; at most ${MAX_CHARACTERS}`);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return { source: file, lines, constraints };
}

/** The lines as pip joins and strips them. Source: pip `req/req_file.py`, join_lines and ignore_comments. */
export function listRequirementLines(text: string): readonly RequirementLine[] {
  const joined: { text: string; number: number }[] = [];
  let open: { text: string; number: number } | undefined;
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const isComment = /^\s*#/.test(line);
    const current = open ?? { text: '', number: index + 1 };
    const continues = line.endsWith('\\') && !isComment;
    current.text += continues ? line.slice(0, -1) : isComment ? ` ${line}` : line;
    open = continues ? current : undefined;
    if (!continues) joined.push(current);
  }
  return [...joined, ...(open ? [open] : [])]
    .map((line) => ({
      ...line,
      text: line.text
        .replace(/(?:^|\s+)#.*$/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    }))
    .filter((line) => line.text !== '');
}

/** Names of the packages that are asked for, as PyPI compares them: `typing_extensions` is `typing-extensions`. */
export function listPackageNames({ lines }: Requirements): readonly string[] {
  const names = lines.flatMap((line) => (line.startsWith('-') ? [] : (NAMED.exec(line)?.[1] ?? [])));
  return [...new Set(names.map(normalizePackageName))];
}

export function normalizePackageName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/** The lines that may be shown and kept in a label: without addresses of indexes, and without passwords. */
export function showableLines(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !ADDRESS_OPTIONS.test(line)).map(withoutPasswords);
}

/** `https://user:password@host` becomes `https://host`. */
export function withoutPasswords(text: string): string {
  return text.replace(/(:\/\/)[^/@\s]+@/g, '$1');
}

const WHEEL_ADVICE = 'lay a wheel of it into docker/pkg (pip wheel makes one) and write its name here';

function lineProblem(text: string): string | undefined {
  // Before anything is shown: the rest of the line may be a password.
  const variable = /\$\{([A-Z0-9_]+)\}/.exec(text)?.[1];
  if (variable !== undefined) {
    return `\${${variable}} would be empty: the build sees none of this shell's variables but PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, PIP_TRUSTED_HOST and the proxies`;
  }
  const shown = JSON.stringify(withoutPasswords(text));
  if (/^(?:-e|--editable)(?:[\s=]|$)/.test(text)) {
    return `${shown} is an editable install, whose folder no container has; ${WHEEL_ADVICE}`;
  }
  if (PLACE_OPTIONS.test(text)) return `${shown}: packages go to /opt/python of the image and nowhere else`;
  if (ADDRESS_OPTIONS.test(text) && /^(?:-f|--find-links)(?![\s=]*https?:)/.test(text)) {
    return `${shown} is a folder of this machine; local packages lie in docker/pkg`;
  }
  if (OPTIONS.test(text)) return undefined;
  if (text.startsWith('-')) return `${shown} is no option that can stand in such a file here`;
  if (/^(?:.*@\s*)?(?:git|hg|svn|bzr)\+/.test(text)) {
    return `${shown} is built from a repository, and the image has no git; ${WHEEL_ADVICE}`;
  }
  if (isLocalPath(text)) return `${shown} is a path of this machine; ${WHEEL_ADVICE}`;
  if (/^https?:\/\//.test(text) || NAMED.test(text)) return undefined;
  return `${shown} is no requirement; expected a package, like humanize or humanize==4.*`;
}

function isLocalPath(text: string): boolean {
  if (/^(?:[.~/\\]|[A-Za-z]:[\\/])|^(?:.*@\s*)?file:/.test(text)) return true;
  const [first = ''] = text.split(/[\s;@[]/);
  return !text.includes('://') && (first.includes('/') || /\.(?:whl|zip|tgz|tar\.\w+)$/.test(first));
}

function includeProblem(file: string): string | undefined {
  if (!/^[a-z]+:\/\//.test(file)) return undefined;
  return `${JSON.stringify(withoutPasswords(file))} is an address; only files of this machine are included`;
}
