import { BUILD_LIMIT_MS } from './lab-command.ts';
import { must } from './must.ts';

/** Gives the image that tests work with, which is built where it is the project's own, one more name. */
export async function tagTestImage(name: string): Promise<void> {
  const source = process.env['TEST_IMAGE'] ?? 'spark-swarm:latest';
  if (source === 'spark-swarm:latest') await must('bin/build-image', [], { limitMs: BUILD_LIMIT_MS });
  await must('docker', ['tag', source, name]);
}
