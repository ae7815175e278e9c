import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { NotFoundError } from '../../src/errors.ts';
import { DEFAULT_IMAGE, type BenchLab } from '../bench-lab.ts';
import { byTurns, type Bench, type Group } from '../bench.ts';
import type { Figure } from '../figures.ts';
import { run } from '../run.ts';

const IMAGE = DEFAULT_IMAGE;
const NOTEBOOK_IMAGE = 'spark-swarm-notebook:latest';
const CHANGED_IMAGE = 'spark-swarm-bench:changed';
const CHANGE_BYTES = 3_000_000;

/** P10: the image comes to the nodes. */
export const shipGroup: Group = { marks: ['P10'], measure: measureShipping };

interface Pushed {
  readonly nodes: readonly { readonly sentBytes: number }[];
}

async function measureShipping(bench: Bench): Promise<readonly Figure[]> {
  const { lab } = bench;
  const first: number[] = [];
  const floors: number[] = [];
  const byHand: number[] = [];
  const second: number[] = [];
  const layers: number[] = [];
  const pair = async (): Promise<void> => {
    await forget(lab, [IMAGE, CHANGED_IMAGE]);
    const load = `docker save ${IMAGE} | docker --host "$DOCKER_HOST_OF_NODE" load`;
    floors.push((await run('sh', ['-c', load], { env: { DOCKER_HOST_OF_NODE: lab.env['DOCKER_HOST'] } })).ms);
    await forget(lab, [IMAGE]);
    byHand.push((await run('bash', ['-c', LOAD_INTO_THREE], { env: hosts(lab) })).ms);
    await forget(lab, [IMAGE]);
    first.push((await push(lab, IMAGE)).ms);

    layers.push(await buildChanged());
    const { nodes } = JSON.parse((await push(lab, CHANGED_IMAGE)).stdout) as Pushed;
    second.push(Math.max(...nodes.map(({ sentBytes }) => sentBytes)));
  };
  try {
    await byTurns(bench, bench.longPairs, pair);
  } finally {
    await run('docker', ['rmi', '--force', CHANGED_IMAGE]);
  }
  await forget(lab, [CHANGED_IMAGE]);
  return [
    {
      id: 'P10',
      title: 'image push to 3 nodes that have nothing of it',
      floorTitle: 'docker save | docker load into one of them',
      unit: 'ms',
      marks: [{ kind: 'ratio', most: 1.3 }],
      samples: first,
      floors,
    },
    // Three engines on one machine unpack on the same cores, which no way of sending can change.
    {
      id: 'P10',
      title: 'the same, against doing it by hand',
      floorTitle: 'docker save | tee into three docker load',
      unit: 'ms',
      marks: [{ kind: 'ratio', most: 1.1 }],
      samples: first,
      floors: byHand,
    },
    {
      id: 'P10',
      title: 'push again after a change in the last layer, per node',
      floorTitle: "that layer's size",
      unit: 'bytes',
      marks: [{ kind: 'ratio', most: 1.05 }],
      samples: second,
      floors: layers,
    },
  ];
}

/** The best plain way: read once, and all at the same time. */
const LOAD_INTO_THREE = `
docker save ${IMAGE} | tee >(docker --host "$NODE_1" load) >(docker --host "$NODE_2" load) | docker --host "$NODE_3" load
wait`;

function hosts(lab: BenchLab): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lab.nodes.map(({ endpoint }, index) => [
      `NODE_${index + 1}`,
      endpoint.kind === 'unix' ? `unix://${endpoint.socketPath}` : '',
    ]),
  );
}

async function push(lab: BenchLab, image: string): ReturnType<typeof run> {
  return run('bin/spark-swarm', ['image', 'push', image, '--context', `spark-${lab.name}`, '-o', 'json', '-q']);
}

async function forget(lab: BenchLab, images: readonly string[]): Promise<void> {
  await Promise.all(
    lab.nodes.map(async (api) => {
      for (const image of images) {
        await api.delete(`/images/${image}`, { query: { force: true }, timeoutMs: 0 }).catch((error: unknown) => {
          if (!(error instanceof NotFoundError)) throw error;
        });
      }
    }),
  );
}

/** @returns bytes of the layer that is new */
async function buildChanged(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-bench-'));
  try {
    await writeFile(path.join(folder, 'Dockerfile'), `FROM ${IMAGE}\nCOPY change /opt/change\n`);
    await writeFile(path.join(folder, 'change'), randomBytes(CHANGE_BYTES));
    await run('docker', ['build', '--quiet', '--tag', CHANGED_IMAGE, folder]);
    return (await readSize(CHANGED_IMAGE)) - (await readSize(IMAGE));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readSize(image: string): Promise<number> {
  return Number((await run('docker', ['image', 'inspect', '--format', '{{.Size}}', image])).stdout);
}

/** P15: how big the images are. */
export const sizeGroup: Group = { marks: ['P15'], measure: measureSizes };

async function measureSizes(): Promise<readonly Figure[]> {
  const figure = async (title: string, image: string, most: number): Promise<readonly Figure[]> => {
    const found = (await run('docker', ['image', 'ls', '--quiet', image])).stdout.trim() !== '';
    if (!found) return [];
    return [
      {
        id: 'P15',
        title,
        floorTitle: '',
        unit: 'bytes',
        marks: [{ kind: 'value', most }],
        samples: [await readSize(image)],
        floors: [],
      },
    ];
  };
  return [
    ...(await figure('image with Python, pandas, pyarrow', IMAGE, 0.85e9)),
    ...(await figure('image with JupyterLab too (bin/build-image --target notebook)', NOTEBOOK_IMAGE, 1.0e9)),
  ];
}
