import { readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The program that reads event logs, as text: it is sent to where the logs are.
 *
 * @param projectRoot the folder that holds `docker/job/`
 */
export async function readEventLogScript(projectRoot: string): Promise<string> {
  return readFile(path.join(projectRoot, 'docker', 'job', 'event-log.py'), 'utf8');
}
