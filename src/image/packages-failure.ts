import { CommandError, ConfigError, UsageError, type ToolkitError } from '../errors.ts';
import { buildFailureHint } from './build-checks.ts';

/** What a failed build of packages means to the person who wrote the requirements. */
interface Translation {
  readonly seen: RegExp;
  readonly problem: (match: RegExpExecArray, text: string) => string;
  readonly hint: string;
}

const TAKEN_JAR = /^packages: (the image has a jar .*)$/m;

/** pip's words, in the order in which they are looked for. Source: pip 25.1, kept in test/unit/image/packages-failure.test.ts. */
const TRANSLATIONS: readonly Translation[] = [
  {
    seen: /^packages: the notebook has (\S+), the requirements bring (\S+)$/m,
    problem: ([, has = '', brings = '']) =>
      `${brings} would take the place of the notebook's own ${has}, and the same packages go into both images`,
    hint: 'ask for the version that the notebook has, or deploy without a notebook',
  },
  {
    seen: /ResolutionImpossible|conflicting dependencies/,
    problem: (_, text) => `these packages and versions do not go together, says pip:${listConflict(text)}`,
    hint:
      'a "(constraint)" is what the image has already: take another version of your package, ' +
      'or change the pin in docker/config/python-packages.txt and run bin/build-image',
  },
  {
    seen: /No matching distribution found for ([^\n]+)/,
    problem: ([, asked = ''], text) => `pip found no ${asked.trim()} for the image's Python${listVersions(text)}`,
    hint: 'check spelling and version; a wheel of your own lies in docker/pkg',
  },
  {
    seen: /Invalid(?: requirement|Marker|Version|Specifier): ([^\n]+)/,
    problem: ([, words = '']) => `pip cannot read it: ${words.trim()}`,
    hint: 'one package per line, like humanize==4.*',
  },
  {
    seen: /(?:command|directory:) '[\w+-]*(?:gcc|cc|g\+\+|clang|cmake|cargo)[\w+-]*'(?: failed|$)|Unable to find gcc|[Uu]nknown compiler|can't find Rust compiler/m,
    problem: (_, text) =>
      `${/Failed building wheel for (\S+)/.exec(text)?.[1] ?? 'a package'} has no wheel for this Python, and the image has no compiler to build one`,
    hint: 'build a wheel of it elsewhere and lay it into docker/pkg, or ask for a version that has one',
  },
];

/** What our own scripts and docker add to pip's words. */
const NOISE =
  /^(?:pip-install: |\s+CERTIFICATE_VERIFY_FAILED: put |\s+no network: put |The command '\/bin\/sh|ERROR: failed to solve: )/;

/** Before this line, pip has been asked for other versions. */
const SECOND_TRY = /^install-packages: again/;

/** Network and disk are no fault of the file. */
const NOT_THE_FILE =
  /no space left on device|CERTIFICATE_VERIFY_FAILED|certificate verify failed|self[- ]signed certificate|Temporary failure|Could not resolve|Failed to establish a new connection|NewConnectionError|Read timed out/i;

/**
 * The error for a build that failed.
 *
 * @param source the requirements file; `undefined` when only jars were asked for
 * @param lastLines of the build's output, oldest first
 */
export function packagesFailure(
  source: string | undefined,
  lastLines: readonly string[],
  error: CommandError,
): ToolkitError {
  // BuildKit says the last lines again, with the seconds that had passed.
  const lines = lastLines.map((line) => line.replace(/^[0-9]+\.[0-9]{3} ?/, ''));
  const said = lines
    .slice(lines.findLastIndex((line) => SECOND_TRY.test(line)) + 1)
    .filter((line) => line !== '' && !NOISE.test(line));
  const text = said.join('\n');
  const taken = TAKEN_JAR.exec(text)?.[1];
  if (taken !== undefined) {
    return new UsageError(`--jar: ${taken}; another of that name would take its place`, {
      cause: error,
      hint: 'leave it out: Spark brings it',
    });
  }
  if (!NOT_THE_FILE.test(text)) {
    for (const { seen, problem, hint } of TRANSLATIONS) {
      const match = seen.exec(text);
      if (match) return new ConfigError(source ?? '--requirements', [problem(match, text)], { cause: error, hint });
    }
  }
  const { command, exitStatus } = error;
  return new CommandError(
    // The command's labels hold the whole file.
    { command: command.slice(0, 2), exitStatus, stdout: '', stderr: said.join('\n') },
    { cause: error, hint: NOT_THE_FILE.test(text) ? buildFailureHint(said) : '--verbose shows every line of it' },
  );
}

/** What pip lists as the causes, indented. */
function listConflict(text: string): string {
  const cause = /The conflict is caused by:\n([^]*?)(?:\nAdditional|\nTo fix|\nERROR|$)/.exec(text)?.[1] ?? '';
  const lines = cause.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .map((line) => `\n    ${line}`)
    .join('');
}

function listVersions(text: string): string {
  const versions = /\(from versions: ([^)]*)\)/.exec(text)?.[1];
  if (versions === undefined || versions === 'none') return '';
  return `; the newest are ${versions.split(', ').slice(-5).join(', ')}`;
}
