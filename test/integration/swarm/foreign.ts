import type { TestLab } from '../../helpers/lab.ts';

/**
 * Objects of somebody else, named as ours might be: nothing that we do may change them. They need no image of their own:
 * the container, which also holds a port, is started when the image is on its node; services stay without tasks.
 */
export async function makeForeignObjects(lab: TestLab): Promise<void> {
  const stack = JSON.stringify({
    version: '3.8',
    services: { master: { image: 'foreign:1', deploy: { replicas: 0, endpoint_mode: 'dnsrr' } } },
    networks: { default: { labels: { role: 'master' } } },
  });
  await lab.run('docker', ['stack', 'deploy', '--resolve-image', 'never', '-c', '-', 'spark-2'], { input: stack });
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
  await lab.run('docker', ['secret', 'create', 'spark_auth2', '-'], { input: 'secret' });
  await lab.run('docker', ['config', 'create', 'spark_lock2', '-'], { input: 'config' });
  // An image of the name of ours, so that a container can be started where nothing has been deployed yet.
  await lab.run('docker', ['load'], { input: '' });
}
