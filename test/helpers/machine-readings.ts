import { readFileSync } from 'node:fs';
import path from 'node:path';

import { SshFailure, type SshFailureKind } from '../../src/adapters/ssh/ssh-failure.ts';
import { UnreachableError, type ToolkitError } from '../../src/errors.ts';
import type { EngineFacts, MachineReading, SystemFacts } from '../../src/machines/facts.ts';
import type { Machine, ScriptOptions, ScriptResult } from '../../src/machines/machine.ts';
import {
  parseEngineFacts,
  parseSystemFacts,
  type InfoAnswer,
  type VersionAnswer,
} from '../../src/machines/parse-facts.ts';
import { projectRoot } from './cli.ts';

const fixture = (...parts: readonly string[]): string =>
  readFileSync(path.join(projectRoot, 'test', 'fixtures', ...parts), 'utf8');

/** What `docker/machine/facts.sh` or `reach.sh` printed on a real machine. */
export function machineFixture(name: string): string {
  return fixture('machine-facts', `${name}.txt`);
}

/** What an engine answered to `GET /version`. */
export function versionFixture(): VersionAnswer {
  return JSON.parse(fixture('docker-engine', 'version-20.10.24.json')) as VersionAnswer;
}

/** What it answered to `GET /info`, as a worker of a swarm. */
export function infoFixture(): InfoAnswer {
  return JSON.parse(fixture('docker-engine', 'info-worker-20.10.24.json')) as InfoAnswer;
}

/** What a Debian 12 said, as root; its host id is made of its name. */
export function systemFacts(name: string, change: Partial<SystemFacts> = {}): SystemFacts {
  const facts = parseSystemFacts(machineFixture('debian-12-root'), name);
  return { ...facts, hostname: name, hostId: `boot/${name}`, ...change };
}

/** What its engine said, 20.10, in no swarm. */
export function engineFacts(change: Partial<EngineFacts> = {}): EngineFacts {
  const facts = parseEngineFacts(versionFixture(), infoFixture());
  const swarm = { state: 'inactive', nodeId: '', nodeAddress: '', isManager: false, clusterId: undefined, error: '' };
  return { ...facts, swarm: { ...swarm, remoteManagers: [] }, ...change };
}

/** A machine that is as it should be. */
export function reading(name: string, change: Partial<MachineReading> = {}): MachineReading {
  return {
    name,
    place: `root@${name}`,
    system: systemFacts(name),
    failure: undefined,
    engine: engineFacts(),
    engineFailure: undefined,
    clock: { earliestMs: -20, latestMs: 2 },
    ...change,
  };
}

/** As the adapter for ssh explains it. */
export function sshFailure(kind: SshFailureKind, seen: string, hint: string): ToolkitError {
  return new UnreachableError(`Cannot work on root@m1 by ssh: ${seen}`, {
    cause: new SshFailure(kind, seen, hint),
    hint,
  });
}

export interface RanScript {
  readonly script: string;
  readonly options: ScriptOptions;
}

/** A machine that answers a script by heart; its engine is given, if it is asked. */
export function fakeMachine(
  name: string,
  answer: (run: RanScript) => ScriptResult | Promise<ScriptResult>,
  engine?: Machine['engine'],
): Machine & { readonly ran: readonly RanScript[] } {
  const ran: RanScript[] = [];
  return {
    name,
    source: 'ssh',
    reference: `root@${name}:22`,
    access: { host: `ssh://root@${name}:22`, tls: undefined },
    ran,
    shell: {
      host: `root@${name}`,
      async runScript(script, options) {
        ran.push({ script, options });
        const result = await answer({ script, options });
        for (const line of result.stdout.split('\n')) options.onLine?.(line);
        return result;
      },
      attach: () => Promise.reject(new Error('nobody attaches')),
    },
    get engine(): Machine['engine'] {
      if (engine) return engine;
      throw new Error(`nobody asks the engine of ${name}`);
    },
    async [Symbol.asyncDispose]() {},
  };
}
