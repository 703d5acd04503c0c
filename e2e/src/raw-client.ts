import { WebSocket } from 'ws';
import type { Client, TransportName } from './client.js';
import { Ledger } from './ledger.js';
import { numberOf } from './publisher.js';
import { now } from './time.js';

export interface RawClientOptions {
  /** Such as `ws://127.0.0.1:8080/`. */
  url: string;
  channel: string;
  /** Sent before the subscription. */
  commands?: readonly string[];
  /**
   * Whether it sends commands, and drops a connection without answers. A client that does not learns about a dead
   * connection only from nginx.
   */
  watchful: boolean;
}

/** It reconnects a fixed time after the end of its connection, in milliseconds, as the map clients in the field do. */
const RETURN_AFTER_MS = 100;

/** Timeout for opening the WebSocket, in milliseconds; longer than nginx waits for a gateway that hangs. */
const HANDSHAKE_TIMEOUT_MS = 30_000;

const CONFIRM_SUBSCRIPTION = 'subscribed';

/** How long a watchful client waits for an answer, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Reports the end when the close frame arrives, not only when the connection is gone. */
class CloseFrameWebSocket extends WebSocket {
  onCloseFrame: (() => void) | undefined;

  /** Called by us, and by the library to answer the close frame of the other side. */
  override close(code?: number, reason?: string | Buffer): void {
    this.onCloseFrame?.();
    super.close(code, reason);
  }
}

/** A raw WebSocket client that always reconnects after the same short time. */
export class RawClient implements Client {
  readonly transport: TransportName;
  readonly ledger = new Ledger();
  readonly #options: RawClientOptions;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #asked = 0;
  /** When the last sign of life arrived. */
  #heardAt = 0;

  constructor(options: RawClientOptions) {
    this.transport = options.watchful ? 'raw, watchful' : 'raw, silent';
    this.#options = options;
    this.#connect();
  }

  ask(): void {
    if (!this.#options.watchful || this.#socket?.readyState !== WebSocket.OPEN) return;
    if (now() - this.#heardAt > PATIENCE_MS) {
      this.#socket.terminate();
      return;
    }
    this.#asked += 1;
    const reference = String(this.#asked);
    this.ledger.asked(reference);
    this.#socket.send(`PING client_ref=${reference}`);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  #connect(): void {
    const { url, channel, commands = [] } = this.#options;
    this.ledger.attempted();
    const socket = new CloseFrameWebSocket(url, { handshakeTimeout: HANDSHAKE_TIMEOUT_MS });
    this.#socket = socket;
    socket.onCloseFrame = () => this.ledger.lost();
    socket.on('open', () => {
      this.#heardAt = now();
      for (const command of commands) socket.send(command);
      socket.send(`SUB ${channel} client_ref=${CONFIRM_SUBSCRIPTION}`);
    });
    socket.on('message', (data) => this.#take(String(data)));
    // The close event follows, which does everything.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.ledger.lost();
      if (!this.#stopped) this.#timer = setTimeout(() => this.#connect(), RETURN_AFTER_MS);
    });
  }

  #take(text: string): void {
    this.#heardAt = now();
    const { source, content, client_reference } = JSON.parse(text) as {
      source: string;
      content: unknown;
      client_reference: string | null;
    };
    if (client_reference === CONFIRM_SUBSCRIPTION) this.ledger.subscribed();
    else if (client_reference !== null) this.ledger.answered(client_reference);
    const number = source === this.#options.channel ? numberOf(content) : undefined;
    if (number !== undefined) this.ledger.received(number);
  }
}
