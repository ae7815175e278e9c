import { Command, CommanderError } from 'commander';

import { UsageError } from '../errors.ts';

/**
 * Commander's complaint in our words. Its `code` says what is wrong; flag and suggestion are only in its text
 * (`error: unknown option '--worker'\n(Did you mean --workers?)`), so a test holds the texts of the version we use.
 *
 * @param command the command that complained
 */
export function toUsageError({ code, message }: CommanderError, command: Command): UsageError {
  const quoted = /'([^']*)'/.exec(message)?.[1] ?? '';
  switch (code) {
    case 'commander.unknownOption':
      return unknownFlag(quoted, message, command);
    case 'commander.unknownCommand':
      return new UsageError(`unknown command ${JSON.stringify(quoted)}${suggestionIn(message)}`, {
        hint: `${commandLine(command)} --help lists the commands`,
      });
    case 'commander.optionMissingArgument':
      return new UsageError(`${quoted}: the value is missing`);
    case 'commander.missingMandatoryOptionValue':
      return new UsageError(`${quoted.replace(/,? *--.*/, '')} is missing`, {
        hint: `${commandLine(command)} --help`,
      });
    case 'commander.missingArgument':
      return new UsageError(`the argument ${quoted.toUpperCase()} is missing`, {
        hint: `${commandLine(command)} --help`,
      });
    default:
      return new UsageError(message.replace(/^error: /, ''));
  }
}

function unknownFlag(typed: string, message: string, command: Command): UsageError {
  const flag = typed.split('=')[0] ?? typed;
  const suggestion = flag === typed ? suggestionIn(message) : suggestFor(flag, command);
  const isRoot = command.parent === null;
  return new UsageError(`unknown flag ${flag}${suggestion}`, {
    hint: isRoot ? `flags follow the command: ${command.name()} COMMAND ${flag}` : `${commandLine(command)} --help`,
  });
}

/** For `--worker=3` commander compares the whole word; asked again without the value, it finds `--workers`. */
function suggestFor(flag: string, { options }: Command): string {
  const twin = new Command().exitOverride().configureOutput({ outputError: () => {} });
  for (const option of options) twin.addOption(option);
  try {
    twin.parse([flag], { from: 'user' });
    return '';
  } catch (error) {
    return error instanceof CommanderError ? suggestionIn(error.message) : '';
  }
}

function suggestionIn(message: string): string {
  const names = /\(Did you mean (?:one of )?(.+)\?\)$/.exec(message)?.[1];
  return names === undefined ? '' : `; did you mean ${names.replace(/, ([^,]*)$/, ' or $1')}?`;
}

function commandLine(command: Command): string {
  return command.parent ? `${commandLine(command.parent)} ${command.name()}` : command.name();
}
