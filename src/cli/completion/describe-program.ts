import { PassThrough } from 'node:stream';

import type { Command, Option } from 'commander';

import { PLATFORM_KINDS } from '../../cluster/cluster.ts';
import { DEFAULT_PORTS, PORT_NAMES } from '../../cluster/spec.ts';
import { BUILD_TARGETS } from '../../image/build-argv.ts';
import { MACHINE_SOURCES } from '../../machines/machine.ts';
import { EXAMPLES } from '../../spark/submit-argv.ts';
import { COMMANDS } from '../command-table.ts';
import type { CliContext } from '../context.ts';
import { OUTPUT_FORMATS } from '../options.ts';
import { createProgram } from '../program.ts';
import type { CommandNode, CompletionTable, FlagNode, Program, ValueKind } from './command-tree.ts';
import { SHELLS } from './shell-scripts.ts';

/** A program of package.json#bin, and the text of its launcher. */
export interface Launcher {
  readonly name: string;
  readonly text: string;
}

/** The table of {@link CompletionTable}, from the commands themselves. The build calls this; it loads every command. */
export async function describeProgram(projectRoot: string, launchers: readonly Launcher[]): Promise<CompletionTable> {
  const root = await createProgram(idleContext(projectRoot), COMMANDS, () => true);
  return {
    root: describeCommand(root, []),
    programs: Object.fromEntries(launchers.map(({ name, text }) => [name, readLauncher(text)])),
  };
}

/**
 * What a launcher starts, from its one call: `launch('image', 'build')`, `launchVerbs('name', ['deploy', …])`.
 * Read, not run: running it would start the command.
 */
export function readLauncher(text: string): Program {
  const wordsIn = (list: string): readonly string[] => [...list.matchAll(/'([^']*)'/g)].map(([, word = '']) => word);
  const verbs = /launchVerbs\('[^']*', ([^)]*)\)/.exec(text)?.[1];
  if (verbs !== undefined) return { words: [], verbs: wordsIn(verbs) };
  return { words: wordsIn(/launch\(([^)]*)\)/.exec(text)?.[1] ?? '') };
}

function describeCommand(command: Command, words: readonly string[]): CommandNode {
  const flags = [...command.options];
  return {
    name: command.name(),
    summary: command.summary() || firstSentence(command.description()),
    commands: command.commands.map((child) => describeCommand(child, [...words, child.name()])),
    flags: [...flags.map((option) => describeFlag(option, words)), HELP],
    arguments: command.registeredArguments.map((argument) =>
      argument.argChoices ? argument.argChoices : argumentKind(words.join(' '), argument.name()),
    ),
    passesThrough: (command as unknown as { readonly _passThroughOptions?: boolean })._passThroughOptions ?? false,
  };
}

const HELP: FlagNode = { names: ['--help', '-h'], description: 'show this help', isRepeatable: false };

function describeFlag(option: Option, words: readonly string[]): FlagNode {
  return {
    names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
    description: option.description.replace(/ \((default|may be).*$/, ''),
    isRepeatable: option.variadic || Array.isArray(option.defaultValue),
    ...(option.required || option.optional ? { value: option.argChoices ?? flagKind(option, words) } : {}),
  };
}

/** What follows a flag, told by the flag or by the word that stands for its value in the help. */
function flagKind(option: Option, words: readonly string[]): ValueKind {
  const known = KINDS_BY_FLAG[option.name()];
  if (known !== undefined) return option.name() === 'name' && words[0] === 'lab' ? 'labs' : known;
  const placeholder = /[<[]([^\]>]*)/.exec(option.flags)?.[1] ?? '';
  return FILE_WORDS.test(placeholder) ? 'files' : 'none';
}

const FILE_WORDS = /\b(file|path|folder|dir|directory|jar)$/i;

const KINDS_BY_FLAG: Readonly<Record<string, ValueKind>> = {
  name: 'clusters',
  context: 'contexts',
  lab: 'labs',
  output: OUTPUT_FORMATS,
  platform: PLATFORM_KINDS,
  port: PORT_NAMES.flatMap((name) => [`${name}=${DEFAULT_PORTS[name]}`, `${name}=0`, `${name}=none`]),
  example: Object.keys(EXAMPLES),
  target: BUILD_TARGETS,
  source: MACHINE_SOURCES,
};

function argumentKind(command: string, name: string): ValueKind {
  if (command === 'completion') return SHELLS;
  return command === 'submit' || command === 'cluster submit' || FILE_WORDS.test(name) ? 'files' : 'none';
}

function firstSentence(text: string): string {
  return text.split(/\. |\.$/)[0] ?? '';
}

/** Flags are declared, and nothing is run. */
function idleContext(projectRoot: string): CliContext {
  const stream = new PassThrough();
  return {
    env: {},
    cwd: projectRoot,
    stdin: stream,
    stdout: stream,
    stderr: stream,
    signal: new AbortController().signal,
    projectRoot,
    exitStatus: 0,
  };
}
