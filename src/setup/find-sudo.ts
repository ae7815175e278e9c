import type { Shell } from '../adapters/shell/shell.ts';
import { CommandError } from '../errors.ts';

/**
 * What goes before a command that needs root: nothing for root, `sudo -n` where it asks for no password.
 *
 * @returns undefined where neither is so
 */
export async function findSudo(shell: Shell, isRoot: boolean): Promise<readonly string[] | undefined> {
  if (isRoot) return [];
  try {
    await shell.run(['sudo', '-n', 'true']);
    return ['sudo', '-n'];
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}
