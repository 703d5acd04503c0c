import { connect, type Socket } from 'node:net';
import { upgradeRequest } from '../fuzz/tcp.js';

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

const OPCODES = { continuation: 0, text: 1, binary: 2, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  opcode?: keyof typeof OPCODES;
  /** False if more frames of the message follow. */
  final?: boolean;
  /** The length in the header, if it is not that of the payload. */
  claimed?: number;
}

/** A masked frame (RFC 6455 section 5.2). The mask is zero, so that it costs the attacker nothing. */
export function frame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const body = Buffer.from(payload);
  const { opcode = 'text', final = true, claimed = body.length } = options;
  const size = claimed < 126 ? 0 : claimed < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + size + 4);
  header[0] = (final ? 0x80 : 0) | OPCODES[opcode];
  header[1] = 0x80 | (size === 0 ? claimed : size === 2 ? 126 : 127);
  if (size === 2) header.writeUInt16BE(claimed, 2);
  if (size === 8) header.writeBigUInt64BE(BigInt(claimed), 2);
  return Buffer.concat([header, body]);
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
        else socket.write(upgradeRequest(path, '', headers));
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
  get isFluid(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  /** Sends commands, each in a frame, in one write. */
  send(...commands: readonly string[]): void {
    this.write(Buffer.concat(commands.map((command) => frame(command))));
  }

  write(bytes: string | Uint8Array): void {
    if (this.isOpen) this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }
}
