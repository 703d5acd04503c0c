import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { CLOSE_CODES, type ClosingNotice, type OpenStatus, PROTOCOL_VERSION } from '@viaduct/protocol';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import {
  type Admitted,
  type Entry,
  HandshakeGuard,
  type HandshakeOptions,
} from '../../admission/handshake.js';
import { isSocketIo } from '../../admission/misdirected.js';
import { refuseConnection } from '../../admission/refusal-answers.js';
import type { ClientWork } from '../../commands/client-work.js';
import { statusText } from '../../delivery/messages.js';
import { ArrivingClient, type ArrivingClientOptions } from '../arriving-client.js';
import { CLOSE_TIMEOUT_MS, isWithinMessage, receiveLimits } from '../receive-limits.js';
import { failureCode, type SessionFactory, type Transport, type TransportObserver } from '../transport.js';
import { BINARY, received } from './command.js';
import { RawConnection, RawSocket } from './connection.js';
import { FrameEncoders } from './encoders.js';
import { acceptableOffers } from './extension-offers.js';
import type { DeflateOptions } from './frames.js';
import { chooseSubprotocol, offersCredentials } from './subprotocols.js';

/** The number of steps in which a heartbeat visits all connections, so that it never blocks the event loop. */
const HEARTBEAT_STEPS = 20;

/**
 * The offer to clients: no context takeover, so that a message can be compressed once for all of them; and the full window,
 * because no message is compressed again for a client with a smaller one, which is served uncompressed.
 */
const PER_MESSAGE_DEFLATE = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 15,
};

export interface RawOptions extends HandshakeOptions {
  /** The longest frame that a client may send, in bytes. */
  maxFrameBytes: number;
  /** The time between two heartbeats, in ms. A connection without a sign of life between them is cut. */
  heartbeatMs: number;
  /** Shared with the commands of all sessions. */
  clientWork: Pick<ClientWork, 'begin' | 'beginAlone' | 'measure'>;
  /** A client that waits longer than this for its turn is cut; in ms. */
  handshakeTimeoutMs: number;
  /** permessage-deflate for clients that offer it; null for none. */
  deflate: DeflateOptions | null;
  /** Version of the gateway. */
  version: string;
  /** Whether an upgrade request with this URL belongs to another transport. */
  isForeign(url: string): boolean;
}

/** A request to become a WebSocket, and its connection. */
interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client has already sent after the request. */
  readonly head: Buffer;
}

/** The plain WebSocket transport: text commands in, message envelopes out, on all paths not used by another one. */
export class RawTransport implements Transport {
  readonly #createSession: SessionFactory;
  readonly #observer: TransportObserver;
  readonly #options: RawOptions;
  readonly connections = new Set<RawConnection>();
  readonly #server: WebSocketServer;
  readonly #plain = new FrameEncoders(null);
  readonly #deflated: FrameEncoders;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #handshakes: HandshakeGuard;
  readonly #arriving: ArrivingClientOptions;
  /** The status that begins each session, as JSON. */
  readonly #openStatus: string;

  constructor(
    httpServer: Server,
    createSession: SessionFactory,
    observer: TransportObserver,
    options: RawOptions,
  ) {
    this.#createSession = createSession;
    this.#observer = observer;
    this.#options = options;
    this.#handshakes = new HandshakeGuard('raw', options, observer);
    const { clientWork, handshakeTimeoutMs } = options;
    this.#arriving = { clientWork, handshakeTimeoutMs, timedOut: () => observer.handshakeTimedOut('raw') };
    const open: OpenStatus = { status: 'open', protocol: PROTOCOL_VERSION, version: options.version };
    this.#openStatus = JSON.stringify(open);
    this.#deflated = new FrameEncoders(options.deflate);
    const serverOptions = {
      noServer: true,
      handleProtocols: chooseSubprotocol,
      clientTracking: false,
      perMessageDeflate: options.deflate === null ? false : PER_MESSAGE_DEFLATE,
      ...receiveLimits(options.maxFrameBytes),
      closeTimeout: CLOSE_TIMEOUT_MS,
      WebSocket: RawSocket,
    };
    this.#server = new WebSocketServer(serverOptions);
    httpServer.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#heartbeat = setInterval(this.#beat(), Math.max(1, options.heartbeatMs / HEARTBEAT_STEPS));
  }

  get size(): number {
    return this.connections.size + this.#handshakes.entering;
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const { webSocket } of this.connections) webSocket.terminate();
    this.#server.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { isForeign, clientWork } = this.#options;
    if (isForeign(request.url ?? '/')) return;
    clientWork.measure();
    if (isSocketIo(request)) {
      refuseConnection(socket, this.#handshakes.misdirect(request, 'wrong_path'));
      return;
    }
    const upgrade: Upgrade = { request, socket, head };
    const client = new ArrivingClient(socket, () => this.#handshakes.networkOf(request), this.#arriving);
    const entry = this.#handshakes.enter(request, client);
    if (entry instanceof Promise) void entry.then((decided) => this.#answerLater(upgrade, decided));
    else this.#answer(upgrade, entry);
  }

  #answerLater(upgrade: Upgrade, entry: Entry | null): void {
    this.#options.clientWork.measure();
    if (entry === null) upgrade.socket.destroy();
    else this.#answer(upgrade, entry);
  }

  #answer(upgrade: Upgrade, entry: Entry): void {
    if ('refused' in entry) {
      const { closing } = entry.refused;
      if (closing === undefined || !offersCredentials(upgrade.request))
        refuseConnection(upgrade.socket, entry.refused);
      else this.#refuseInside(upgrade, closing);
      return;
    }
    this.#accept(upgrade, entry);
  }

  #accept({ request, socket, head }: Upgrade, admitted: Admitted): void {
    const { headers } = request;
    const offered = headers['sec-websocket-extensions'];
    if (offered !== undefined) {
      const offers = acceptableOffers(offered);
      if (offers === undefined) delete headers['sec-websocket-extensions'];
      else headers['sec-websocket-extensions'] = offers;
    }
    // The answer to the handshake leaves in one write with the first message of the session.
    socket.cork();
    this.#server.handleUpgrade(request, socket, head, (webSocket: RawSocket) => {
      this.#open(webSocket, socket, admitted);
    });
    socket.uncork();
  }

  /**
   * Accepts a handshake only to close the connection with a code: a page, which sends its credentials as a subprotocol, does
   * not learn the status of a handshake that fails.
   */
  #refuseInside({ request, socket, head }: Upgrade, { code, reason }: ClosingNotice): void {
    delete request.headers['sec-websocket-extensions'];
    this.#server.handleUpgrade(request, socket, head, (webSocket: RawSocket) => {
      webSocket.on('error', ignore);
      webSocket.close(code, reason);
    });
  }

  /** Called when a connection has ended. */
  closed(connection: RawConnection, code: number): void {
    this.connections.delete(connection);
    connection.left?.();
    connection.session.closed();
    this.#observer.closed(connection, connection.closeCode ?? code);
  }

  #open(webSocket: RawSocket, socket: Duplex, { address, grant }: Admitted): void {
    const left = this.#options.admission.enter(address);
    const encoders = webSocket.extensions.includes('permessage-deflate') ? this.#deflated : this.#plain;
    const connection = new RawConnection(
      webSocket,
      socket,
      encoders,
      this,
      address,
      left,
      this.#createSession,
      grant,
    );
    webSocket.connection = connection;
    this.connections.add(connection);
    webSocket.on('message', onMessage);
    webSocket.on('ping', onPing);
    webSocket.on('pong', onPong);
    webSocket.on('error', onError);
    webSocket.on('close', onClose);
    socket.on('drain', () => {
      connection.alive = true;
      connection.session.outbox.resume();
    });
    this.#observer.opened(connection);
    connection.session.sendEnvelope(statusText(this.#openStatus, null, false));
    connection.session.outbox.release();
  }

  /** One step of the heartbeat: each call visits the next part of the connections. */
  #beat(): () => void {
    // A list of connections would keep ended ones in memory.
    let round = this.connections.values();
    let [size, checked, step] = [0, 0, 0];
    return () => {
      if (step === 0) [round, size, checked] = [this.connections.values(), this.connections.size, 0];
      step = (step + 1) % HEARTBEAT_STEPS;
      const end = step === 0 ? size : Math.ceil((size * step) / HEARTBEAT_STEPS);
      for (; checked < end; checked++) {
        const { value: connection } = round.next();
        if (connection === undefined) return;
        this.#check(connection);
      }
    };
  }

  #check(connection: RawConnection): void {
    if (!connection.webSocket.isPaused && isWithinMessage(connection.webSocket)) {
      if (connection.unfinished) {
        connection.close('unfinished_message');
        return;
      }
      connection.unfinished = true;
    } else connection.unfinished = false;
    // While it is paused, its signs of life are not read. Instead, it counts as alive if it reads its messages.
    if (connection.webSocket.isPaused && !connection.congested) connection.alive = true;
    if (!connection.alive) {
      connection.closeCode ??= CLOSE_CODES.heartbeat_timeout.code;
      connection.webSocket.terminate();
      return;
    }
    connection.alive = false;
    connection.webSocket.ping();
  }
}

function onMessage(this: RawSocket, data: RawData, isBinary: boolean): void {
  const { connection } = this;
  if (connection === undefined) return;
  connection.alive = true;
  connection.unfinished = false;
  connection.session.receive(isBinary ? BINARY : received(data.toString()));
}

function onPing(this: RawSocket): void {
  if (this.readyState === WebSocket.OPEN) this.connection?.session.receiveOther();
}

function onPong(this: RawSocket): void {
  if (this.connection === undefined) return;
  this.connection.alive = true;
  if (this.readyState === WebSocket.OPEN) this.connection.session.receiveOther();
}

function onError(this: RawSocket, error: Error): void {
  if (this.connection !== undefined) this.connection.closeCode ??= failureCode(error);
}

function onClose(this: RawSocket, code: number): void {
  this.connection?.owner.closed(this.connection, code);
}

/** For a connection that breaks before it has a session. */
function ignore(): void {}
