import { io, type Socket } from 'socket.io-client';
import { builtinSyntax, parseCommandLine } from '../command-line.js';
import type { Envelope } from '../envelope.js';
import type { ClosingNotice, HandshakeAuth, ServerToClientEvents } from '../events.js';
import type { ErrorStatus, OkStatus } from '../status.js';
import { Inbox } from './inbox.js';
import { DEFAULT_TIMEOUT_MS } from './raw-client.js';
import type { Client, Closed, Reply } from './types.js';

/** Commands are untyped, because the suite must also send what the types forbid. */
export type AnyEvents = Record<string, (...args: unknown[]) => void>;

export interface SocketIoClientOptions {
  /** Longest wait for an envelope or an acknowledgement, in milliseconds; 10,000 by default. */
  timeoutMs?: number;
  /** Transports of engine.io in the order in which they are tried; `['websocket']` by default. */
  transports?: ('websocket' | 'polling')[];
  auth?: HandshakeAuth;
  /** For the query string of the handshake. */
  query?: Record<string, string>;
  headers?: Record<string, string>;
}

/** A socket that connects now, once, and shares its connection with no other. */
export function socketTo(
  url: string,
  {
    timeoutMs = DEFAULT_TIMEOUT_MS,
    transports = ['websocket'],
    auth = {},
    query = {},
    headers = {},
  }: SocketIoClientOptions,
): Socket<ServerToClientEvents, AnyEvents> {
  return io(url, {
    transports,
    auth,
    query,
    extraHeaders: headers,
    forceNew: true,
    reconnection: false,
    timeout: timeoutMs,
  });
}

let batches = 0;

/** A socket.io connection: commands are events with acknowledgements, answers are `message` events. */
export class SocketIoClient implements Client {
  readonly #timeoutMs: number;
  readonly inbox: Inbox;
  readonly closed: Promise<Closed>;
  #closing: ClosingNotice | null = null;

  /** @param timeoutMs longest wait for an envelope or an acknowledgement */
  protected constructor(
    readonly socket: Socket<ServerToClientEvents, AnyEvents>,
    timeoutMs: number,
  ) {
    this.#timeoutMs = timeoutMs;
    this.inbox = new Inbox(timeoutMs);
    socket.on('message', (envelope) => this.inbox.add({ envelope, text: null, batch: null }));
    socket.on('messages', (envelopes) => {
      const batch = ++batches;
      for (const envelope of envelopes) this.inbox.add({ envelope, text: null, batch });
    });
    socket.on('closing', (notice) => {
      this.#closing = notice;
    });
    this.closed = new Promise((resolve) => {
      socket.on('disconnect', (reason) => {
        this.inbox.fail(new Error(`the connection ended: ${this.#closing?.reason ?? reason}`));
        resolve(this.#closing ?? { code: null, reason });
      });
    });
  }

  /** Connects only over WebSocket by default. Its error says why the server refuses. */
  static async connect(url: string, options: SocketIoClientOptions = {}): Promise<SocketIoClient> {
    const client = new SocketIoClient(socketTo(url, options), options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    await client.connected(url);
    return client;
  }

  /** Resolves when the server has accepted the connection. */
  protected async connected(url: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('connect_error', (error) => {
        this.socket.close();
        reject(new Error(`socket.io cannot connect to ${url}: ${error.message}`, { cause: error }));
      });
    });
  }

  run(line: string): Promise<Reply> {
    const [event, ...args] = asEvent(line);
    return this.emit(event, ...args);
  }

  /** Emits an event and waits for its acknowledgement. */
  async emit(event: string, ...args: unknown[]): Promise<Reply> {
    const mark = this.inbox.length;
    const status = await new Promise<OkStatus | ErrorStatus>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${event} was not acknowledged within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
      this.socket.emit(event, ...args, (answer: OkStatus | ErrorStatus) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
    return { status, envelopes: this.#since(mark) };
  }

  send(line: string): void {
    const [event, ...args] = asEvent(line);
    this.socket.emit(event, ...args);
  }

  async close(): Promise<void> {
    this.socket.disconnect();
    await this.closed;
  }

  terminate(): void {
    const { transport } = this.socket.io.engine;
    // The socket of the WebSocket transport, which the library does not declare: null once it has ended; polling has
    // none.
    const { ws } = transport as unknown as { ws?: { terminate(): void } | null };
    if (ws === undefined) this.socket.io.engine.close();
    else ws?.terminate();
  }

  #since(mark: number): Envelope[] {
    return this.inbox.since(mark).map((arrival) => arrival.envelope);
  }
}

/**
 * A line as the event of a typed client: options if each argument has a name, otherwise positional arguments, and the
 * `command` event if the line mixes names with positions that have none.
 */
function asEvent(line: string): [event: string, ...args: unknown[]] {
  const { name, positional, named } = parseCommandLine(line);
  const event = name.toLowerCase();
  const slots = builtinSyntax(name)?.slots.filter(({ position }) => position !== null) ?? [];
  if (positional.length <= slots.length && slots.length > 0) {
    const options = new Map<string, unknown>();
    positional.forEach((value, i) => {
      options.set(slots[i]?.name ?? '', value);
    });
    if (!Object.keys(named).some((key) => options.has(key))) {
      for (const [key, value] of Object.entries(named)) options.set(key, value);
      return [event, Object.fromEntries([...options].map(([key, value]) => [key, typed(name, key, value)]))];
    }
  }
  return Object.keys(named).length === 0 ? [event, ...positional] : ['command', line];
}

/** The value of an option, as typed clients send it. */
function typed(command: string, option: string, value: unknown): unknown {
  const type = builtinSyntax(command)?.slotOf(option)?.spec.type;
  if (type === 'json') return JSON.parse(String(value));
  const number = Number(value);
  const isNumber = (type === 'number' || type === 'integer') && String(number) === value;
  return isNumber && Number.isFinite(number) ? number : value;
}
