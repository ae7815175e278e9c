import pMap from 'p-map';

import { ImportedContexts, type ClientCertificate } from '../adapters/machines/imported-contexts.ts';
import { addHostKeys, readKnownHost } from '../adapters/machines/known-hosts.ts';
import { readInventory } from '../adapters/machines/read-inventory.ts';
import { SshMachineShell } from '../adapters/ssh/ssh-machine-shell.ts';
import { InvalidStateError, ToolkitError, UnreachableError, UsageError } from '../errors.ts';
import { runSteps, skipped, type FlowStep, type Report } from '../events.ts';
import { compareKeys, type KeyOffer } from '../machines/host-keys.ts';
import type { Inventory, InventoryHost } from '../machines/inventory.ts';
import { formatHost, parseHost } from '../machines/parse-hosts.ts';
import { describeKeys, refuseForeignContexts, refuseOtherKeys, wantedContexts } from '../machines/plan-import.ts';
import type { Surroundings } from './connection.ts';

/** Machines that are asked at the same time; each is asked once. */
const AT_ONCE = 16;
const ENTER_LIMIT_MS = 15_000;

export interface ImportWish {
  readonly file: string;
  readonly groups: readonly string[];
  /** Another name for the swarm in the file. */
  readonly name: string | undefined;
  readonly certificate: ClientCertificate | undefined;
  readonly acceptNewHostKeys: boolean;
  readonly dryRun: boolean;
  readonly report: Report;
  /** Asks before host keys are trusted; throws if the answer is no. */
  readonly confirm: (keys: readonly string[]) => Promise<void>;
}

export interface Imported {
  readonly machines: readonly InventoryHost[];
  readonly contexts: readonly string[];
  /** What was changed, or would be: one line each; none: nothing to do. */
  readonly changes: readonly string[];
}

/**
 * Makes machines known on this one: docker contexts, and the host keys of a hand-over file. Then enters each by ssh.
 * Run again it changes nothing.
 *
 * @throws ConfigError, UsageError, ConflictError before the first change; UnreachableError naming every machine that does not
 * let this user in, when all is made
 */
export async function importMachines(around: Surroundings, wish: ImportWish): Promise<Imported> {
  const { signal, env } = around;
  const inventory = await readInventory(wish.file, { cwd: around.cwd, groups: wish.groups });
  for (const message of inventory.notes) wish.report({ type: 'note', message });
  const hosts = await completeHosts(inventory.hosts);
  noteUnimported(inventory, wish.report);
  const contexts = await ImportedContexts.read({ env, signal, certificate: wish.certificate });
  const wanted = wantedContexts({ ...inventory, hosts }, wish.name);
  refuseForeignContexts(wanted, contexts.present);
  const [offers, wrong] = await Promise.all([offerKeys(inventory, hosts, signal), contexts.findWrong(wanted)]);
  refuseOtherKeys(offers);
  const missing = offers.filter((offer) => offer.missing.length > 0);
  refuseWithoutFile(missing);
  const changes = [
    ...missing.map(
      ({ machine, known, missing: keys }) =>
        `add ${keys.length === 1 ? 'a host key' : `${keys.length} host keys`} of ${machine} to ${known.file}`,
    ),
    ...wrong.map(
      ({ context, verb }) => `${verb} the docker context ${context.name} for ${context.meaning} (${context.host})`,
    ),
  ];
  const result = { machines: hosts, contexts: wanted.map(({ name }) => name), changes };
  if (wish.dryRun) return result;
  if (missing.length > 0) await wish.confirm(describeKeys(missing));
  const steps: readonly FlowStep[] = [
    {
      id: 'host-keys',
      title: 'Add host keys to known_hosts',
      async run() {
        if (missing.length === 0) return skipped('all that the file names are there');
        for (const { known, missing: keys } of missing) await addHostKeys(known, keys);
        return `${missing.length} machines`;
      },
    },
    {
      id: 'contexts',
      title: 'Make docker contexts',
      async run() {
        if (wrong.length === 0) return skipped('they are there');
        for (const entry of wrong) await contexts.write(entry);
        return wrong.map(({ context }) => context.name).join(', ');
      },
    },
    {
      id: 'enter',
      title: 'Enter the machines',
      async run({ progress }) {
        await enterAll(hosts, wish, { signal, progress });
        if (inventory.handOver?.swarm) await contexts.ask(wanted);
        return `${hosts.length} let this user in`;
      },
    },
  ];
  await runSteps(steps, wish.report, signal);
  return result;
}

/** With user and port as ~/.ssh/config has them: so the machine is known again as a swarm's node. */
async function completeHosts(hosts: readonly InventoryHost[]): Promise<readonly InventoryHost[]> {
  return pMap(hosts, async ({ name, address }) => ({ name, address: (await SshMachineShell.open(address)).address }), {
    concurrency: AT_ONCE,
  });
}

function noteUnimported({ handOver }: Inventory, report: Report): void {
  if (!handOver || handOver.swarm) return;
  const others = handOver.machines.filter(({ source }) => source !== 'ssh');
  if (others.length === 0) return;
  const names = others.map(({ name, source }) => `${name} (${source})`).join(', ');
  report({ type: 'warning', message: `not imported, because only hosts of ssh can be without their swarm: ${names}` });
}

async function offerKeys(
  { handOver }: Inventory,
  hosts: readonly InventoryHost[],
  signal: AbortSignal,
): Promise<readonly KeyOffer[]> {
  const machines = (handOver?.machines ?? []).filter(({ hostKeys, ssh }) => ssh !== null && hostKeys.length > 0);
  return pMap(
    machines,
    async ({ name, hostKeys, ssh }) => {
      const address =
        hosts.find((host) => host.name === name)?.address ??
        parseHost(formatHost({ user: ssh?.user, host: ssh?.host ?? '', port: ssh?.port }), name);
      return compareKeys(name, await readKnownHost(address, signal), hostKeys);
    },
    { concurrency: AT_ONCE },
  );
}

function refuseWithoutFile(offers: readonly KeyOffer[]): void {
  const homeless = offers.find(({ known }) => known.file === undefined);
  if (!homeless) return;
  throw new InvalidStateError(
    `Cannot import: ssh is told to keep no host keys of ${homeless.machine} (UserKnownHostsFile)`,
    {
      hint: 'name a file in ~/.ssh/config',
    },
  );
}

/** @throws UnreachableError naming each that does not let this user in, and why */
async function enterAll(
  hosts: readonly InventoryHost[],
  { acceptNewHostKeys }: ImportWish,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (detail: string) => void },
): Promise<void> {
  let entered = 0;
  const failures = await pMap(
    hosts,
    async ({ name, address }) => {
      try {
        const shell = await SshMachineShell.open(address, { acceptNewHostKeys });
        await shell.runScript('exit 0', { asRoot: false, timeoutMs: ENTER_LIMIT_MS, signal });
        entered += 1;
        progress(`${entered} of ${hosts.length}`);
        return [];
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ToolkitError) || error instanceof UsageError) throw error;
        return [{ line: `${name}: ${error.message}`, hint: error.hint }];
      }
    },
    { concurrency: AT_ONCE },
  );
  const [first, ...others] = failures.flat();
  if (!first) return;
  const lines = [first, ...others].map(({ line }) => `  ${line}`).join('\n');
  throw new UnreachableError(
    `Imported, but ${others.length + 1} of ${hosts.length} machines cannot be entered:\n${lines}`,
    first.hint === undefined ? {} : { hint: first.hint },
  );
}
