import { parse } from 'yaml';

import type { NotebookSpec } from '../../src/cluster/spec.ts';
import type { ComposeDocument, ComposeService } from '../../src/compose/compose-document.ts';
import { resolveServices } from '../../src/compose/resolve-services.ts';
import { MIB, readFixture, spec } from './builders.ts';

/** docker-compose.yml of this project, as `docker stack config` gives it. */
export const FILE = parse(readFixture('docker-stack-config/docker-compose-28.2.2.yml')) as ComposeDocument;
export const NOTEBOOK: NotebookSpec = {
  image: 'spark-swarm:latest-notebook',
  imageId: 'sha256:nnnn',
  limitBytes: 1920 * MIB,
};

/** What a test has otherwise than `spec` has it. */
export type Changes = Parameters<typeof spec>[0];
export type Services = Readonly<Record<string, ComposeService>>;

/** The services as they are deployed, by name. */
export const resolve = (changes: Changes = {}, file: ComposeDocument = FILE): Services =>
  resolveServices(file, spec(changes), { caBundlePath: '/run/ca.crt' });
/** One of them. */
export const service = (name: string, changes: Changes = {}, file: ComposeDocument = FILE): ComposeService => {
  const found = resolve(changes, file)[name];
  if (!found) throw new Error(`no service ${name}`);
  return found;
};
/** The file with a service of the user's, or another one in the place of ours. */
export const withService = (name: string, extra: ComposeService): ComposeDocument => ({
  ...FILE,
  services: { ...FILE.services, [name]: extra },
});
export const fromFile = (name: 'master' | 'worker'): ComposeService => FILE.services[name] ?? {};
