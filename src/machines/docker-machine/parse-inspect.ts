import { InvalidStateError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import type { TlsFiles } from '../machine.ts';

/** A machine as docker-machine's store has it. Whether it runs is not in there. */
export interface InspectedMachine {
  readonly name: string;
  readonly driver: string;
  /** DOCKER_HOST value of its engine; `undefined` while it has no address. */
  readonly engineHost: string | undefined;
  /** The operator's client certificate, by which its engine lets us in. */
  readonly tls: TlsFiles | undefined;
  readonly sshUser: string;
  /** The swarm that a command of ours made it for. */
  readonly madeFor: string | undefined;
}

interface RawMachine {
  readonly Name: string;
  readonly DriverName: string;
  readonly Driver: {
    readonly IPAddress?: string;
    readonly SSHUser?: string;
    /** Of the driver `generic` only. */
    readonly EnginePort?: number;
    /** Of the driver `none` only. */
    readonly URL?: string;
  } | null;
  readonly HostOptions: {
    readonly EngineOptions?: { readonly Labels?: readonly string[] | null } | null;
    readonly AuthOptions?: {
      readonly CaCertPath?: string;
      readonly ClientCertPath?: string;
      readonly ClientKeyPath?: string;
    } | null;
  } | null;
}

const ENGINE_PORT = 2376;
/** Of boot2docker and its like; libmachine's own default is root. */
const DEFAULT_USER = 'root';

/**
 * Reads what `docker-machine inspect NAME` prints.
 *
 * @throws InvalidStateError if it is no such text: docker-machine writes its files without atomicity
 */
export function parseInspect(name: string, text: string): InspectedMachine {
  const raw = readJson(name, text);
  const { IPAddress, SSHUser, EnginePort, URL } = raw.Driver ?? {};
  const { CaCertPath, ClientCertPath, ClientKeyPath } = raw.HostOptions?.AuthOptions ?? {};
  const labels = raw.HostOptions?.EngineOptions?.Labels ?? [];
  return {
    name: raw.Name,
    driver: raw.DriverName,
    engineHost: URL || (IPAddress ? `tcp://${bracket(IPAddress)}:${EnginePort || ENGINE_PORT}` : undefined),
    tls:
      CaCertPath && ClientCertPath && ClientKeyPath
        ? { ca: CaCertPath, cert: ClientCertPath, key: ClientKeyPath }
        : undefined,
    sshUser: SSHUser || DEFAULT_USER,
    madeFor: labels.findLast((label) => label.startsWith(`${LABELS.machine}=`))?.slice(LABELS.machine.length + 1),
  };
}

function readJson(name: string, text: string): RawMachine {
  try {
    const value = JSON.parse(text) as RawMachine | null;
    if (value !== null && typeof value === 'object' && typeof value.Name === 'string') return value;
  } catch {
    // Said below.
  }
  throw new InvalidStateError(
    `Cannot read what docker-machine has of the machine ${name}: it is no JSON of a machine`,
    {
      hint: `docker-machine inspect ${name}`,
    },
  );
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
