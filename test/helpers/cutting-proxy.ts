import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** A way to a port that can be cut in the middle of an answer, by the number of its bytes. */
export class CuttingProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #answered = 0;
  #limit = Infinity;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(host: string, port: number): Promise<CuttingProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new CuttingProxy(server);
    server.on('connection', (client: Socket) => proxy.#join(client, connect(port, host)));
    return proxy;
  }

  /** Bytes that the other side has sent since this was last asked. */
  takeAnswered(): number {
    const bytes = this.#answered;
    this.#answered = 0;
    return bytes;
  }

  /** Cuts all connections when so many more bytes of the answer have come; those that are made afterwards live. */
  cutAfter(bytes: number): void {
    this.#limit = bytes;
  }

  #join(client: Socket, server: Socket): void {
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    server.on('data', (chunk: Buffer) => {
      this.#answered += chunk.length;
      if (chunk.length < this.#limit) {
        this.#limit -= chunk.length;
        client.write(chunk);
        return;
      }
      const rest = chunk.subarray(0, this.#limit);
      this.#limit = Infinity;
      // What was let through arrives; nothing after it does.
      client.write(rest, () => client.destroy());
      for (const socket of this.#sockets) if (socket !== client) socket.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
