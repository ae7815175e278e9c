import path from 'node:path';

import type { DeployPlan } from '../../src/platforms/platform.ts';
import { planSwarmDeploy, type SwarmDeployContext } from '../../src/platforms/swarm/plan-deploy.ts';
import { SwarmReader } from '../../src/platforms/swarm/swarm-reader.ts';
import { localFolders, readFixture, spec } from './builders.ts';
import { projectRoot } from './cli.ts';
import { FakeShell } from './fake-shell.ts';
import type { FakeSwarm } from './fake-swarm.ts';

/** Deploys to a swarm in memory, with a docker command line that knows this project's file by heart. */

const COMPOSE_FILE = path.join(projectRoot, 'docker-compose.yml');
export const CONFIG = `docker stack config -c ${COMPOSE_FILE}`;
export const deployLine = (name: string): string => `docker stack deploy --resolve-image never -c - ${name}`;
/** No port of this machine is tried, unless a test is about one. */
export const CLOSED = { master: 'none', ui: 'none', jupyter: 'none', history: 'none' } as const;

export const NOT_SHARED = '/data is a volume of its own on each node; --data DIR takes a folder that all nodes share';

export const { signal }: { readonly signal: AbortSignal } = new AbortController();

export function planStackDeploy(
  swarm: FakeSwarm,
  changes: Parameters<typeof spec>[0] = {},
  shell = new FakeShell({ [CONFIG]: readFixture('docker-stack-config/docker-compose-28.2.2.yml') }),
  around: Partial<SwarmDeployContext> = {},
): Promise<DeployPlan> {
  return planSwarmDeploy(spec({ ports: CLOSED, ...changes }), {
    reader: new SwarmReader(swarm.engine.api),
    shell,
    dockerEnv: { DOCKER_HOST: 'unix:///x' },
    composeFile: COMPOSE_FILE,
    isLocal: false,
    folders: localFolders(),
    caBundle: async () => undefined,
    ...around,
  });
}

export const answering = (more: Readonly<Record<string, string>>): FakeShell =>
  new FakeShell({ [CONFIG]: readFixture('docker-stack-config/docker-compose-28.2.2.yml'), ...more });
