import { parseImageReference } from '../image/image-state.ts';
import { UsageError } from '../errors.ts';
import type { CommandEntry } from './command-table.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What an older script understood besides its verbs. */
interface LegacyScript {
  /** The word after the verb named the machine that runs the swarm's manager; today that is a docker context. */
  readonly takesManager?: true;
  /** Default of `--platform`. */
  readonly platform?: string;
  /** The verb that was told its size and its image by the variables `N` and `version` (design D11). */
  readonly readsSizeIn?: string;
}

const SCRIPTS: Readonly<Record<string, LegacyScript>> = {
  'spark-cluster-service': { takesManager: true },
  'spark-container-service': { platform: 'containers', readsSizeIn: 'start' },
};

/** A line of an older script, in today's words. */
export interface Translation {
  readonly argv: readonly string[];
  /** What is to be added to the environment of the command, where it comes before the project file and after flags. */
  readonly env: Readonly<Record<string, string>>;
  /** What old words were taken to mean. */
  readonly said: readonly string[];
}

/**
 * @param argv the verb, and what was typed after it
 * @throws UsageError if an old variable holds nothing that makes sense
 */
export function translateLegacy(script: string, argv: readonly string[], env: Environment): Translation {
  const { takesManager, platform, readsSizeIn } = SCRIPTS[script] ?? {};
  const [verb = '', ...words] = argv;
  const manager = takesManager && words[0] !== undefined && isWord(words[0]) ? words.shift() : undefined;
  const places = [
    ...(manager === undefined ? [] : [managerAsContext(manager)]),
    ...(platform === undefined || env['SPARK_SWARM_PLATFORM'] ? [] : [variable('SPARK_SWARM_PLATFORM', platform)]),
    ...(verb === readsSizeIn && !asksHelp(words) ? [...readWorkers(words, env), ...readVersion(words, env)] : []),
  ];
  return {
    argv: [verb, ...places.flatMap(({ flags = [] }) => flags), ...words],
    env: Object.assign({}, ...places.map((place) => place.env)) as Record<string, string>,
    said: places.flatMap(({ said = [] }) => said),
  };
}

interface Meaning {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly said?: readonly string[];
}

function managerAsContext(manager: string): Meaning {
  return {
    flags: ['--context', manager],
    said: [`${JSON.stringify(manager)} is taken as the docker context of the manager; say --context ${manager}`],
  };
}

/** Most: what --workers takes, and the master. */
const MAX_N = 1001;

/** `N` counted the master too. */
function readWorkers(words: readonly string[], env: Environment): readonly Meaning[] {
  const text = env['N'];
  if (!text || isTyped(words, '--workers') || env['SPARK_SWARM_WORKERS']) return [];
  const count = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : undefined;
  if (count === undefined || count < 2 || count > MAX_N) {
    throw new UsageError(
      `N: got ${JSON.stringify(text)}; expected a whole number from 2 to ${MAX_N}, the master and its workers`,
      { hint: 'say --workers 2, which counts workers alone; then N is not read' },
    );
  }
  const workers = count - 1;
  const meaning = `1 master and ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  return [variable('SPARK_SWARM_WORKERS', String(workers), `N=${text} means ${meaning}; say --workers ${workers}`)];
}

/** `version` was a tag of the one image there was. */
function readVersion(words: readonly string[], env: Environment): readonly Meaning[] {
  const text = env['version'];
  if (!text || isTyped(words, '--image') || env['SPARK_SWARM_IMAGE']) return [];
  const image = parseVersion(text);
  return [variable('SPARK_SWARM_IMAGE', image, `version=${text} means the image ${image}; say --image ${image}`)];
}

function parseVersion(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text)) return parseImageReference(`spark-swarm:${text}`, 'version');
  throw new UsageError(`version: got ${JSON.stringify(text)}; expected the tag of an image, like latest`, {
    hint: 'say --image NAME:TAG; then version is not read',
  });
}

function variable(name: string, value: string, said?: string): Meaning {
  return { env: { [name]: value }, said: said === undefined ? [] : [said] };
}

function isTyped(words: readonly string[], flag: string): boolean {
  return words.some((word) => word === flag || word.startsWith(`${flag}=`));
}

function isWord(text: string): boolean {
  return text !== '' && !text.startsWith('-');
}

function asksHelp(words: readonly string[]): boolean {
  return words.includes('--help') || words.includes('-h');
}

/** What `usage` prints: the old words, and what they are today. */
export function formatLegacyUsage(script: string, verbs: readonly string[], commands: readonly CommandEntry[]): string {
  const { takesManager, readsSizeIn } = SCRIPTS[script] ?? {};
  const rows = [
    ...verbs.map((verb): readonly [string, string] => [
      `${script} ${verb}${takesManager ? ' [manager]' : ''} [flags]`,
      commands.find(({ words }) => words.join(' ') === verb)?.summary ?? '',
    ]),
    [`${script} usage`, 'show this'] as const,
  ];
  const width = Math.max(...rows.map(([line]) => line.length)) + 2;
  return [
    'Usage:',
    ...rows.map(([line, effect]) => `  ${line.padEnd(width)}${effect}`),
    '',
    `Each verb is the command of spark-swarm with that name: spark-swarm ${verbs[0]}. Its flags, and what it ends with:`,
    `  ${script} ${verbs[0]} --help`,
    ...(takesManager ? ['', '[manager] is a docker context: spark-swarm deploy --context NAME'] : []),
    ...(readsSizeIn === undefined
      ? []
      : [
          '',
          `Variables of the older script that ${readsSizeIn} still reads; flags win:`,
          '  N=3         1 master and 2 workers     --workers 2',
          '  version=x   the image spark-swarm:x    --image spark-swarm:x',
        ]),
    '',
  ].join('\n');
}
