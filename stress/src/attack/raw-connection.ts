import { connect, type Socket } from 'node:net';
import { clientFrame, upgradeRequest } from '@viaduct/testkit/frames';

export interface ConnectionOptions {
  port: number;
  /** The local address to connect from. */
  address: string;
  /** Path of a WebSocket handshake; null to send nothing. */
  path: string | null;
  /** False if it never reads what the gateway sends after the handshake. */
  reads: boolean;
  /** Header lines of the handshake. */
  headers?: readonly string[];
}

/** A TCP connection that speaks WebSocket by hand, and spends no time on what it receives. */
export class RawConnection {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves when the gateway has accepted the handshake, or with null if it refuses or closes the connection. */
  static open({
    port,
    address,
    path,
    reads,
    headers = [],
  }: ConnectionOptions): Promise<RawConnection | null> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: address });
      socket.on('error', () => undefined);
      socket.once('close', () => resolve(null));
      socket.once('connect', () => {
        if (path === null) resolve(new RawConnection(socket.resume()));
        else socket.write(upgradeRequest(path, { headers }));
      });
      if (path === null) return;
      socket.once('data', (answer) => {
        if (!answer.toString('latin1').startsWith('HTTP/1.1 101')) {
          socket.destroy();
          return;
        }
        if (reads) socket.resume();
        else socket.pause();
        resolve(new RawConnection(socket));
      });
    });
  }

  /** How much it has received, in bytes. */
  get received(): number {
    return this.#socket.bytesRead;
  }

  get isOpen(): boolean {
    return this.#socket.writable;
  }

  /** Whether the kernel accepts more at the moment. */
  get acceptsData(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  /** Sends commands, each in a frame, in one write. */
  send(...commands: readonly string[]): void {
    this.write(Buffer.concat(commands.map((command) => clientFrame(command))));
  }

  write(bytes: string | Uint8Array): void {
    if (this.isOpen) this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }
}
