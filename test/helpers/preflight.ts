import { readMachineScripts } from '../../src/adapters/machines/machine-scripts.ts';
import { openSshSource } from '../../src/adapters/machines/ssh-source.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import type { Machine } from '../../src/machines/machine.ts';
import { runPreflight, type Preflight, type PreflightRequest } from '../../src/machines/run-preflight.ts';
import { projectRoot } from './cli.ts';
import type { TestMachines } from './machines.ts';

const NEVER = new AbortController().signal;

/** Makes this process (a worker of ava) reach the machines as the set's first operator does. */
export function becomeOperator(set: TestMachines): void {
  for (const [name, value] of Object.entries(set.env)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

export async function openHosts(hosts: readonly string[]): Promise<readonly Machine[]> {
  const source = openSshSource({ env: process.env, acceptNewHostKeys: false, report: () => {} });
  return Promise.all(hosts.map(async (host) => source.open(host, NEVER)));
}

/** The preflight of these hosts, by real ssh; the first is to be the manager. */
export async function preflightOf(hosts: readonly string[], wish: Partial<PreflightRequest> = {}): Promise<Preflight> {
  const machines = await openHosts(hosts);
  try {
    return await preflightOfMachines(machines, wish);
  } finally {
    for (const machine of machines) await machine[Symbol.asyncDispose]();
  }
}

export async function preflightOfMachines(
  machines: readonly Machine[],
  wish: Partial<PreflightRequest> = {},
): Promise<Preflight> {
  const request = {
    swarm: 'test',
    managers: 1,
    installEngine: false,
    managerNames: machines.slice(0, 1).map(({ name }) => name),
    ...wish,
  };
  return runPreflight(machines, request, { scripts: await readMachineScripts(projectRoot), signal: NEVER });
}

/** `error SS-M01 pre1: it cannot be reached`, one for each. */
export function linesOf(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ severity, id, subject, problem }) => `${severity} ${id} ${subject}: ${problem}`);
}
