import { connect, type Socket } from 'node:net';
import { clientFrame, MASK_KEY, OPCODE, upgradeRequest } from '@viaduct/testkit/frames';
import { FrameReader } from './frames.js';
import { KEY, UpgradeResponse } from './handshake.js';

/** The protocol of a client: plain text frames, or engine.io 4 with socket.io 5. */
export type TransportName = 'raw' | 'socket.io';

export interface ClientOptions {
  port: number;
  transport: TransportName;
  /** Offers permessage-deflate. */
  deflate: boolean;
  /** Asks socket.io for lists of envelopes (`auth: { batch: true }`). */
  batch: boolean;
}

/** Events of a client. Bytes are only valid during the call. */
export interface ClientObserver {
  /** The connection accepts commands. */
  open(client: Client): void;
  /** Bytes arrived: one read, and about one write of the server. */
  read(): void;
  /** A frame arrived, which may have a message. `first` is the frame's first byte. */
  frame(client: Client, first: number, bytes: Buffer, start: number, length: number): void;
  /** The connection has ended, or could not be made. Called once; not after `close()`. */
  ended(client: Client, why: string): void;
}

/** Only one read is handled at a time, so all connections share this memory. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

const ENGINE_PATH = '/socket.io/?EIO=4&transport=websocket';
const CHAR = { open: 0x30, ping: 0x32, message: 0x34 } as const;
const PONG_PACKET = Buffer.from('3');

/** One WebSocket connection of the load generator. */
export class Client {
  readonly #options: ClientOptions;
  readonly #observer: ClientObserver;
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  #upgrade: UpgradeResponse | null = new UpgradeResponse();
  #done = false;

  constructor(
    readonly index: number,
    options: ClientOptions,
    observer: ClientObserver,
  ) {
    this.#options = options;
    this.#observer = observer;
    const { port, transport, deflate } = options;
    this.#frames = new FrameReader((first, bytes, start, length) => this.#frame(first, bytes, start, length));
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          this.#read(length);
          return true;
        },
      },
    });
    this.#socket.write(
      upgradeRequest(transport === 'raw' ? '/' : ENGINE_PATH, {
        host: `127.0.0.1:${port}`,
        key: KEY,
        extensions: deflate ? 'permessage-deflate; server_no_context_takeover' : '',
      }),
    );
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('cut'));
  }

  /** Sends a command of the text protocol, through either transport. */
  command(line: string): void {
    const text = this.#options.transport === 'raw' ? line : `42["command",${JSON.stringify(line)}]`;
    this.#send(OPCODE.text, Buffer.from(text));
  }

  /** Cuts the connection. */
  close(): void {
    this.#done = true;
    this.#socket.destroy();
  }

  #send(opcode: number, payload: Buffer): void {
    this.#socket.write(clientFrame(payload, { opcode, mask: MASK_KEY }));
  }

  #read(length: number): void {
    if (this.#done) return;
    this.#observer.read();
    try {
      this.#frames.feed(READ_BUFFER, this.#upgraded(length), length);
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  /** Where the frames begin in the read bytes. */
  #upgraded(length: number): number {
    if (this.#upgrade === null) return 0;
    const at = this.#upgrade.feed(READ_BUFFER, length);
    if (at === -1) return length;
    this.#upgrade = null;
    if (this.#options.transport === 'raw') this.#observer.open(this);
    return at;
  }

  #frame(first: number, bytes: Buffer, start: number, length: number): void {
    const opcode = first & 0x0f;
    if (opcode === OPCODE.ping) this.#send(OPCODE.pong, Buffer.from(bytes.subarray(start, start + length)));
    else if (opcode === OPCODE.close) this.#end(closeText(bytes.subarray(start, start + length)));
    else if (opcode === OPCODE.pong) return;
    else if (this.#options.transport === 'raw' || bytes[start] === CHAR.message) {
      if (this.#options.transport === 'socket.io' && bytes[start + 1] === CHAR.open)
        this.#observer.open(this);
      else this.#observer.frame(this, first, bytes, start, length);
    } else this.#engine(bytes[start] ?? 0);
  }

  /** A packet of engine.io itself: the greeting, which is answered with a socket.io CONNECT, or a heartbeat. */
  #engine(type: number): void {
    if (type === CHAR.ping) this.#send(OPCODE.text, PONG_PACKET);
    else if (type === CHAR.open)
      this.#send(OPCODE.text, Buffer.from(this.#options.batch ? '40{"batch":true}' : '40'));
    else this.#end(`engine.io packet ${String.fromCharCode(type)}`);
  }

  #end(why: string): void {
    if (this.#done) return;
    this.close();
    this.#observer.ended(this, why);
  }
}

function closeText(payload: Buffer): string {
  return payload.length < 2
    ? 'closed'
    : `closed ${payload.readUInt16BE(0)} ${payload.toString('utf8', 2)}`.trim();
}
