import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { resolveEngineTarget, type EngineTarget } from '../../adapters/engine/engine-target.ts';
import { LocalShell } from '../../adapters/shell/local-shell.ts';
import type { CliContext } from '../context.ts';

/** An engine that does not answer is reported within this. */
export const INFO_TIMEOUT_MS = 5000;

export interface ContextOptions {
  readonly context?: string;
}

export async function findEngine({ context }: ContextOptions, cli: CliContext): Promise<EngineTarget> {
  return resolveEngineTarget({ context, env: cli.env, shell: new LocalShell() });
}

export function closeAll(apis: readonly EngineApi[]): void {
  for (const api of apis) api.close();
}

/** Twelve digits, as docker shows an id. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
