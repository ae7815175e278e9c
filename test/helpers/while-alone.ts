import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;
/** An abstract address: it is in no folder, and ends with its process. */
const ADDRESS = '\0spark-swarm-tests-leftovers';

/** Files of tests that start together would take the same leftovers away: one process of this machine does such work at a time. */
export async function whileAlone<T>(work: () => Promise<T>): Promise<T> {
  const server = await take();
  try {
    return await work();
  } finally {
    server.close();
  }
}

async function take(): Promise<Server> {
  for (;;) {
    const server = createServer();
    const listening = once(server, 'listening');
    server.listen(ADDRESS);
    try {
      await listening;
      return server;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      await sleep(POLL_MS);
    }
  }
}
