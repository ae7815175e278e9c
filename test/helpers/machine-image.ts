import path from 'node:path';

import { resolveEngineTarget } from '../../src/adapters/engine/engine-target.ts';
import { LocalMachine } from '../../src/adapters/labs/local-machine.ts';
import { openSetupTools } from '../../src/adapters/setup/setup-tools.ts';
import { LocalShell } from '../../src/adapters/shell/local-shell.ts';
import { runSteps } from '../../src/events.ts';
import { baseImage, baseImageStep, type DebianRelease } from '../../src/setup/set-up-base-image.ts';
import { projectRoot } from './cli.ts';
import { BUILD_LIMIT_MS, RunningCommand } from './lab-command.ts';
import { must } from './must.ts';

/** Debian 12 has Engine 20.10 and OpenSSH 9.2; Debian 13 has 26.1 and OpenSSH 10, whose server penalises bad clients. */
export type MachineRelease = DebianRelease;

/** What a stand-in is built as: with an engine, or without one and with apt's sources, so that one can be installed. */
export interface ImageWish {
  readonly release: MachineRelease;
  readonly hasEngine: boolean;
}

/** On images, so that they can be found; containers made of them have labels of their own. */
export const IMAGE_LABEL = 'io.spark-swarm.test.machine-image';

const building = new Map<string, Promise<string>>();

/** Builds the image of a stand-in, unless the engine has it. @returns its tag */
export async function buildMachineImage({ release, hasEngine }: ImageWish): Promise<string> {
  const folder = path.join(projectRoot, 'docker', 'node');
  const hash = await new LocalMachine('/nonexistent').hashFolder(folder);
  const tag = `spark-swarm-machine:${release}${hasEngine ? '' : '-bare'}-${hash}`;
  const running = building.get(tag) ?? build(tag, folder, { release, hasEngine });
  building.set(tag, running);
  return running;
}

async function build(tag: string, folder: string, { release, hasEngine }: ImageWish): Promise<string> {
  const { status } = await new RunningCommand('docker', ['image', 'inspect', tag]).ended;
  if (status === 0) return tag;
  await getBaseImage(release);
  const target = hasEngine ? 'machine' : 'bare-machine';
  const base = `BASE_IMAGE=${baseImage(release)}`;
  const words = ['--target', target, '--build-arg', base, '--label', `${IMAGE_LABEL}=`, '-t', tag, folder];
  await must('docker', ['build', ...words], { limitMs: BUILD_LIMIT_MS });
  return tag;
}

async function getBaseImage(release: MachineRelease): Promise<void> {
  const shell = new LocalShell();
  const target = await resolveEngineTarget({ context: undefined, env: process.env, shell });
  const report = (): void => {};
  const tools = openSetupTools({ env: process.env, shell, target, report });
  await runSteps([baseImageStep(tools, release)], report, new AbortController().signal);
  target.api.close();
}
