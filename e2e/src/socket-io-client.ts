import { io, type Socket } from 'socket.io-client';
import type { Client, TransportName } from './client.js';
import { Ledger } from './ledger.js';
import { numberOf } from './publisher.js';

type Answer = { status: string };

/** A socket.io client that reconnects as the library does. */
export class SocketIoClient implements Client {
  readonly transport: TransportName;
  readonly ledger = new Ledger();
  readonly #socket: Socket;
  #asked = 0;

  /** @param url such as `http://127.0.0.1:8080` */
  constructor(url: string, channel: string, transport: 'polling' | 'websocket') {
    this.transport = transport === 'polling' ? 'socket.io over polling' : 'socket.io over WebSocket';
    // With credentials, so that every request has the cookie that names the session's gateway.
    this.#socket = io(url, { transports: [transport], withCredentials: true, forceNew: true });
    this.#socket.on('connect', () =>
      this.#socket.emit('sub', { channel }, ({ status }: Answer) => {
        if (status === 'ok') this.ledger.subscribed();
      }),
    );
    this.#socket.on('message', ({ source, content }: { source: string; content: unknown }) => {
      const number = source === channel ? numberOf(content) : undefined;
      if (number !== undefined) this.ledger.received(number);
    });
    this.#socket.on('closing', () => this.ledger.lost());
    this.#socket.on('disconnect', (reason) => {
      this.ledger.lost();
      // After the server has ended a connection, the library leaves reconnecting to the application.
      if (reason === 'io server disconnect') this.#socket.connect();
    });
    this.ledger.attempted();
    this.#socket.io.on('reconnect_attempt', () => this.ledger.attempted());
  }

  ask(): void {
    if (!this.#socket.connected) return;
    this.#asked += 1;
    const reference = String(this.#asked);
    this.ledger.asked(reference);
    this.#socket.emit('ping', {}, () => this.ledger.answered(reference));
  }

  stop(): void {
    this.#socket.disconnect();
  }
}
