import type { Report } from '../../events.ts';
import type { SetupTools } from '../../setup/setup-host.ts';
import type { EngineTarget } from '../engine/engine-target.ts';
import type { Shell } from '../shell/shell.ts';
import { LocalHost } from './local-host.ts';

export interface SetupToolsChoice {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly shell: Shell;
  readonly target: EngineTarget;
  readonly report: Report;
}

/** What this machine is set up with. */
export function openSetupTools({ env, shell, target, report }: SetupToolsChoice): SetupTools {
  return { host: new LocalHost(env), shell, target, report };
}
