import { DEFAULT_CLUSTER_NAME } from '../cluster/cluster-name.ts';
import { DEFAULT_WORKERS } from '../cluster/resolve-spec.ts';
import { DEFAULT_WORKER_CORES } from '../cluster/sizes.ts';

/** What `config init` asks for, as it is typed. */
export interface NewFileAnswers {
  readonly name: string;
  /** `undefined` leaves the choice to each command. */
  readonly platform: string | undefined;
  readonly workers: string;
  readonly workerCores: string;
  /** `undefined`: what the cores need. */
  readonly workerMemory: string | undefined;
}

export const DEFAULT_ANSWERS: NewFileAnswers = {
  name: DEFAULT_CLUSTER_NAME,
  platform: undefined,
  workers: String(DEFAULT_WORKERS),
  workerCores: String(DEFAULT_WORKER_CORES),
  workerMemory: undefined,
};

/**
 * The text of a new project file: the answers, and every other key as a comment to begin from.
 *
 * @param schema path of the JSON schema relative to the file, for editors; `undefined` where only this machine would have it
 */
export function formatNewFile(answers: NewFileAnswers, schema: string | undefined): string {
  const { name, platform, workers, workerCores, workerMemory } = answers;
  return `${schema === undefined ? '' : `# yaml-language-server: $schema=${schema}\n`}\
# A cluster of spark-swarm. Commands that are run in this folder or below take what is not typed from here.
# A flag wins over SPARK_SWARM_* in the environment, and that over this file: spark-swarm config show --origin

name: ${name}
${platform === undefined ? '# platform: swarm                 # or containers: one engine, without a swarm' : `platform: ${platform}`}
# context: my-docker-context      # else what docker itself would use

# Size
workers: ${workers}
workerCores: ${workerCores}
${workerMemory === undefined ? '# workerMemory: 6g                # else what leaves each core an executor of 1g' : `workerMemory: ${workerMemory}`}
# masterCores: 1
# masterMemory: 3200m

# Published ports: a number, 0 for a free one, or none
# ports:
#   master: 7077
#   ui: 8080
#   jupyter: 8888
#   history: 18080

# What it runs. Paths are relative to this file.
# image: spark-swarm:latest
# notebook: true                  # JupyterLab
# history: true                   # pages of applications that have ended
# data: ./data                    # the folder that is /data in the cluster
# requirements: ./requirements.txt
# jars: [./lib/driver.jar]
# conf:
#   spark.sql.shuffle.partitions: 8
# env:
#   TZ: UTC

# On a swarm: the nodes that may run workers
# constraints: [node.labels.disk==ssd]
`;
}
