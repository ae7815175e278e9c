import type { TestLab } from '../../helpers/lab.ts';

/** On the manager; it publishes a port. */
export const FOREIGN_CONTAINER = 'spark-master';

/** Objects of somebody else, named as ours might be: nothing that we do may change them. */
export async function makeForeignObjects(lab: TestLab): Promise<void> {
  const stack = JSON.stringify({
    version: '3.8',
    services: { master: { image: 'foreign:1', deploy: { replicas: 0, endpoint_mode: 'dnsrr' } } },
  });
  const fromInput = async (input: string, ...args: readonly string[]): Promise<void> => {
    const { status, stderr } = await lab.run('docker', args, { input });
    if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  };
  await fromInput(stack, 'stack', 'deploy', '--resolve-image', 'never', '-c', '-', 'spark-2');
  await fromInput('secret', 'secret', 'create', 'spark_auth2', '-');
  await fromInput('config', 'config', 'create', 'spark_lock2', '-');
  await lab.docker(
    'service',
    'create',
    '--detach',
    '--name',
    'spark_x',
    '--replicas',
    '0',
    '--no-resolve-image',
    'foreign:1',
  );
  await lab.docker('network', 'create', '--driver', 'overlay', 'spark_x');
  await lab.docker('network', 'create', 'spark-net');
  await lab.docker('volume', 'create', 'spark_x');
  await lab.docker('volume', 'create', 'spark_data2');
  const listener = ['python3', '-m', 'http.server', '9000'];
  await lab.docker(
    'run',
    '--detach',
    '--name',
    FOREIGN_CONTAINER,
    '--entrypoint',
    '',
    '--publish',
    '9000',
    lab.image,
    ...listener,
  );
}
