import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  CLOSE_CODES,
  type ClientToServerEvents,
  type CloseReason,
  CommandError,
  type CommandLine,
  type ErrorStatus,
  namedArgs,
  type OkStatus,
  parseCommandLine,
  type ServerToClientEvents,
} from '@viaduct/protocol';
import { type Socket as IoSocket, Server as SocketIoServer } from 'socket.io';
import type { Admission } from '../admission.js';
import type { ReplicaEvents } from '../cluster/events.js';
import type { Received } from '../command-queue.js';
import type { Form, Queue } from '../messages.js';
import type { Session } from '../session.js';
import { type JsonText, splicingParser } from './json-text.js';
import { type Packet, packetForm } from './packets.js';
import {
  BROKEN,
  failureCode,
  refuseHandshake,
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

export interface SocketIoOptions {
  maxFrameBytes: number;
  heartbeatMs: number;
  /** Origins of pages that may connect; `*` for any. */
  corsOrigins: readonly string[];
  admission: Admission;
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
  ) {
    this.batch = (socket.handshake.auth as { batch?: unknown }).batch === true;
    this.session = createSession(this);
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
  /** Connections of the engine, and whether a session has been made of each. */
  readonly #engines = new Map<unknown, { address: string | null; isSession: boolean }>();

  constructor(
    httpServer: Server,
    private readonly createSession: SessionFactory,
    private readonly observer: TransportObserver,
    options: SocketIoOptions,
  ) {
    this.io = new SocketIoServer(httpServer, {
      path: SOCKET_IO_PATH,
      parser: splicingParser,
      maxHttpBufferSize: options.maxFrameBytes,
      pingInterval: options.heartbeatMs,
      pingTimeout: options.heartbeatMs,
      cors: corsOf(options.corsOrigins),
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
      const refusal = isOfSession(request) ? null : admission.refuse(addressOf(request));
      if (refusal === null) return next();
      observer.refused('socket.io', refusal);
      refuseHandshake(request, response, refusal);
    });
    // The request of the handshake is not needed later, and holds more memory than all the rest of a session.
    this.io.engine.on('connection', (engineSocket: EngineSocket) => {
      const address = engineSocket.request === null ? null : addressOf(engineSocket.request);
      engineSocket.request = null;
      const left = admission.enter(address);
      if (left !== null) engineSocket.once('close', left);
      engines.set(engineSocket, { address, isSession: false });
      engineSocket.once('close', onEngineClose);
    });
    this.io.on('connection', (socket) => this.#open(socket));
  }

  get size(): number {
    return this.io.engine.clientsCount;
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

  #open(socket: Socket): void {
    const engine = this.#engines.get(socket.conn);
    if (engine !== undefined) engine.isSession = true;
    const connection = new SocketIoConnection(socket, this, engine?.address ?? null, this.createSession);
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
function corsOf(origins: readonly string[]): { origin: string | string[]; credentials: boolean } {
  const any = origins.includes('*');
  return { origin: any ? '*' : [...origins], credentials: !any };
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

/**
 * An event as a command: positional arguments or one object of named ones, perhaps a callback at the end.
 *
 * @param event text from every client library, and whatever JSON can hold from others
 */
function received(event: unknown, args: unknown[]): Received {
  const last = args.at(-1);
  const acknowledge = typeof last === 'function' ? (last as (status: OkStatus | ErrorStatus) => void) : null;
  const values = acknowledge === null ? args : args.slice(0, -1);
  const text = `${event} ${JSON.stringify(values)}`;
  return {
    text,
    read: () => (event === 'command' ? commandLine(values) : eventCommand(event, values)),
    acknowledge,
  };
}

/** The `command` event: a line of the text protocol. */
function commandLine([line]: unknown[]): CommandLine {
  if (typeof line === 'string') return parseCommandLine(line);
  throw new CommandError('invalid_argument', 'the command event takes one line of text, such as "PING"');
}

function eventCommand(event: unknown, values: unknown[]): CommandLine {
  if (typeof event !== 'string') {
    throw new CommandError('invalid_argument', 'an event\'s name is text, such as "ping"');
  }
  const [options] = values;
  if (values.length !== 1 || !isOptions(options)) {
    return { name: event.toUpperCase(), positional: values.map((value) => argument(value)), named: {} };
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  const named = given.map(([name, value]) => [name, argument(value)] as const);
  return { name: event.toUpperCase(), positional: [], named: namedArgs(named) };
}

function isOptions(value: unknown): value is Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function argument(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const kind = Array.isArray(value) ? 'an array' : value === null ? 'null' : 'an object';
  throw new CommandError(
    'invalid_argument',
    `an argument is ${kind}; it must be text, a number, true or false`,
  );
}
