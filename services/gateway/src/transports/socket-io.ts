import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  CLOSE_CODES,
  type ClientToServerEvents,
  type CloseReason,
  type ServerToClientEvents,
} from '@viaduct/protocol';
import { type Socket as IoSocket, Server as SocketIoServer } from 'socket.io';
import { withoutCredentials } from '../access/credentials.js';
import type { Grant } from '../access/grant.js';
import { allowsAnyOrigin, createOriginCheck } from '../access/origins.js';
import { AccessRefusal } from '../access/refusal.js';
import type { ReplicaEvents } from '../cluster/events.js';
import type { Form, Queue } from '../messages.js';
import type { Session } from '../session.js';
import { Entrance, type EntranceOptions } from './entrance.js';
import { type JsonText, splicingParser } from './json-text.js';
import { type Packet, packetForm } from './packets.js';
import { closingNotice, type RefusalAnswer, refuseSocketIo } from './refusals.js';
import { received } from './socket-io-command.js';
import {
  BROKEN,
  failureCode,
  type SessionConnection,
  type SessionFactory,
  type Transport,
  type TransportObserver,
} from './transport.js';

/** Where socket.io clients connect unless told otherwise. */
export const SOCKET_IO_PATH = '/socket.io/';

/** Events with text that is JSON already in place of the envelopes that {@link ServerToClientEvents} names. */
interface OutgoingEvents extends Pick<ServerToClientEvents, 'closing'> {
  message(envelope: JsonText): void;
  messages(envelopes: JsonText): void;
}
type Socket = IoSocket<ClientToServerEvents, OutgoingEvents>;

export interface SocketIoOptions extends EntranceOptions {
  maxFrameBytes: number;
  heartbeatMs: number;
  /** Origins of pages that may connect, as {@link createOriginCheck} takes them. */
  allowedOrigins: readonly string[];
  /** A connection that has not become a session after so long is cut, in ms. */
  handshakeTimeoutMs: number;
}

/** What is used of the engine's socket; the types of the library leave it open. */
interface EngineSocket {
  /** The request of the handshake. */
  request: IncomingMessage | null;
  once(event: 'close', listener: (this: EngineSocket, reason: string) => void): void;
}

/** The engine's reason for the end of a connection that socket.io closed, because it became no session in time. */
const CUT_BY_US = 'forced close';

/** One socket.io connection. Many that flush the same queue are sent one encoded packet. */
class SocketIoConnection implements SessionConnection {
  readonly door = 'socket.io';
  readonly session: Session;
  readonly batch: boolean;
  /** True while packets wait in socket.io because the client takes none. */
  congested = false;
  /** Code of our own reason for the end; null where it is the client's. */
  closeCode: number | null = null;

  constructor(
    readonly socket: Socket,
    private readonly transport: SocketIoTransport,
    readonly address: string | null,
    createSession: SessionFactory,
    grant: Grant,
  ) {
    this.batch = (socket.handshake.auth as { batch?: unknown }).batch === true;
    this.session = createSession(this, grant);
  }

  write(queue: Queue, bufferSize: number): void {
    this.transport.write(this, queue, bufferSize);
  }

  /** socket.io has no way to stop reading; the session's bound on waiting commands has to do. */
  pauseReading(): void {}

  close(reason: CloseReason): void {
    const { code, reason: text } = CLOSE_CODES[reason];
    this.closeCode ??= code;
    // What the session has handed on must not come after its end.
    this.transport.flush();
    this.socket.emit('closing', { code, reason: text });
    this.socket.disconnect(true);
  }
}

/** What sessions of one flush that hold the same queue are sent. */
interface Broadcast {
  queue: Queue;
  form: Form<Packet[]>;
  connections: SocketIoConnection[];
}

/** The socket.io door: typed events in, message envelopes out. */
export class SocketIoTransport implements Transport {
  readonly connections = new Set<SocketIoConnection>();
  readonly io: SocketIoServer<ClientToServerEvents, OutgoingEvents, ReplicaEvents>;
  #broadcasts = new Map<Queue, Broadcast[]>();
  readonly #entrance: Entrance;
  /** What clients may do, by the request of their handshake, and then by their connection. */
  readonly #grants = new WeakMap<object, Grant>();
  /** Connections of the engine, and whether a session has been made of each. */
  readonly #engines = new Map<unknown, { address: string | null; isSession: boolean }>();

  constructor(
    httpServer: Server,
    private readonly createSession: SessionFactory,
    private readonly observer: TransportObserver,
    options: SocketIoOptions,
  ) {
    this.#entrance = new Entrance('socket.io', options, observer);
    this.io = new SocketIoServer(httpServer, {
      path: SOCKET_IO_PATH,
      parser: splicingParser,
      maxHttpBufferSize: options.maxFrameBytes,
      pingInterval: options.heartbeatMs,
      pingTimeout: options.heartbeatMs,
      cors: corsOf(options.allowedOrigins),
      destroyUpgrade: false,
      connectTimeout: options.handshakeTimeoutMs,
    });
    const { admission } = options;
    const engines = this.#engines;
    /** Shared by all, because a function for each would cost memory. */
    function onEngineClose(this: EngineSocket, reason: string): void {
      if (engines.get(this)?.isSession === false && reason === CUT_BY_US) {
        observer.handshakeTimedOut('socket.io');
      }
      engines.delete(this);
    }
    const addressOf = ({ socket, headers }: IncomingMessage): string | null =>
      admission.addressOf(socket.remoteAddress, headers);
    this.io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
      void this.#enter(request, response).then((enters) => enters && next());
    });
    this.io.use((socket, next) => void this.#authorize(socket).then(next));
    // The request of the handshake is not needed later, and holds more memory than all the rest of a session.
    this.io.engine.on('connection', (engineSocket: EngineSocket) => {
      const address = engineSocket.request === null ? null : addressOf(engineSocket.request);
      const grant = engineSocket.request && this.#grants.get(engineSocket.request);
      if (grant) this.#grants.set(engineSocket, grant);
      engineSocket.request = null;
      const left = admission.enter(address);
      if (left !== null) engineSocket.once('close', left);
      engines.set(engineSocket, { address, isSession: false });
      engineSocket.once('close', onEngineClose);
    });
    this.io.on('connection', (socket) => {
      const grant = this.#grants.get(socket.conn);
      if (grant === undefined) socket.disconnect(true);
      else this.#open(socket, grant);
    });
  }

  /** Whether a request may go on; where it may not, it is answered. */
  async #enter(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const refused = await this.#refusal(request);
    if (refused === null) return true;
    refuseSocketIo(request, response, refused);
    return false;
  }

  async #refusal(request: IncomingMessage): Promise<RefusalAnswer | null> {
    if (isOfSession(request)) return this.#entrance.checkOrigin(request);
    const entry = await this.#entrance.enter(request);
    if ('refused' in entry) return entry.refused;
    this.#grants.set(request, entry.grant);
    return null;
  }

  /** Looks at the credentials of socket.io's `auth`, which come after the handshake; resolves with why not. */
  async #authorize(socket: Socket): Promise<Error | undefined> {
    const grant = await this.#entrance.auth(socket.handshake.auth);
    if (grant instanceof AccessRefusal) {
      this.#engines.delete(socket.conn);
      // Once the client has been told, which socket.io does in the next tick.
      setImmediate(() => socket.conn.close());
      return Object.assign(new Error(grant.message), { data: closingNotice(grant) });
    }
    if (grant !== null) this.#grants.set(socket.conn, grant);
    socket.handshake.auth = withoutCredentials(socket.handshake.auth);
    return undefined;
  }

  get size(): number {
    return this.io.engine.clientsCount + this.#entrance.entering;
  }

  async close(): Promise<void> {
    await this.io.close();
  }

  /** Sends a session's queue, together with all others that write the same one before this turn ends. */
  write(connection: SocketIoConnection, queue: Queue, bufferSize: number): void {
    if (this.#broadcasts.size === 0) queueMicrotask(() => this.flush());
    const form = packetForm(bufferSize, connection.batch);
    let forQueue = this.#broadcasts.get(queue);
    if (forQueue === undefined) {
      forQueue = [];
      this.#broadcasts.set(queue, forQueue);
    }
    const broadcast = forQueue.find((candidate) => candidate.form === form);
    if (broadcast !== undefined) broadcast.connections.push(connection);
    else forQueue.push({ queue, form, connections: [connection] });
  }

  /** Hands on what {@link write} has gathered. */
  flush(): void {
    const broadcasts = this.#broadcasts;
    this.#broadcasts = new Map();
    for (const forQueue of broadcasts.values()) {
      for (const broadcast of forQueue) this.#send(broadcast);
    }
  }

  #send({ queue, form, connections }: Broadcast): void {
    for (const connection of connections) connection.congested = true;
    const receivers = this.io.local.to(connections.map(({ socket }) => socket.id));
    for (const { event, content } of queue.as(form)) receivers.emit(event, content);
  }

  #open(socket: Socket, grant: Grant): void {
    const engine = this.#engines.get(socket.conn);
    if (engine !== undefined) engine.isSession = true;
    const connection = new SocketIoConnection(
      socket,
      this,
      engine?.address ?? null,
      this.createSession,
      grant,
    );
    this.connections.add(connection);
    // The engine tells `drain` at once where it could hand the packets on, later where the client takes none.
    socket.conn.on('drain', () => {
      if (!connection.congested) return;
      connection.congested = false;
      connection.session.resume();
    });
    socket.onAny((event: unknown, ...args: unknown[]) => connection.session.receive(received(event, args)));
    // Packets that cannot be read come with an Error; a client's own event of that name is a command like any other.
    socket.on('error', (error: unknown) => {
      if (error instanceof Error) connection.closeCode ??= CLOSE_CODES.invalid_frame.code;
    });
    socket.on('disconnect', (reason, failure) => {
      this.connections.delete(connection);
      this.observer.closed('socket.io', connection.closeCode ?? closeCode(reason, failure));
      connection.session.closed();
    });
    this.observer.opened('socket.io');
  }
}

/** Pages of other origins send the cookie by which a proxy knows their gateway only where they may send credentials. */
function corsOf(origins: readonly string[]): CorsOptions {
  if (allowsAnyOrigin(origins)) return { origin: '*', credentials: false };
  const isAllowed = createOriginCheck(origins);
  return { origin: (origin, decide) => decide(null, isAllowed(origin)), credentials: true };
}

interface CorsOptions {
  origin: '*' | ((origin: string | undefined, decide: (error: null, isAllowed: boolean) => void) => void);
  credentials: boolean;
}

/** Whether a request belongs to a session that there is already; one that does not would begin one. */
function isOfSession({ url = '' }: IncomingMessage): boolean {
  return new URL(url, 'http://gateway').searchParams.has('sid');
}

/** The code under which the end of a socket.io connection is counted; socket.io gives words instead. */
function closeCode(reason: string, failure: unknown): number {
  if (reason === 'ping timeout') return CLOSE_CODES.heartbeat_timeout.code;
  if (reason === 'parse error') return CLOSE_CODES.invalid_frame.code;
  if (reason === 'transport close') return BROKEN;
  if (reason === 'transport error') return failure instanceof Error ? failureCode(failure) : BROKEN;
  return CLOSE_CODES.normal.code;
}
