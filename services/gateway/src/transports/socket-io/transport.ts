import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { CLOSE_CODES, type ClientToServerEvents } from '@viaduct/protocol';
import { type DefaultEventsMap, Server as SocketIoServer } from 'socket.io';
import { HandshakeGuard, type HandshakeOptions } from '../../admission/handshake.js';
import { isOldSocketIo } from '../../admission/misdirected.js';
import { closingNotice, type RefusalAnswer, refuseSocketIo } from '../../admission/refusal-answers.js';
import type { Grant } from '../../auth/grant.js';
import { AccessRefusal } from '../../auth/refusal.js';
import type { ClientWork } from '../../commands/client-work.js';
import type { Encoder } from '../../delivery/encodable.js';
import type { Queue } from '../../delivery/messages.js';
import { ArrivingClient, type ArrivingClientOptions } from '../arriving-client.js';
import { limitedServer } from '../receive-limits.js';
import type { SessionFactory, Transport, TransportObserver } from '../transport.js';
import { type Broadcaster, type OutgoingEvents, type Socket, SocketIoConnection } from './connection.js';
import {
  closeCode,
  corsOf,
  cutAfter,
  EngineConnection,
  type EngineSocket,
  isOfSession,
  limitPayloads,
  NO_CONNECT_TIMEOUT_MS,
} from './engine.js';
import { splicingParser } from './json-text.js';
import { type Packet, packetEncoder } from './packets.js';
import { mostFrames, mostPackets } from './strict-decoder.js';
import { UnsentWatch } from './unsent-watch.js';

/** The default path of socket.io clients. */
export const SOCKET_IO_PATH = '/socket.io/';

export interface SocketIoOptions extends HandshakeOptions {
  maxFrameBytes: number;
  /** Commands of one session per second; 0 for no limit. */
  commandsPerSecond: number;
  heartbeatMs: number;
  /** Shared with the commands of all sessions. */
  clientWork: Pick<ClientWork, 'begin' | 'beginAlone' | 'measure'>;
  /** Origins of pages that may connect, in the form for `createOriginCheck`. */
  allowedOrigins: readonly string[];
  /** A connection that waits longer than this for its turn, or stays without a session for this time, in ms, is cut. */
  handshakeTimeoutMs: number;
}

/** A packet for all sessions of one flush that have the same queue. */
interface Broadcast {
  queue: Queue;
  encoder: Encoder<Queue, Packet[]>;
  connections: SocketIoConnection[];
}

/**
 * The socket.io transport: typed events in, message envelopes out.
 *
 * @typeParam ServerEvents events between servers through the library's adapter
 */
export class SocketIoTransport<ServerEvents extends object = DefaultEventsMap>
  implements Transport, Broadcaster
{
  readonly #createSession: SessionFactory;
  readonly #observer: TransportObserver;
  readonly connections = new Set<SocketIoConnection>();
  readonly io: SocketIoServer<ClientToServerEvents, OutgoingEvents, ServerEvents>;
  #broadcasts = new Map<Queue, Broadcast[]>();
  readonly #unsent = new UnsentWatch();
  readonly #handshakes: HandshakeGuard;
  readonly #clientWork: SocketIoOptions['clientWork'];
  readonly #arriving: ArrivingClientOptions;
  /** The grants of clients, first by the request of their handshake, then by their connection. */
  readonly #grants = new WeakMap<object, Grant>();
  /** Open connections of the engine. */
  readonly #engines = new Map<unknown, EngineConnection>();
  readonly #cutIfNoSession: (socket: EngineSocket) => NodeJS.Timeout;

  constructor(
    httpServer: Server,
    createSession: SessionFactory,
    observer: TransportObserver,
    options: SocketIoOptions,
  ) {
    this.#createSession = createSession;
    this.#observer = observer;
    this.#handshakes = new HandshakeGuard('socket.io', options, observer);
    const { admission, clientWork, handshakeTimeoutMs } = options;
    const onCut = (): void => observer.handshakeTimedOut('socket.io');
    this.#clientWork = clientWork;
    this.#arriving = { clientWork, handshakeTimeoutMs, timedOut: onCut };
    this.io = new SocketIoServer(httpServer, {
      path: SOCKET_IO_PATH,
      parser: splicingParser(options.commandsPerSecond),
      maxHttpBufferSize: options.maxFrameBytes,
      pingInterval: options.heartbeatMs,
      pingTimeout: options.heartbeatMs,
      cors: corsOf(options.allowedOrigins),
      destroyUpgrade: false,
      connectTimeout: NO_CONNECT_TIMEOUT_MS,
      // The engine's own copy may be older, and answers any number of pings even if the client does not read.
      wsEngine: limitedServer(2 * options.commandsPerSecond, mostFrames(options.commandsPerSecond)),
    });
    limitPayloads(this.io.engine, mostPackets(options.commandsPerSecond));
    this.#cutIfNoSession = (socket) => cutAfter(handshakeTimeoutMs, socket, onCut);
    const engines = this.#engines;
    /** Shared by all connections, because a function for each would cost memory. */
    function onEngineClose(this: EngineSocket, reason: string, failure: unknown): void {
      const engine = engines.get(this);
      if (engine === undefined) return;
      engine.ended = true;
      clearTimeout(engine.deadline);
      engines.delete(this);
      if (!engine.isSession && closeCode(reason, failure) === CLOSE_CODES.rate_limited.code)
        observer.refused('socket.io', 'too_many_frames', engine.address);
    }
    const addressOf = ({ socket, headers }: IncomingMessage): string | null =>
      admission.addressOf(socket.remoteAddress, headers);
    this.io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
      void this.#enter(request, response).then((enters) => enters && next());
    });
    this.io.use((socket, next) => void this.#authorize(socket).then(next));
    // The request of the handshake is no longer needed, and takes more memory than the rest of a session.
    this.io.engine.on('connection', (engineSocket: EngineSocket) => {
      const address = engineSocket.request === null ? null : addressOf(engineSocket.request);
      const grant = engineSocket.request && this.#grants.get(engineSocket.request);
      if (grant) this.#grants.set(engineSocket, grant);
      engineSocket.request = null;
      const left = admission.enter(address);
      if (left !== null) engineSocket.once('close', left);
      const deadline = this.#cutIfNoSession(engineSocket);
      engines.set(engineSocket, new EngineConnection(engineSocket, address, deadline));
      // Before the library ends the session.
      engineSocket.prependOnceListener('close', onEngineClose);
    });
    this.io.on('connection', (socket) => {
      // The library does not come here in the turn of the request, but in a tick of its own.
      clientWork.measure();
      const grant = this.#grants.get(socket.conn);
      if (grant === undefined) socket.disconnect(true);
      else this.#open(socket, grant);
    });
  }

  /** Whether a request may continue. If not, answers it. */
  async #enter(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const verdict = await this.#judge(request);
    if (verdict === 'gone') request.socket.destroy();
    else if (verdict !== 'enters') refuseSocketIo(request, response, verdict);
    return verdict === 'enters';
  }

  async #judge(request: IncomingMessage): Promise<RefusalAnswer | 'enters' | 'gone'> {
    if (isOldSocketIo(request)) return this.#handshakes.misdirect(request, 'old_socket_io');
    if (isOfSession(request)) return this.#handshakes.checkOrigin(request) ?? 'enters';
    const networkOf = (): string => this.#handshakes.networkOf(request);
    const client = new ArrivingClient(request.socket, networkOf, this.#arriving);
    const entry = await this.#handshakes.enter(request, client);
    // Credentials may have been checked since its turn.
    this.#clientWork.measure();
    if (entry === null) return 'gone';
    if ('refused' in entry) return entry.refused;
    this.#grants.set(request, entry.grant);
    return 'enters';
  }

  /** Checks the credentials of socket.io's `auth`, which come after the handshake; resolves with the reason of a refusal. */
  async #authorize(socket: Socket): Promise<Error | undefined> {
    const engine = this.#engines.get(socket.conn);
    if (engine === undefined || engine.isTaken) {
      // This discards unsent packets: with polling, the connection would stay open until the client fetches them.
      socket.conn.close(true);
      return new Error('this connection is already a session, or was refused');
    }
    engine.isTaken = true;
    const before = this.#grants.get(socket.conn);
    if (before === undefined) return new Error('this connection was refused');
    await this.#clientWork.begin(engine);
    if (engine.ended) return new Error('this connection has ended');
    const { headers, url, auth } = socket.handshake;
    const grant = await this.#handshakes.auth({ address: engine.address, headers, url, auth }, before);
    if (grant instanceof AccessRefusal) {
      // After the refusal has been sent, which socket.io does in the next tick. The deadline cuts a polling client that
      // does not fetch the refusal, or the close packet after it.
      setImmediate(() => socket.conn.close());
      return Object.assign(new Error(grant.message), { data: closingNotice(grant) ?? {} });
    }
    this.#grants.set(socket.conn, grant);
    // The library keeps it as long as the session, but credentials and other data of the handshake are no longer needed.
    socket.handshake.auth = { batch: auth.batch };
    return undefined;
  }

  get size(): number {
    return this.io.engine.clientsCount + this.#handshakes.entering;
  }

  async close(): Promise<void> {
    await this.io.close();
  }

  /** Sends a session's queue, together with all sessions that write the same one before this turn ends. */
  write(connection: SocketIoConnection, queue: Queue, bufferSize: number): void {
    if (this.#broadcasts.size === 0) queueMicrotask(() => this.flush());
    const encoder = packetEncoder(bufferSize, connection.batch);
    let forQueue = this.#broadcasts.get(queue);
    if (forQueue === undefined) {
      forQueue = [];
      this.#broadcasts.set(queue, forQueue);
    }
    const broadcast = forQueue.find((candidate) => candidate.encoder === encoder);
    if (broadcast !== undefined) broadcast.connections.push(connection);
    else forQueue.push({ queue, encoder, connections: [connection] });
  }

  /** Sends what {@link write} has gathered. */
  flush(): void {
    const broadcasts = this.#broadcasts;
    this.#broadcasts = new Map();
    for (const forQueue of broadcasts.values()) {
      for (const broadcast of forQueue) this.#send(broadcast);
    }
  }

  #send({ queue, encoder, connections }: Broadcast): void {
    this.#unsent.wrote(queue, connections);
    for (const connection of connections) connection.congested = true;
    const receivers = this.io.local.to(connections.map(({ socket }) => socket.id));
    for (const { event, content } of queue.encodedBy(encoder)) receivers.emit(event, content);
  }

  #open(socket: Socket, grant: Grant): void {
    const engine = this.#engines.get(socket.conn);
    clearTimeout(engine?.deadline);
    if (engine !== undefined) engine.isSession = true;
    const connection = new SocketIoConnection(
      socket,
      this,
      engine?.address ?? null,
      this.#createSession,
      grant,
    );
    this.connections.add(connection);
    // The engine emits `drain` at once if it could send the packets, later if the client does not read.
    socket.conn.on('drain', () => connection.drained());
    // The decoder's own array, by which it knows how long the packet was. No event is emitted for it.
    socket.use((event: readonly unknown[]) => connection.receive(event));
    // Unreadable packets cause an `error` event with an Error.
    socket.on('error', (error: unknown) => {
      if (error instanceof Error) connection.closeCode ??= CLOSE_CODES.invalid_frame.code;
    });
    socket.on('disconnect', (reason, failure) => {
      this.connections.delete(connection);
      const open = this.#engines.get(socket.conn);
      if (open !== undefined) {
        open.isTaken = false;
        open.isSession = false;
        open.deadline = this.#cutIfNoSession(open.socket);
      }
      connection.session.closed();
      this.#observer.closed(connection, connection.closeCode ?? closeCode(reason, failure));
    });
    this.#observer.opened(connection);
  }
}
