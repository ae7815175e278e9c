import { RunningCommand, type CommandOptions } from './lab-command.ts';

/** Runs a program of which the test needs that it succeeds. @returns what it printed; @throws Error with all it said */
export async function must(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await new RunningCommand(file, args, options).ended;
  if (status === 0) return stdout.trim();
  throw new Error(`${file} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}
