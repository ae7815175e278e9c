import pMap from 'p-map';

import { InvalidStateError, NotFoundError, ToolkitError } from '../../errors.ts';
import type { Report } from '../../events.ts';
import { checkMachineName } from '../../machines/docker-machine/machine-argv.ts';
import type { InspectedMachine } from '../../machines/docker-machine/parse-inspect.ts';
import type { KnownMachine, Machine, MachineSource } from '../../machines/machine.ts';
import { EngineApi } from '../engine/engine-api.ts';
import { parseDockerHost } from '../engine/endpoint.ts';
import { readTlsFiles } from '../engine/tls-files.ts';
import { DockerMachineCli } from './docker-machine-cli.ts';
import { DockerMachineMaker } from './docker-machine-maker.ts';
import { DockerMachineShell } from './docker-machine-shell.ts';

/** Programs at once that only read files. */
const READERS = 4;

export interface DockerMachineSourceOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of hosts for the driver `generic`: the key of one that was never met is taken; a changed one is refused all the same. */
  readonly acceptNewHostKeys: boolean;
  readonly report: Report;
  /** How long one machine may take to be made. Default 20 minutes; 5 with the driver `generic`. */
  readonly createLimitMs?: number;
}

/** Machines of docker-machine, of any driver. Nothing is known of them but what its store and its command line say. */
export function openDockerMachineSource(options: DockerMachineSourceOptions): MachineSource {
  const cli = new DockerMachineCli(options.env);
  return {
    kind: 'docker-machine',
    maker: new DockerMachineMaker(cli, options),
    list: async (signal) => listMachines(cli, { signal, report: options.report }),
    open: async (reference, signal) => openMachine(cli, reference, signal),
  };
}

async function listMachines(
  cli: DockerMachineCli,
  { signal, report }: { readonly signal: AbortSignal; readonly report: Report },
): Promise<readonly KnownMachine[]> {
  const names = await cli.list(signal).catch((error: unknown) => {
    // Without the program there are no machines of it.
    if (error instanceof NotFoundError) return [];
    throw error;
  });
  return pMap(
    names,
    async (name) => {
      const found = await cli.inspect(name, signal).catch((error: unknown) => {
        if (!(error instanceof ToolkitError)) throw error;
        // One that is just being made or removed, or whose file is broken, does not hide the others.
        report({ type: 'warning', message: error.message });
        return undefined;
      });
      return describe(name, found);
    },
    { concurrency: READERS },
  );
}

function describe(name: string, found: InspectedMachine | undefined): KnownMachine {
  return {
    name,
    source: 'docker-machine',
    reference: name,
    engineHost: found?.engineHost,
    driver: found?.driver,
    isOurs: found?.madeFor !== undefined,
    madeFor: found?.madeFor,
  };
}

async function openMachine(cli: DockerMachineCli, reference: string, signal: AbortSignal): Promise<Machine> {
  const name = checkMachineName(reference, 'machine');
  const found = await cli.inspect(name, signal);
  const { engineHost, tls } = found;
  if (engineHost === undefined || tls === undefined) {
    throw new InvalidStateError(`Cannot use the machine ${name}: docker-machine has no address for it`, {
      hint: `docker-machine start ${name}; if it was never made completely: docker-machine rm -f ${name}`,
    });
  }
  const endpoint = parseDockerHost(engineHost, `machine ${name}`, await readTlsFiles(tls, `machine ${name}`));
  const engine = new EngineApi(endpoint, `${engineHost} (machine ${name})`);
  const shell = new DockerMachineShell(cli, found);
  return {
    name,
    source: 'docker-machine',
    reference: name,
    access: { host: engineHost, tls },
    shell,
    engine,
    async [Symbol.asyncDispose]() {
      shell.close();
      engine.close();
    },
  };
}
