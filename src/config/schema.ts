import * as z from 'zod';

import { PLATFORM_KINDS } from '../cluster/cluster.ts';
import type { KeyName } from './keys.ts';

const coresOf = (whose: string): z.ZodType =>
  z
    .number()
    .min(0.1)
    .max(1024)
    .describe(`Cores of ${whose}, like 2 or 0.5: --${whose === 'the master' ? 'master' : 'worker'}-cores.`);

const size = z.string().regex(/^[1-9][0-9]*[kKmMgGtT][bB]?$/);
const port = z.union([z.int().min(0).max(65_535), z.literal('none')]);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const path = z.string().min(1);

const keys = {
  name: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/)
    .describe('The cluster: --name. Default: spark.'),
  context: z.string().min(1).describe('Docker context to use: --context. Default: what docker itself would use.'),
  platform: z.enum(PLATFORM_KINDS).describe('Where the cluster lives: --platform.'),
  image: z.string().min(1).describe('Image to run: --image. Default: spark-swarm:latest.'),
  registry: z.string().min(1).describe('Registry and path that nodes pull the image from, on a swarm: --registry.'),
  workers: z.int().min(1).max(1000).describe('How many workers: --workers. Default: as many as now, or 2.'),
  workerCores: coresOf('one worker'),
  workerMemory: size.describe("One worker's whole limit, like 1792m or 6g: --worker-memory."),
  masterCores: coresOf('the master'),
  masterMemory: size.describe("The master's limit, daemon and drivers, like 3200m: --master-memory."),
  ports: z
    .strictObject({ master: port.optional(), ui: port.optional(), jupyter: port.optional(), history: port.optional() })
    .describe('Published ports: --port NAME=PORT. 0 takes a free one, none publishes none.'),
  bind: z.string().min(1).describe('Address on which ports are published: --bind.'),
  constraints: z.array(z.string()).describe('Nodes that may run workers, like node.labels.disk==ssd: --constraint.'),
  file: path.describe('A compose file of your own, relative to this file: --file.'),
  conf: z.record(z.string(), scalar).describe('Spark properties of the whole cluster: --conf NAME=VALUE.'),
  env: z.record(z.string(), scalar).describe("Variables in the cluster's containers: --env NAME=VALUE."),
  requirements: path.describe('Python packages on top of the image, relative to this file: --requirements.'),
  jars: z.array(path).describe('Jars on top of the image, relative to this file: --jar.'),
  data: path.describe('Folder that is /data in the cluster, relative to this file: --data.'),
  notebook: z.boolean().describe("JupyterLab on the master's machine: --notebook."),
  history: z.boolean().describe("Spark's history server on the master's machine: --history."),
  timeout: z
    .string()
    .regex(/^[1-9][0-9]{0,8}(ms|s|m|h|d)$/)
    .describe('How long to wait, like 90s or 5m: --timeout.'),
} satisfies Readonly<Record<KeyName, z.ZodType>>;

/** What a project file may hold. Values are checked a second time by their flags' own parsers, which say more. */
export const projectFileSchema = z.strictObject(keys).partial();

/** The schema as editors read it. */
export function projectFileJsonSchema(): object {
  // Draft 7 is what the editors' YAML support knows best. Its own name, an address, is left out: no file of ours has one.
  const { $schema: _, ...rest } = z.toJSONSchema(projectFileSchema, { target: 'draft-7' });
  return {
    title: 'spark-swarm.yaml',
    description: 'A cluster of spark-swarm. Each key stands for the flag of the same name; a flag that is typed wins.',
    ...rest,
  };
}
