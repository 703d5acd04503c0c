import { WebSocket } from 'ws';
import type { Client } from './client.js';
import { Ledger } from './ledger.js';
import { numberOf } from './publisher.js';

export interface RawClientOptions {
  /** Such as `ws://127.0.0.1:8080/`. */
  url: string;
  channel: string;
  /** Sent before the subscription. */
  commands?: readonly string[];
}

/** Like the map clients in the field: it comes back a fixed time after it was cut off, in milliseconds. */
const RETURN_AFTER_MS = 100;

/** Until the WebSocket is open, in milliseconds; longer than nginx waits for a gateway that hangs. */
const HANDSHAKE_TIMEOUT_MS = 30_000;

const CONFIRM_SUBSCRIPTION = 'subscribed';

/** A raw WebSocket client without any cleverness: no watchdog, no growing wait. */
export class RawClient implements Client {
  readonly door = 'raw';
  readonly ledger = new Ledger();
  readonly #options: RawClientOptions;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #asked = 0;

  constructor(options: RawClientOptions) {
    this.#options = options;
    this.#connect();
  }

  ask(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
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
    const socket = new WebSocket(url, { handshakeTimeout: HANDSHAKE_TIMEOUT_MS });
    this.#socket = socket;
    socket.on('open', () => {
      for (const command of commands) socket.send(command);
      socket.send(`SUB ${channel} client_ref=${CONFIRM_SUBSCRIPTION}`);
    });
    socket.on('message', (data) => this.#take(String(data)));
    // What follows is the close event, in which all is done.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.ledger.lost();
      if (!this.#stopped) this.#timer = setTimeout(() => this.#connect(), RETURN_AFTER_MS);
    });
  }

  #take(text: string): void {
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
