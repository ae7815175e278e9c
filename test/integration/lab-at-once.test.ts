import { randomBytes } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { EngineApi, type RequestOptions } from '../../src/adapters/engine/engine-api.ts';
import { openLabTools } from '../../src/adapters/labs/lab-tools.ts';
import { LocalShell } from '../../src/adapters/shell/local-shell.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { downLab } from '../../src/lab/down-lab.ts';
import { readLab } from '../../src/lab/read-lab.ts';
import { upLab } from '../../src/lab/up-lab.ts';
import { projectRoot } from '../helpers/cli.ts';
import { waitFor } from '../helpers/wait-for.ts';

test('two labs that come up at once get a network each', async (t) => {
  t.timeout(900_000);
  const name = `lab-at-once-${randomBytes(3).toString('hex')}`;
  const rival = `${name}-rival`;
  const data = await realpath(await mkdtemp(path.join(tmpdir(), `${name}-`)));
  const shell = new LocalShell();
  // On an engine that has just been installed it makes the image of the nodes.
  const signal = AbortSignal.timeout(600_000);
  const tools = await openLabTools({ context: undefined, env: process.env, shell, projectRoot });
  let taken = '';
  /** In the last moment somebody else makes a network of the subnet that the lab has chosen. */
  class OvertakenApi extends EngineApi {
    override async post<T>(url: string, options: RequestOptions = {}): Promise<T> {
      if (url === '/networks/create' && taken === '') {
        const { IPAM } = options.body as { readonly IPAM: { readonly Config: readonly { readonly Subnet: string }[] } };
        taken = IPAM.Config[0]?.Subnet ?? '';
        // Or another lab has done so by chance.
        await shell.run(['docker', 'network', 'create', '--subnet', taken, rival]).catch(unless(/overlaps/));
      }
      return super.post<T>(url, options);
    }
  }
  const outer = { ...tools.outer, api: new OvertakenApi(tools.outer.api.endpoint) };
  const details: string[] = [];
  const report = (event: ProgressEvent): void => {
    if (event.type === 'step-done' && event.id === 'network') details.push(event.detail ?? '');
  };
  try {
    const made = await upLab({ name, nodes: 1, data }, { ...tools, outer }, { signal, report });
    t.not(made.subnet, taken);
    t.regex(details.join('\n'), new RegExp(`^${made.subnet}: somebody took ${taken} meanwhile; MTU \\d+$`));
    const { healthy } = await waitFor('a healthy lab', {
      read: async () => readLab({ name }, tools, signal),
      until: (lab) => lab.healthy,
      limitMs: 180_000,
    });
    t.true(healthy);
  } finally {
    await downLab({ name, volumes: true }, tools, { report: () => {}, signal: AbortSignal.timeout(180_000) });
    await shell.run(['docker', 'network', 'rm', rival]).catch(unless(/No such network|not found/));
    await rm(data, { recursive: true });
  }
});

function unless(expected: RegExp): (error: unknown) => void {
  return (error) => {
    if (!expected.test(String(error))) throw error;
  };
}
