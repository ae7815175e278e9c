import type { ClusterOptions } from './options.ts';

const FLAGS = ['--context', '--platform'] as const;

/**
 * A hint whose commands ask the same engine as the command that failed: what was typed to choose it is typed again.
 *
 * @param argv without `node` and the script
 */
export function withTarget(hint: string, argv: readonly string[]): string {
  const typed = FLAGS.filter((flag) => !hint.includes(flag)).flatMap((flag) => {
    const value = findValue(flag, argv);
    return value === undefined ? [] : [`${flag} ${value}`];
  });
  if (typed.length === 0) return hint;
  return hint.replaceAll(/spark-swarm [a-z-]+[^;,"()]*?--name [^\s;,]+/g, (command) => `${command} ${typed.join(' ')}`);
}

/** The same for what is said of something that went well: the flags that were typed, each after a blank. */
export function formatTarget({ context, platform }: Pick<ClusterOptions, 'context' | 'platform'>): string {
  const typed = { '--context': context, '--platform': platform };
  return FLAGS.flatMap((flag) => (typed[flag] === undefined ? [] : [` ${flag} ${typed[flag]}`])).join('');
}

function findValue(flag: string, argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const word = argv[at];
  return word === flag ? argv[at + 1] : word?.slice(flag.length + 1);
}
