import http from 'node:http';
import type { Duplex } from 'node:stream';

import type { SshConnection } from './ssh-connection.ts';
import { SshSocket } from './ssh-socket.ts';

/** HTTP to the engine of another machine; each connection is a session of one ssh connection. */
export class SshAgent extends http.Agent {
  readonly #connection: SshConnection;

  constructor(connection: SshConnection, options: http.AgentOptions) {
    super(options);
    this.#connection = connection;
  }

  override createConnection(): Duplex {
    return new SshSocket(this.#connection);
  }
}
