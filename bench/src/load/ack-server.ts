import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Interval of the reports to publishers, in ms. */
const INTERVAL_MS = 1;

/** Reports to publishers on 127.0.0.1 how many messages have arrived: a double of 8 bytes, little-endian, per change. */
export class AckServer {
  readonly #server: Server;
  readonly #count: () => number;
  readonly #sockets = new Set<Socket>();
  #lastSent = -1;
  #timer: NodeJS.Timeout | undefined;

  private constructor(server: Server, count: () => number) {
    this.#server = server;
    this.#count = count;
    server.on('connection', (socket) => {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        if (this.#sockets.size === 0) this.#pause();
      });
      this.#lastSent = -1;
      this.#timer ??= setInterval(() => this.#sendCount(), INTERVAL_MS);
    });
  }

  /** @param count returns how many messages have arrived */
  static listen(count: () => number): Promise<AckServer> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.on('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(new AckServer(server, count)));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #sendCount(): void {
    const count = this.#count();
    if (count === this.#lastSent) return;
    this.#lastSent = count;
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(count);
    for (const socket of this.#sockets) socket.write(bytes);
  }

  #pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
