import { InvalidStateError } from '../errors.ts';
import type { EngineEndpoint } from '../adapters/engine/endpoint.ts';
import type { MachineFacts } from './lab-machine.ts';

/** What `GET /info` of the outer engine says, as far as the lab asks. */
export interface OuterInfo {
  readonly ID: string;
  readonly Name: string;
  readonly OSType: string;
  readonly OperatingSystem: string;
  readonly KernelVersion: string;
  readonly SecurityOptions: readonly string[] | null;
}

/**
 * A lab's nodes are reached by sockets in a folder that engine and user share, so the engine must be on this machine.
 *
 * @throws InvalidStateError saying what it is instead
 */
export function refuseOtherMachine(
  endpoint: EngineEndpoint,
  info: OuterInfo,
  facts: Pick<MachineFacts, 'platform' | 'hostname' | 'kernelRelease'>,
): void {
  const instead = otherMachine(endpoint, info, facts);
  if (instead === undefined) return;
  throw new InvalidStateError(`Cannot set up a lab: it needs a Linux engine on this same machine, and ${instead}`, {
    hint: 'make that engine a swarm of its own (docker swarm init), then: spark-swarm deploy',
  });
}

function otherMachine(
  endpoint: EngineEndpoint,
  { Name, OSType, OperatingSystem, KernelVersion, SecurityOptions }: OuterInfo,
  { platform, hostname, kernelRelease }: Pick<MachineFacts, 'platform' | 'hostname' | 'kernelRelease'>,
): string | undefined {
  if (OperatingSystem.startsWith('Docker Desktop'))
    return 'this is Docker Desktop, whose engine runs in a machine of its own';
  if (platform !== 'linux') return `this machine runs ${platform}`;
  if (endpoint.kind !== 'unix')
    return `the engine is at ${endpoint.kind}://${endpoint.host}${endpoint.port === undefined ? '' : `:${endpoint.port}`}`;
  if (OSType !== 'linux') return `the engine runs ${OSType}`;
  if (KernelVersion !== kernelRelease)
    return `the engine's kernel is ${KernelVersion}, this machine's is ${kernelRelease}`;
  if (Name !== hostname) return `the engine's host is "${Name}", this one is "${hostname}"`;
  if (SecurityOptions?.some((option) => option === 'name=rootless'))
    return 'this engine is rootless: its containers cannot run engines';
  return undefined;
}
