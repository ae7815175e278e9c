import type { Report } from '../events.ts';
import type { MachineSource, MachineSourceKind } from '../machines/machine.ts';
import type { Surroundings } from './connection.ts';

export interface SourceOptions {
  /** The key of a host that was never met is taken; a changed one is refused all the same. */
  readonly acceptNewHostKeys?: boolean;
  readonly report: Report;
}

type OpenSource = (options: SourceOptions & Pick<Surroundings, 'env'>) => Promise<MachineSource>;

/** Where machines come from, each loaded when it is asked for. A fourth source is one more line. */
const SOURCES: Readonly<Record<MachineSourceKind, OpenSource>> = {
  ssh: async ({ env, acceptNewHostKeys = false, report }) => {
    const { openSshSource } = await import('../adapters/machines/ssh-source.ts');
    return openSshSource({ env, acceptNewHostKeys, report });
  },
  lab: async ({ env, report }) => {
    const { openLabSource } = await import('../adapters/machines/lab-source.ts');
    return openLabSource({ env, report });
  },
  'docker-machine': async ({ env, acceptNewHostKeys = false, report }) => {
    const { openDockerMachineSource } = await import('../adapters/machines/docker-machine-source.ts');
    return openDockerMachineSource({ env, acceptNewHostKeys, report });
  },
};

export async function openMachineSource(
  kind: MachineSourceKind,
  { env }: Pick<Surroundings, 'env'>,
  options: SourceOptions,
): Promise<MachineSource> {
  return SOURCES[kind]({ ...options, env });
}
