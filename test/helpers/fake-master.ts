import http from 'node:http';
import type { AddressInfo } from 'node:net';

import type { MasterState } from '../../src/spark/master-state.ts';
import { masterPage, masterState } from './builders.ts';

/** A Spark master's pages on a free port of this machine. */
export class FakeMaster implements AsyncDisposable {
  state: MasterState = masterState();
  /** Further pages, by path. */
  readonly pages = new Map<string, string>();
  readonly #server: http.Server;

  private constructor() {
    this.#server = http.createServer((request, response) => {
      const page = request.url === '/json/' ? masterPage(this.state) : this.pages.get(request.url ?? '');
      if (page === undefined) response.writeHead(404).end();
      else response.end(page);
    });
  }

  static async start(): Promise<FakeMaster> {
    const master = new FakeMaster();
    await new Promise<void>((resolve) => master.#server.listen(0, '127.0.0.1', resolve));
    return master;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
