import { connect, type Socket } from 'node:net';

/** How many messages have reached all their recipients, according to the receivers. */
export class Acks {
  readonly #sockets: readonly Socket[];
  readonly #counts: number[];
  #wake: () => void = () => undefined;

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
    this.#counts = sockets.map(() => 0);
    sockets.forEach((socket, i) => {
      const reader = new NumberReader((count) => {
        this.#counts[i] = count;
      });
      socket.on('data', (chunk) => {
        reader.feed(chunk);
        this.#wake();
      });
    });
  }

  static async open(ports: readonly number[]): Promise<Acks> {
    return new Acks(await Promise.all(ports.map(connected)));
  }

  get count(): number {
    return Math.min(...this.#counts);
  }

  /** Resolves with the next report, or after 50 ms. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 50);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () => resolve(socket));
    socket.on('error', reject);
  });
}

/** Reads doubles of 8 bytes from a stream, little-endian. */
class NumberReader {
  readonly #onNumber: (value: number) => void;
  #rest = Buffer.alloc(0);

  constructor(onNumber: (value: number) => void) {
    this.#onNumber = onNumber;
  }

  feed(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (; bytes.length - at >= 8; at += 8) this.#onNumber(bytes.readDoubleLE(at));
    this.#rest = Buffer.from(bytes.subarray(at));
  }
}
