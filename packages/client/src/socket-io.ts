import {
  type Ack,
  CLOSE_NUMBERS,
  type ClosingNotice,
  type Envelope,
  type ServerToClientEvents,
} from '@viaduct/protocol';
import { io, type Socket } from 'socket.io-client';
import { PendingCommands } from './pending-commands.js';
import type { CommandEvent, Credentials, Transport, Wire, WireObserver, WireSettings } from './transport.js';

export type { Transport } from './transport.js';

/** How to connect over socket.io. */
export interface SocketIoOptions {
  /** What to try, in this order; by default WebSocket, then HTTP polling if WebSocket is blocked. */
  transports?: readonly ('websocket' | 'polling')[];
  /**
   * Whether requests to another origin send cookies, which some proxies use to find a session's gateway. Default:
   * false.
   */
  withCredentials?: boolean;
}

/** The gateway checks commands; here they are a name and options. */
type Commands = Record<CommandEvent, (options: object) => void>;

/** HTTP status of a handshake that is refused because of its token or key. */
const UNAUTHORIZED = 401;

/** The end of the path below which a gateway serves socket.io. */
const PATH = '/socket.io/';

/**
 * The transport for networks that block WebSockets: socket.io, which then polls. It needs the package `socket.io-client`.
 *
 * @example
 * ```ts
 * import { connect } from '@viaduct/client';
 * import { socketIo } from '@viaduct/client/socket-io';
 *
 * const viaduct = connect('http://localhost:8080', { transport: socketIo({ transports: ['polling'] }) });
 * await viaduct.connected();
 * console.log(viaduct.state); // prints: open
 * viaduct.close();
 * ```
 */
export function socketIo(options: SocketIoOptions = {}): Transport {
  return (address, settings, observer) => new SocketIoWire(address, settings, observer, options);
}

class SocketIoWire implements Wire {
  readonly #observer: WireObserver;
  readonly #socket: Socket<ServerToClientEvents, Commands>;
  readonly #commands: PendingCommands;
  /** Why the gateway is about to end the session. */
  #closing: ClosingNotice | null = null;

  constructor(
    { origin, pathname, search }: URL,
    settings: WireSettings,
    observer: WireObserver,
    { transports = ['websocket', 'polling'], withCredentials = false }: SocketIoOptions,
  ) {
    this.#observer = observer;
    this.#socket = io(`${origin}/${search}`, {
      path: `${pathname.replace(/\/$/u, '')}${PATH}`,
      transports: [...transports],
      tryAllTransports: true,
      withCredentials,
      timeout: settings.timeoutMs,
      // Each client is its own session, and reconnects by the rules of the close codes.
      forceNew: true,
      autoConnect: false,
      reconnection: false,
    });
    this.#commands = new PendingCommands((event, options) => this.#socket.emit(event, options), observer);
    this.#listen();
  }

  open(credentials: Credentials): void {
    this.#socket.auth = { batch: true, ...credentials };
    this.#socket.connect();
  }

  send(event: CommandEvent, options: object, answered: Ack): number {
    return this.#commands.send(event, options, answered);
  }

  cut(): void {
    this.#socket.io.engine?.close();
  }

  close(): void {
    this.#socket.off();
    this.#commands.clear();
    this.#socket.disconnect();
  }

  #take(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) this.#commands.take(envelope);
    this.#commands.deliver();
  }

  #listen(): void {
    const socket = this.#socket;
    const observer = this.#observer;
    socket.on('connect', () => {
      this.#closing = null;
      socket.io.engine.on('packet', ({ data }: { data?: unknown }) => {
        observer.arrived(typeof data === 'string' ? data : null);
      });
      observer.opened();
    });
    socket.on('messages', (envelopes) => this.#take(envelopes));
    socket.on('message', (envelope) => this.#take([envelope]));
    socket.on('closing', (notice) => {
      this.#closing = notice;
    });
    socket.on('disconnect', (reason) => {
      const notice = this.#closing;
      this.#commands.clear();
      observer.ended(notice ?? { code: null, reason });
    });
    socket.on('connect_error', (cause) => {
      observer.ended({ code: refusalCode(cause), reason: cause.message, cause });
    });
  }
}

/**
 * The close code of a handshake that was refused because of its token or key; null if it failed for another reason.
 */
function refusalCode(error: Error): number | null {
  // socket.io has the gateway's notice in `data`, and its transports have the HTTP status in `description`.
  const { description, data } = error as { description?: unknown; data?: { code?: unknown } };
  if (typeof data?.code === 'number') return data.code;
  return description === UNAUTHORIZED ? CLOSE_NUMBERS.invalid_token : null;
}
