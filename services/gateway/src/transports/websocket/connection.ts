import type { Duplex } from 'node:stream';
import { CLOSE_CODES, type CloseReason } from '@viaduct/protocol';
import { WebSocket } from 'ws';
import type { Grant } from '../../auth/grant.js';
import type { Queue } from '../../delivery/messages.js';
import type { Session } from '../../session/session.js';
import { FLOOD_END_MS, stopReading } from '../receive-limits.js';
import type { SessionConnection, SessionFactory } from '../transport.js';
import type { FrameEncoders } from './encoders.js';

/** Learns of the end of its connections. */
interface ConnectionOwner {
  closed(connection: RawConnection, code: number): void;
}

/** The WebSocket of `ws`, with a member for our data: shared listeners cost less than closures. */
export class RawSocket extends WebSocket {
  connection?: RawConnection;
}

/** One raw connection. It writes frames to the socket of the upgrade; `ws` reads, and does the rest of RFC 6455. */
export class RawConnection implements SessionConnection {
  readonly #socket: Duplex;
  readonly #encoders: FrameEncoders;
  readonly transport = 'raw';
  readonly session: Session;
  /** False from a heartbeat until the client gives a sign of life. */
  alive = true;
  /** True from a heartbeat that finds a message unfinished until the client finishes one. */
  unfinished = false;
  /** Code of our own reason for the end; null if the client ends it. */
  closeCode: number | null = null;

  /** @param socket the stream from the HTTP server's upgrade event */
  constructor(
    readonly webSocket: WebSocket,
    socket: Duplex,
    encoders: FrameEncoders,
    readonly owner: ConnectionOwner,
    readonly address: string | null,
    /** Called when it has ended; null if its address is not counted. */
    readonly left: (() => void) | null,
    createSession: SessionFactory,
    grant: Grant,
  ) {
    this.#socket = socket;
    this.#encoders = encoders;
    this.session = createSession(this, grant);
  }

  write(queue: Queue, bufferSize: number): void {
    if (this.webSocket.readyState === WebSocket.OPEN)
      this.#socket.write(queue.encodedBy(this.#encoders.get(bufferSize)));
  }

  get congested(): boolean {
    return this.#socket.writableNeedDrain && this.#socket.writableLength > 0;
  }

  pauseReading(paused: boolean): void {
    if (paused) this.webSocket.pause();
    else this.webSocket.resume();
  }

  close(reason: CloseReason): void {
    this.closeCode ??= CLOSE_CODES[reason].code;
    this.webSocket.close(CLOSE_CODES[reason].code, CLOSE_CODES[reason].reason);
    if (reason !== 'rate_limited') return;
    stopReading(this.webSocket);
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), FLOOD_END_MS).unref();
  }
}
