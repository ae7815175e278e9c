import { formatEndpoint } from '../adapters/engine/endpoint.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import { findLabs } from '../adapters/labs/find-labs.ts';
import { readKnownHost } from '../adapters/machines/known-hosts.ts';
import { SshMachineShell } from '../adapters/ssh/ssh-machine-shell.ts';
import { InvalidStateError, NotFoundError, ToolkitError } from '../errors.ts';
import type { Report } from '../events.ts';
import { HAND_OVER_KIND, type HandOver, type HandOverMachine } from '../machines/hand-over.ts';
import { findMachine, mergeMachines, type ListedMachine } from '../machines/machine-list.ts';
import { parseHost } from '../machines/parse-hosts.ts';
import { DEFAULT_SWARM } from '../swarm/swarm-name.ts';
import type { Surroundings } from './connection.ts';
import { listMachines, listSwarmNodes } from './list-machines.ts';
import { openSwarmTarget } from './swarm-tools.ts';

export interface ExportOptions {
  readonly context: string | undefined;
  /** Machines by name; none means all of the swarm. */
  readonly names: readonly string[];
  readonly report: Report;
}

/**
 * What another operator needs to reach the same machines: addresses, public host keys, the public certificate of the authority.
 * Nothing of it is secret, and nothing of it is enough to get in.
 *
 * @throws NotFoundError for a machine that is not known; what finding the swarm throws, where nothing else was named
 */
export async function exportMachines(around: Surroundings, options: ExportOptions): Promise<HandOver> {
  const swarm = await findSwarm(around, options);
  const chosen = await chooseMachines(around, swarm, options);
  if (chosen.length === 0) {
    throw new NotFoundError('The swarm has no machine that spark-swarm knows the way to', {
      hint: 'spark-swarm swarm status shows its nodes',
    });
  }
  const isOneSwarm = swarm !== undefined && chosen.every((machine) => swarm.machines.includes(machine));
  return {
    schemaVersion: 1,
    kind: HAND_OVER_KIND,
    swarm: isOneSwarm ? await describeSwarm(swarm) : null,
    machines: await Promise.all(chosen.map(async (machine) => describeMachine(machine, around.signal, options.report))),
  };
}

interface ExportedSwarm {
  readonly name: string;
  readonly target: EngineTarget;
  readonly machines: readonly ListedMachine[];
}

/** @returns `undefined` where there is none, and machines were named */
async function findSwarm(around: Surroundings, options: ExportOptions): Promise<ExportedSwarm | undefined> {
  const { context, names, report } = options;
  try {
    const target = await openSwarmTarget(around, { context, report });
    const { endpoint } = target.api;
    const lab = findLabs(around.env).find(
      ({ managerSocket }) => formatEndpoint(endpoint) === `unix://${managerSocket}`,
    );
    const name = lab?.name ?? target.contextName?.replace(/^spark-/, '') ?? DEFAULT_SWARM;
    const nodes = await listSwarmNodes({ name, isLab: lab !== undefined, target }, around.signal);
    target.api.close();
    return { name: nodes[0]?.swarm ?? name, target, machines: mergeMachines([], nodes) };
  } catch (error) {
    around.signal.throwIfAborted();
    if (names.length > 0 && context === undefined && error instanceof ToolkitError) return undefined;
    throw error;
  }
}

async function chooseMachines(
  around: Surroundings,
  swarm: ExportedSwarm | undefined,
  { names, report }: ExportOptions,
): Promise<readonly ListedMachine[]> {
  if (names.length === 0) return swarm?.machines ?? [];
  const inSwarm = swarm?.machines ?? [];
  try {
    return names.map((name) => findMachine(inSwarm, name));
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const { machines } = await listMachines(around, { report });
    return names.map((name) => findMachine(machines, name));
  }
}

async function describeSwarm({ name, target }: ExportedSwarm): Promise<HandOver['swarm']> {
  const { endpoint } = target.api;
  // Without ~/.ssh/config the others need the user and the port, too.
  const engine = endpoint.kind === 'ssh' ? (await SshMachineShell.open(endpoint)).engineHost : formatEndpoint(endpoint);
  const certificateAuthority = endpoint.kind === 'tcp' ? (endpoint.tls?.ca ?? null) : null;
  return { name, engine, certificateAuthority };
}

async function describeMachine(
  { name, node, source, reference, engine }: ListedMachine,
  signal: AbortSignal,
  report: Report,
): Promise<HandOverMachine> {
  const machine = { name: node ?? name, source, reference, engine };
  if (source === 'lab') {
    report({ type: 'warning', message: `${machine.name} is a lab's node: it can be reached on this machine only` });
  }
  if (source !== 'ssh') return { ...machine, ssh: null, hostKeys: [] };
  const { address } = await SshMachineShell.open(parseHost(reference, 'machine'));
  const known = await readKnownHost(address, signal);
  if (known.keys.length === 0) {
    report({
      type: 'warning',
      message: `no host key of ${machine.name} (${known.name}) is known here: the file has none`,
    });
  }
  if (known.hostName !== address.host) {
    report({
      type: 'warning',
      message: `${address.host} is ${known.hostName} by ~/.ssh/config here: whoever imports needs the same entry`,
    });
  }
  const { user, host, port } = address;
  return { ...machine, ssh: { user, host, port }, hostKeys: [...known.keys].toSorted() };
}

/** @throws InvalidStateError if what is to be written says anything but public facts */
export function assertPublic(text: string): void {
  if (!/PRIVATE KEY|SWMTKN-/.test(text)) return;
  throw new InvalidStateError('The hand-over file would hold a private key or a token; nothing was written');
}
