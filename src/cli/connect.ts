import * as connections from '../connections/connect.ts';
import type { Connection, Surroundings } from '../connections/connection.ts';
import type { CliContext } from './context.ts';

/** What the library needs to know of this process. */
export function surroundingsOf({ env, cwd, projectRoot, signal }: CliContext): Surroundings {
  return { env, cwd, projectRoot, signal };
}

/** Finds the platform that a command works on. */
export async function connect(cli: CliContext, options: connections.ConnectOptions): Promise<Connection> {
  return connections.connect(surroundingsOf(cli), options);
}
