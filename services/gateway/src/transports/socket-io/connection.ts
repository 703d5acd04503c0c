import {
  CLOSE_CODES,
  type ClientToServerEvents,
  type CloseReason,
  type ServerToClientEvents,
} from '@viaduct/protocol';
import type { Socket as IoSocket } from 'socket.io';
import type { Grant } from '../../auth/grant.js';
import type { Queue } from '../../delivery/messages.js';
import type { Session } from '../../session/session.js';
import type { SessionConnection, SessionFactory } from '../transport.js';
import { received } from './command.js';
import type { JsonText } from './json-text.js';
import { FLOOD, weightOfEvent } from './strict-decoder.js';
import type { Watched } from './unsent-watch.js';

/** The events of {@link ServerToClientEvents}, with JSON text instead of envelopes. */
export interface OutgoingEvents extends Pick<ServerToClientEvents, 'closing'> {
  message(envelope: JsonText): void;
  messages(envelopes: JsonText): void;
}
export type Socket = IoSocket<ClientToServerEvents, OutgoingEvents>;

/** The most acknowledgements that a client may leave unfetched: a few megabytes, and twice what a burst of commands causes. */
const MAX_UNSENT = 10_000;

/** Sends the queues of connections: one packet for all connections with the same queue. */
export interface Broadcaster {
  write(connection: SocketIoConnection, queue: Queue, bufferSize: number): void;
  /** Sends what was written so far. */
  flush(): void;
}

/** One socket.io connection. All connections that flush the same queue receive one encoded packet. */
export class SocketIoConnection implements SessionConnection, Watched {
  readonly #owner: Broadcaster;
  readonly transport = 'socket.io';
  readonly session: Session;
  readonly batch: boolean;
  /** Whether packets wait in socket.io because the client does not read. */
  congested = false;
  /** Whether the connection is {@link congested} until the engine has sent what it has. */
  #waitsForEngine = false;
  /** Upper bound of the acknowledgements that wait in socket.io: those since the engine last sent everything. */
  unsent = 0;
  /** Code of the gateway's own reason for the end; null if the client ends it. */
  closeCode: number | null = null;

  constructor(
    readonly socket: Socket,
    owner: Broadcaster,
    readonly address: string | null,
    createSession: SessionFactory,
    grant: Grant,
  ) {
    this.#owner = owner;
    this.batch = (socket.handshake.auth as { batch?: unknown }).batch === true;
    this.session = createSession(this, grant);
  }

  /** Receives an event of the client. */
  receive(event: readonly unknown[]): void {
    if (event[0] === FLOOD) this.session.end('rate_limited');
    else this.session.receive(received(event, weightOfEvent(event), this.#acknowledges, this.#unreadable));
  }

  /** Ends the connection as the library does after an unreadable packet. */
  readonly #unreadable = (): void => {
    this.closeCode ??= CLOSE_CODES.invalid_frame.code;
    this.socket.conn.close();
  };

  write(queue: Queue, bufferSize: number): void {
    this.#owner.write(this, queue, bufferSize);
  }

  countUnsent(queue: Queue): void {
    const { conn } = this.socket;
    if (conn.transport.writable) return;
    this.session.outbox.countAsQueued(queue);
    if (this.#waitsForEngine) return;
    this.#waitsForEngine = true;
    this.congested = true;
    conn.transport.once('ready', this.#engineReady);
    conn.once('upgrade', this.#engineReady);
  }

  /** The engine has sent something, or has another transport, which may accept data. */
  readonly #engineReady = (): void => {
    const { conn } = this.socket;
    if (!this.#waitsForEngine) return;
    if (!conn.transport.writable) {
      conn.transport.once('ready', this.#engineReady);
      return;
    }
    this.#waitsForEngine = false;
    conn.off('upgrade', this.#engineReady);
    this.drained();
  };

  /** The engine has taken all packets. */
  drained(): void {
    this.unsent = 0;
    if (!this.congested || this.#waitsForEngine) return;
    this.congested = false;
    this.session.outbox.resume();
  }

  /** Acknowledgements are not in the session's queue, so this bounds those that the client does not fetch. */
  readonly #acknowledges = (): void => {
    if (++this.unsent > MAX_UNSENT) this.session.outbox.giveUp();
  };

  /** socket.io cannot stop reading, so only the session's limit of pending commands applies. */
  pauseReading(): void {}

  close(reason: CloseReason): void {
    const { code, reason: text } = CLOSE_CODES[reason];
    this.closeCode ??= code;
    // Packets that the session has written must not arrive after its end.
    this.#owner.flush();
    this.socket.emit('closing', { code, reason: text });
    this.socket.disconnect(true);
  }
}
