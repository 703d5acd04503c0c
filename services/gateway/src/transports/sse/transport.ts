import type { ServerResponse } from 'node:http';
import type { Bbox, View } from '@viaduct/geo-worker';
import { CLOSE_CODES, type CloseReason, type CommandLine, type ErrorStatus } from '@viaduct/protocol';
import { type Admitted, HandshakeGuard, type HandshakeOptions } from '../../admission/handshake.js';
import type { Grant } from '../../auth/grant.js';
import type { Queue } from '../../delivery/messages.js';
import type { Session } from '../../session/session.js';
import {
  BROKEN,
  type SessionConnection,
  type SessionFactory,
  type Transport,
  type TransportObserver,
} from '../transport.js';
import type { Framing } from './framing.js';

/** The time in which the last events must be sent, in ms, before the connection is cut. */
const CLOSE_TIMEOUT_MS = 5_000;

/** What a client wants to be shown. */
export interface Watch {
  readonly channel: string;
  readonly view: Pick<View, 'axisOrder' | 'crs'>;
  /** Null for all places. */
  readonly box: { readonly bbox: Bbox; readonly isInViewCrs: boolean } | null;
  /** Id of the last event that the client has received from an earlier stream with this view; null for none. */
  readonly since: string | null;
}

/** The view cannot be shown: the error with which a command of the session failed. */
export class WatchRefusal extends Error {
  override readonly name = 'WatchRefusal';

  constructor(readonly status: ErrorStatus) {
    super(status.message);
  }
}

export interface SseOptions extends HandshakeOptions {
  /** The time between two heartbeats, in ms. A connection that accepts no data between them is cut. */
  readonly heartbeatMs: number;
}

/** One endless answer. */
class SseConnection implements SessionConnection {
  readonly transport = 'sse';
  readonly session: Session;
  readonly address: string | null;
  /** False from a heartbeat until the client accepts some data, while the connection is congested. */
  alive = true;
  /** Code of the gateway's own reason for the end; null if the client ends it. */
  closeCode: number | null = null;
  readonly #response: ServerResponse;
  readonly #begin: () => void;
  readonly #framing: Framing;

  /** @param begin called before the first event is written, and each later one */
  constructor(
    response: ServerResponse,
    { address, grant }: Admitted,
    createSession: (connection: SseConnection, grant: Grant) => Session,
    framing: Framing,
    begin: () => void,
  ) {
    this.#response = response;
    this.#framing = framing;
    this.#begin = begin;
    this.address = address;
    this.session = createSession(this, grant);
  }

  write(queue: Queue): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#begin();
    const bytes = this.#framing.write(queue);
    if (bytes.length > 0) this.#response.write(bytes);
    // Not while the outbox is writing.
    if (this.#framing.isOver) queueMicrotask(() => this.session.end('normal'));
  }

  get congested(): boolean {
    return this.#response.writableNeedDrain;
  }

  /** There are no commands to read. */
  pauseReading(): void {}

  close(reason: CloseReason): void {
    const { code, reason: text } = CLOSE_CODES[reason];
    this.closeCode ??= code;
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#begin();
    this.#response.end(this.#framing.end(code, text));
    setTimeout(() => this.#response.destroy(), CLOSE_TIMEOUT_MS).unref();
  }

  /** Shows proxies and the client that the connection is alive, and cuts one that accepts no data. */
  beat(): void {
    if (!this.congested) {
      this.alive = true;
      if (this.#response.headersSent && !this.#response.writableEnded)
        this.#response.write(this.#framing.heartbeat);
    } else if (this.alive) this.alive = false;
    else {
      this.closeCode ??= CLOSE_CODES.heartbeat_timeout.code;
      this.#response.destroy();
    }
  }
}

/** Endless answers, such as event streams (Server-Sent Events): live views for clients that only read. */
export class SseTransport implements Transport {
  readonly connections = new Set<SseConnection>();
  readonly handshakes: HandshakeGuard;
  readonly #createSession: SessionFactory;
  readonly #observer: TransportObserver;
  readonly #options: SseOptions;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(createSession: SessionFactory, observer: TransportObserver, options: SseOptions) {
    this.#createSession = createSession;
    this.#observer = observer;
    this.#options = options;
    this.handshakes = new HandshakeGuard('sse', options, observer);
    this.#heartbeat = setInterval(() => {
      for (const connection of this.connections) connection.beat();
    }, options.heartbeatMs);
  }

  get size(): number {
    return this.connections.size + this.handshakes.entering;
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const { session } of this.connections) session.end('going_away');
  }

  /**
   * Shows a live view. Resolves when the answer has begun, which then lasts as long as the connection.
   *
   * @param headers additional headers of the answer
   * @throws WatchRefusal if the view cannot be shown; there is no answer yet then
   */
  open(
    response: ServerResponse,
    admitted: Admitted,
    watch: Watch,
    framing: Framing,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    // It has ended, or waits behind another answer of its connection: in both cases it might never report its end.
    if (response.destroyed || response.socket === null) {
      response.req.socket.destroy();
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        if (response.headersSent) return;
        beginAnswer(response, framing, headers);
        resolve();
      };
      const connection = new SseConnection(response, admitted, this.#createSession, framing, begin);
      this.#enter(connection, response);
      const refuse = (status: ErrorStatus): void => {
        if (response.headersSent) {
          response.end(framing.refuse(status));
          return;
        }
        this.#leave(connection, BROKEN);
        reject(new WatchRefusal(status));
      };
      for (const line of commandsFor(watch)) {
        connection.session.receive({
          text: [line.name, ...line.positional].join(' '),
          weight: 1,
          read: () => line,
          acknowledge: (status) => {
            if (status.status === 'error') refuse(status);
          },
        });
      }
    });
  }

  #enter(connection: SseConnection, response: ServerResponse): void {
    const left = this.#options.admission.enter(connection.address);
    this.connections.add(connection);
    this.#observer.opened(connection);
    response.on('drain', () => {
      connection.alive = true;
      connection.session.outbox.resume();
    });
    response.once('close', () => {
      left?.();
      this.#leave(connection, BROKEN);
    });
  }

  /** Ends a session whose connection has ended, or cannot be one. */
  #leave(connection: SseConnection, code: number): void {
    if (!this.connections.delete(connection)) return;
    connection.session.closed();
    this.#observer.closed(connection, connection.closeCode ?? code);
  }
}

function beginAnswer(
  response: ServerResponse,
  framing: Framing,
  headers: Readonly<Record<string, string>>,
): void {
  // Chunks would cost a header for each write; the answer ends with its connection.
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, {
    ...headers,
    'content-type': framing.type,
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  const text = framing.begin();
  if (text === '') response.flushHeaders();
  else response.write(text);
}

/** The commands that show a view. Their order decides in which CRS the box is. */
function commandsFor({ channel, view, box, since }: Watch): CommandLine[] {
  const projection = command('PROJECTION', [view.crs.id], { axis_order: view.axisOrder });
  const { minX, minY, maxX, maxY } = box?.bbox ?? { minX: 0, minY: 0, maxX: 0, maxY: 0 };
  const bbox = command('BBOX', [minX, minY, maxX, maxY].map(String), {});
  const subscription = command('SUB', [channel], { live: 'true', ...(since !== null && { since }) });
  if (box === null) return [projection, subscription];
  if (box.isInViewCrs) return [projection, bbox, subscription];
  return [command('PROJECTION', ['epsg:4326'], {}), bbox, projection, subscription];
}

function command(name: string, positional: string[], named: Record<string, string>): CommandLine {
  return { name, positional, named };
}
