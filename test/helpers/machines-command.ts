import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { ListedMachine } from '../../src/machines/machine-list.ts';
import type { Outcome } from './lab-command.ts';
import type { Operator } from './operator.ts';

/** Swarms of these tests are called otherwise. */
const OTHERS_LABS = /^warning: (?:the swarm "(?:it-|lab)[^"]*" is not asked|machines of lab are not listed): .*\n/gm;

/** `spark-swarm machines …` as an operator types it. */
export async function machines(
  operator: Operator,
  words: readonly string[],
  { input = '', tools }: { readonly input?: string; readonly tools?: string } = {},
): Promise<Outcome> {
  const env = tools === undefined ? {} : { PATH: `${operator.env['PATH']}:${tools}` };
  const outcome = await operator.run('bin/spark-swarm', ['machines', ...words], { input, env });
  // Labs are the user's, whatever the home folder: one of another test may just be coming or going.
  const stderr = outcome.stderr.replaceAll(OTHERS_LABS, '');
  return { ...outcome, stderr };
}

/** What `machines list` shows an operator, without labs: those belong to this machine's user, whatever the home folder. */
export async function listedMachines(operator: Operator, tools?: string): Promise<readonly ListedMachine[]> {
  const options = tools === undefined ? {} : { tools };
  const { status, stdout, stderr } = await machines(operator, ['list', '-o', 'json', '--quiet'], options);
  if (status !== 0) throw new Error(`machines list ended with ${status}: ${stderr}`);
  const { machines: rows } = JSON.parse(stdout) as { readonly machines: readonly ListedMachine[] };
  return rows.filter(({ source }) => source !== 'lab');
}

/** Writes a file into an operator's home folder. @returns its path */
export async function saveFile(operator: Operator, name: string, text: string): Promise<string> {
  const file = path.join(operator.home, name);
  await writeFile(file, text);
  return file;
}

/** @param engine words that lead docker to the manager: `-H ssh://root@vm1` */
export async function labelNode(
  operator: Operator,
  engine: readonly string[],
  { node, labels }: { readonly node: string; readonly labels: Readonly<Record<string, string>> },
): Promise<void> {
  const flags = Object.entries(labels).flatMap(([name, value]) => ['--label-add', `${name}=${value}`]);
  await operator.must('docker', [...engine, 'node', 'update', ...flags, node]);
}

/** A docker context as `swarm create` leaves it. */
export async function makeSwarmContext(operator: Operator, name: string, endpoint: string): Promise<void> {
  const description = `spark-swarm swarm "${name}"`;
  const words = ['context', 'create', `spark-${name}`, '--description', description, '--docker', endpoint];
  await operator.must('docker', words);
}
