import { readFile } from 'node:fs/promises';

const PREFIX = 'it-';

/** A run of tests, by the process that it is. */
export const RUN_NAME = /it-[0-9a-z]+-[0-9a-z]+$/;

/** Name of this run: whatever is named so belongs to it, and is a leftover once its process is no more. */
export async function nameRun(): Promise<string> {
  return `${PREFIX}${await describeProcess('self')}`;
}

/** Whether the process of that run is still there. */
export async function isRunning(run: string): Promise<boolean> {
  const [, pid = ''] = run.split('-');
  const living = await describeProcess(String(Number.parseInt(pid, 36))).catch(() => undefined);
  return run === `${PREFIX}${living}`;
}

/** A process by its number and its start (clock ticks since boot), both to the base of 36. Source: proc(5), fields 1, 22. */
async function describeProcess(pid: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return `${Number.parseInt(text, 10).toString(36)}-${Number(fields[19]).toString(36)}`;
}
