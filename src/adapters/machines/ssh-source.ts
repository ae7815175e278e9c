import type { Report } from '../../events.ts';
import { listDockerContexts, readMachineName } from '../../machines/machine-context.ts';
import type { HostAddress, KnownMachine, Machine, MachineSource } from '../../machines/machine.ts';
import { formatHost, parseHost } from '../../machines/parse-hosts.ts';
import { EngineApi } from '../engine/engine-api.ts';
import { LocalShell } from '../shell/local-shell.ts';
import { formatSshHost, parseSshHost } from '../ssh/ssh-address.ts';
import { SshMachineShell } from '../ssh/ssh-machine-shell.ts';

export interface SshSourceOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The key of a host that was never met is taken; a changed one is refused all the same. */
  readonly acceptNewHostKeys: boolean;
  readonly report: Report;
}

/** Hosts that are there already, entered by OpenSSH's `ssh`. It knows by itself those that `machines import` was told of. */
export function openSshSource({ acceptNewHostKeys }: SshSourceOptions): MachineSource {
  // Asked once for all machines that are opened.
  let imported: Promise<readonly KnownMachine[]> | undefined;
  return {
    kind: 'ssh',
    maker: undefined,
    list: listImported,
    async open(reference, signal) {
      const { name, address } = await findAddress(reference, async () => (imported ??= listImported(signal)));
      return openHost(name, address, acceptNewHostKeys);
    },
  };
}

async function listImported(signal: AbortSignal): Promise<readonly KnownMachine[]> {
  const contexts = await listDockerContexts(new LocalShell(), signal);
  return contexts.flatMap(({ description, host }) => {
    const name = readMachineName(description);
    const address = parseSshHost(host);
    if (name === undefined || !address) return [];
    return [
      { name, source: 'ssh', reference: formatHost(address), engineHost: host, driver: undefined, isOurs: false },
    ];
  });
}

/** What was imported under this name, else the host that the words are. A host with its user is never looked up. */
async function findAddress(
  reference: string,
  listKnown: () => Promise<readonly KnownMachine[]>,
): Promise<{ readonly name: string | undefined; readonly address: HostAddress }> {
  if (!reference.includes('@')) {
    const imported = (await listKnown()).find(({ name }) => name === reference);
    if (imported) return { name: imported.name, address: parseHost(imported.reference, 'host') };
  }
  return { name: undefined, address: parseHost(reference, 'host') };
}

async function openHost(name: string | undefined, typed: HostAddress, acceptNewHostKeys: boolean): Promise<Machine> {
  const shell = await SshMachineShell.open(typed, { acceptNewHostKeys });
  const { address } = shell;
  const host = formatSshHost(address);
  const engine = new EngineApi({ kind: 'ssh', ...address }, `${host}${name === undefined ? '' : ` (machine ${name})`}`);
  return {
    // Two ports of one host are two machines.
    name: name ?? formatHost({ ...typed, user: undefined, port: typed.port === 22 ? undefined : typed.port }),
    source: 'ssh',
    reference: formatHost(address),
    access: { host, tls: undefined },
    shell,
    engine,
    async [Symbol.asyncDispose]() {
      engine.close();
    },
  };
}
