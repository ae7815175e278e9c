import { JUPYTER, type Endpoint } from '../cluster/endpoints.ts';
import type { Connection } from '../connections/connection.ts';
import { readNotebookUrl } from '../operations/notebook.ts';
import type { CliContext } from './context.ts';
import type { OutputFormat } from './options.ts';

type Shown = Pick<Endpoint, 'name' | 'address'>;

/** The addresses as they are printed: the notebook's with its token on a terminal, where only a person reads it. */
export async function revealToken(
  { stdout }: CliContext,
  endpoints: readonly Shown[],
  {
    connection,
    cluster,
    output,
  }: { readonly connection: Connection; readonly cluster: string; readonly output: OutputFormat },
): Promise<readonly Shown[]> {
  const shown = endpoints.map(({ name, address }) => ({ name, address }));
  if (!stdout.isTTY || output !== 'table' || shown.every(({ name }) => name !== JUPYTER)) return shown;
  const url = await readNotebookUrl(connection, cluster).catch(() => undefined);
  return shown.map((endpoint) =>
    endpoint.name === JUPYTER && url !== undefined ? { ...endpoint, address: url } : endpoint,
  );
}
