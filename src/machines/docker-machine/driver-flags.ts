import { UsageError } from '../../errors.ts';

/** What we say ourselves, for every machine. */
const OURS = new Set(['--driver', '-d', '--help', '-h']);

/**
 * The flags in what `docker-machine create --driver X --help` prints.
 *
 * Shape: lines like `   --driver, -d "virtualbox"   Driver to create machine with. [$MACHINE_DRIVER]`.
 */
export function parseFlags(help: string): ReadonlySet<string> {
  const flags = [...help.matchAll(/^\s+(--[a-z0-9][a-z0-9-]*)(?:, (-\w))?(?=\s)/gm)];
  return new Set(flags.flatMap(([, long = '', short]) => [long, ...(short === undefined ? [] : [short])]));
}

/**
 * Refuses flags that docker-machine would refuse, or that would change what is made, before anything is made. Their values
 * are in no message: they may be secrets.
 *
 * @throws UsageError
 */
export function checkDriverFlags(driver: string, words: readonly string[], knownFlags: ReadonlySet<string>): void {
  const [first] = words;
  if (first !== undefined && !first.startsWith('-')) {
    throw new UsageError(`--: expected flags of the driver ${driver}, like --${driver}-…, before any other word`);
  }
  for (const [index, word] of words.entries()) {
    const flag = flagName(word);
    if (flag === undefined) continue;
    if (OURS.has(flag)) throw new UsageError(`--: ${flag} is not the driver's; write it before the --`);
    if (knownFlags.has(flag)) continue;
    const before = words[index - 1] ?? '';
    const owner = before.includes('=') ? undefined : flagName(before);
    if (owner !== undefined && knownFlags.has(owner)) {
      throw new UsageError(`--: what follows ${owner} is no flag of the driver ${driver}`, {
        hint: `${owner}=VALUE, if it is a value`,
      });
    }
    throw new UsageError(`--: the driver ${driver} has no flag ${flag}`, {
      hint: `docker-machine create --driver ${driver} --help`,
    });
  }
}

/** @returns `undefined` for a word that is none */
function flagName(word: string): string | undefined {
  if (!/^--?[A-Za-z]/.test(word)) return undefined;
  const flag = word.replace(/=.*/s, '');
  // docker-machine takes one dash as well as two.
  return /^-[A-Za-z0-9-]{2,}$/.test(flag) && !flag.startsWith('--') ? `-${flag}` : flag;
}

/**
 * What a flag says: the last one wins.
 *
 * @param flag `--generic-ssh-key`
 */
export function readFlag(words: readonly string[], flag: string): string | undefined {
  let value: string | undefined;
  for (const [index, word] of words.entries()) {
    const full = word.startsWith('--') ? word : `-${word}`;
    if (full === flag) value = words[index + 1];
    if (full.startsWith(`${flag}=`)) value = full.slice(flag.length + 1);
  }
  return value;
}
