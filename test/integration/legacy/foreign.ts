import { theEngine } from '../../helpers/lab-tests.ts';

/** Somebody else's, with names that the older scripts took for theirs. */
export async function makeForeign(): Promise<void> {
  const { label, name, image } = theEngine();
  await theEngine().docker('network', 'create', ...label, `spark-net-${name}`);
  const flags = ['--detach', '--name', `spark-slave1-${name}`, '--network', `spark-net-${name}`];
  await theEngine().docker('run', ...flags, ...label, '--entrypoint', 'sleep', image, 'infinity');
}

/** The container's process and the network, by their ids. */
export async function readForeign(): Promise<{ readonly container: string; readonly network: string }> {
  const { name } = theEngine();
  const format = '{{.Id}} {{.State.Status}} {{.State.StartedAt}} {{.RestartCount}}';
  return {
    container: await theEngine().docker('inspect', '--format', format, `spark-slave1-${name}`),
    network: await theEngine().docker(
      'network',
      'inspect',
      '--format',
      '{{.Id}} {{len .Containers}}',
      `spark-net-${name}`,
    ),
  };
}
