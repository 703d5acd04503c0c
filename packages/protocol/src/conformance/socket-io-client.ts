import { io, type Socket } from 'socket.io-client';
import { parseCommandLine } from '../command-line.js';
import type { Envelope, ErrorStatus, OkStatus } from '../envelope.js';
import type { ClosingNotice, HandshakeAuth, ServerToClientEvents } from '../events.js';
import { Inbox } from './inbox.js';
import type { Client, Closed, Reply } from './types.js';

/** Commands go out untyped, because the suite must also send what the types forbid. */
type AnyEvents = Record<string, (...args: unknown[]) => void>;

let batches = 0;

/** A socket.io connection: commands are events with acknowledgements, answers are `message` events. */
export class SocketIoClient implements Client {
  readonly inbox: Inbox;
  readonly closed: Promise<Closed>;
  #closing: ClosingNotice | null = null;

  private constructor(
    readonly socket: Socket<ServerToClientEvents, AnyEvents>,
    private readonly timeoutMs: number,
  ) {
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

  static async connect(url: string, timeoutMs: number, auth: HandshakeAuth = {}): Promise<SocketIoClient> {
    const socket: Socket<ServerToClientEvents, AnyEvents> = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      timeout: timeoutMs,
      auth,
    });
    const client = new SocketIoClient(socket, timeoutMs);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', (error) => {
        socket.close();
        reject(new Error(`socket.io cannot connect to ${url}: ${error.message}`, { cause: error }));
      });
    });
    return client;
  }

  run(line: string): Promise<Reply> {
    const [event, ...args] = asEvent(line);
    return this.emit(event, ...args);
  }

  /** Emits an event with an acknowledgement and waits for that. */
  async emit(event: string, ...args: unknown[]): Promise<Reply> {
    const mark = this.inbox.length;
    const status = await new Promise<OkStatus | ErrorStatus>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${event} was not acknowledged within ${this.timeoutMs} ms`)),
        this.timeoutMs,
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
    this.socket.io.engine.close();
  }

  #since(mark: number): Envelope[] {
    return this.inbox.since(mark).map((arrival) => arrival.envelope);
  }
}

/** Names of the positional arguments, so that a line can be sent as one object of options. */
const POSITIONS: Readonly<Record<string, readonly string[]>> = {
  GET: ['key', 'field', 'client_ref'],
  PGET: ['key', 'field', 'client_ref'],
  SUB: ['channel', 'client_ref'],
  DEL: ['channel', 'client_ref'],
  PING: ['client_ref'],
  RESET: ['client_ref'],
  BBOX: ['left', 'bottom', 'right', 'top'],
  PROJECTION: ['projection', 'client_ref'],
  BUFFER: ['size', 'ms', 'client_ref'],
};

/** Arguments that typed clients give as numbers. */
const NUMERIC: readonly string[] = ['left', 'bottom', 'right', 'top', 'size', 'ms', 'precision'];

/**
 * A line as the event that a typed client would emit: options where each argument has a name, else positional
 * arguments, and the `command` event where the line mixes names with positions that have none.
 */
function asEvent(line: string): [event: string, ...args: unknown[]] {
  const { name, positional, named } = parseCommandLine(line);
  const event = name.toLowerCase();
  const names = POSITIONS[name] ?? [];
  if (positional.length <= names.length && names.length > 0) {
    const options = new Map<string, unknown>();
    positional.forEach((value, i) => {
      options.set(names[i] ?? '', value);
    });
    if (!Object.keys(named).some((key) => options.has(key))) {
      for (const [key, value] of Object.entries(named)) options.set(key, value);
      return [event, Object.fromEntries([...options].map(([key, value]) => [key, typed(key, value)]))];
    }
  }
  return Object.keys(named).length === 0 ? [event, ...positional] : ['command', line];
}

function typed(key: string, value: unknown): unknown {
  const number = Number(value);
  return NUMERIC.includes(key) && Number.isFinite(number) && String(number) === value ? number : value;
}
