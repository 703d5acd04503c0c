import {
  type Ack,
  CLOSE_CODES,
  type ClientToServerEvents,
  type ClosingNotice,
  type Envelope,
  type ErrorStatus,
  type OkStatus,
  type ServerToClientEvents,
} from '@viaduct/protocol';
import { io, type Socket } from 'socket.io-client';
import { addressOf } from './address.js';
import { BackOff } from './back-off.js';
import { type NextStep, nextStep } from './close-policy.js';
import { ConnectionError, ViaductError } from './errors.js';
import { type Settings, type TokenSource, tokenOf } from './options.js';
import { ANSWER_MS, Pulse } from './pulse.js';

/** Names of the events that send commands. */
export type CommandEvent = keyof ClientToServerEvents | 'pub' | 'token';

/** The gateway checks commands; here they are a name and options. */
type Commands = Record<CommandEvent, (options: object, ack: Ack) => void>;

/** Events of a {@link Link}. */
export interface LinkObserver {
  /** A new session has started, without subscriptions and view. */
  opened(): void;
  /** The session, or an attempt to start one, has ended. If `final`, there will be no other one. */
  lost(error: ConnectionError, final: boolean): void;
  received(envelopes: readonly Envelope[]): void;
  /** Whether messages may arrive at any time, so that silence may mean that the connection is dead. */
  expectsMessages(): boolean;
  /** A text has arrived, before it is parsed. */
  arrived(text: string): void;
}

/** HTTP status of a handshake that is refused because of its token or key. */
const UNAUTHORIZED = 401;

/** The longest delay of a timer, in milliseconds. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** One connection that reconnects: socket.io with a policy for what follows its end. */
export class Link {
  readonly #settings: Settings;
  readonly #observer: LinkObserver;
  readonly #socket: Socket<ServerToClientEvents, Commands>;
  readonly #backOff: BackOff;
  readonly #pulse = new Pulse(() => this.#askForLife());
  /** Returns the token of each connection. */
  tokenSource: TokenSource | undefined;
  #closing: ClosingNotice | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retryAt: number | null = null;
  #openedAt = 0;
  #ended = false;

  constructor(url: string | URL, settings: Settings, observer: LinkObserver) {
    this.#settings = settings;
    this.#observer = observer;
    this.tokenSource = settings.token;
    this.#backOff = new BackOff({ minMs: settings.reconnectMinMs, maxMs: settings.reconnectMaxMs });
    this.#socket = io(addressOf(url), {
      path: settings.path,
      transports: [...settings.transports],
      tryAllTransports: true,
      withCredentials: settings.withCredentials,
      timeout: settings.timeoutMs,
      // Each client is its own session, and reconnects by the rules of the close codes.
      forceNew: true,
      autoConnect: false,
      reconnection: false,
    });
    this.#listen();
    void this.#open();
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** When the next attempt to connect starts, on the clock of `performance.now()`; null if there is none. */
  get retryAt(): number | null {
    return this.#retryAt;
  }

  /** Starts the waiting attempt at once. */
  retryNow(): void {
    if (this.#retryAt === null) return;
    clearTimeout(this.#retry);
    void this.#open();
  }

  /** Cuts the connection as a broken network would; the client then reconnects. */
  cut(): void {
    this.#socket.io.engine?.close();
  }

  /**
   * Sends a command and resolves when it has succeeded.
   *
   * @param timeoutMs how long to wait for that; null for as long as the connection lasts
   * @param succeeded called as soon as that is known, before anything that arrived later is received
   * @throws ViaductError if it is refused
   * @throws ConnectionError if the connection ends, or nothing arrives in time
   */
  command(
    event: CommandEvent,
    options: object,
    timeoutMs: number | null = this.#settings.timeoutMs,
    succeeded: () => void = () => {},
  ): Promise<OkStatus> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.connected) {
        reject(new ConnectionError('unreachable', `no connection to send ${event}`));
        return;
      }
      const sender = this.#socket.timeout(timeoutMs ?? LONGEST_TIMEOUT_MS);
      sender.emit(event, options, (cause: Error | null, answer?: OkStatus | ErrorStatus) => {
        if (cause !== null) reject(this.#unanswered(event, timeoutMs, cause));
        else if (answer?.status === 'ok') {
          succeeded();
          resolve(answer);
        } else {
          const { code = 'internal', message = 'the gateway gave no reason', command = event } = answer ?? {};
          reject(new ViaductError(code, message, command));
        }
      });
    });
  }

  /** Ends the connection permanently. */
  close(): void {
    this.#ended = true;
    this.#retryAt = null;
    clearTimeout(this.#retry);
    this.#socket.disconnect();
  }

  /** Cuts a connection on which not even a PING is answered. */
  #askForLife(): void {
    if (!this.#observer.expectsMessages()) return;
    this.command('ping', {}, ANSWER_MS).catch((error: unknown) => {
      if (error instanceof ConnectionError && error.problem === 'timeout') this.cut();
    });
  }

  #unanswered(event: CommandEvent, timeoutMs: number | null, cause: Error): ConnectionError {
    return this.#socket.connected
      ? new ConnectionError('timeout', `no answer to ${event} in ${timeoutMs} ms`, null, { cause })
      : new ConnectionError('unreachable', `the connection ended before ${event} was answered`, null, {
          cause,
        });
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('connect', () => {
      this.#closing = null;
      this.#openedAt = performance.now();
      this.#pulse.start();
      socket.io.engine.on('packet', ({ data }: { data?: unknown }) => {
        this.#pulse.heard();
        if (typeof data === 'string') this.#observer.arrived(data);
      });
      this.#observer.opened();
    });
    socket.on('messages', (envelopes) => this.#observer.received(envelopes));
    socket.on('message', (envelope) => this.#observer.received([envelope]));
    socket.on('closing', (notice) => {
      this.#closing = notice;
    });
    socket.on('disconnect', (reason) => {
      this.#pulse.stop();
      if (!this.#ended) this.#disconnected(reason);
    });
    socket.on('connect_error', (error) => {
      if (!this.#ended) this.#refused(error);
    });
  }

  async #open(): Promise<void> {
    this.#retryAt = null;
    const { key } = this.#settings;
    let token: string | undefined;
    try {
      token = await tokenOf(this.tokenSource);
    } catch (cause) {
      const error = new ConnectionError('no_credentials', `no token: ${String(cause)}`, null, { cause });
      if (!this.#ended) this.#lost(error, 'back_off');
      return;
    }
    if (this.#ended) return;
    this.#socket.auth = {
      batch: true,
      ...(token !== undefined && { token }),
      ...(key !== undefined && { key }),
    };
    this.#socket.connect();
  }

  #disconnected(reason: string): void {
    const notice = this.#closing;
    this.#closing = null;
    this.#backOff.held(performance.now() - this.#openedAt);
    if (notice === null) {
      this.#lost(new ConnectionError('unreachable', `the connection broke: ${reason}`), 'back_off');
      return;
    }
    const error = new ConnectionError(
      'closed_by_gateway',
      `the gateway ended the session: ${notice.reason}`,
      notice.code,
    );
    this.#lost(error, nextStep(notice.code));
  }

  #refused(cause: Error): void {
    const code = refusalCode(cause);
    const problem = code === null ? 'unreachable' : 'no_credentials';
    const error = new ConnectionError(problem, `cannot connect: ${cause.message}`, code, { cause });
    this.#lost(error, code === null ? 'back_off' : nextStep(code));
  }

  #lost(error: ConnectionError, step: NextStep): void {
    const canAskAgain = typeof this.tokenSource === 'function';
    const final = step === 'stay_away' || (step === 'new_token' && !canAskAgain);
    this.#ended = final;
    clearTimeout(this.#retry);
    if (!final) {
      const wait = step === 'spread' ? this.#backOff.spread() : this.#backOff.next();
      this.#retryAt = performance.now() + wait;
      this.#retry = setTimeout(() => void this.#open(), wait);
    }
    this.#observer.lost(error, final);
  }
}

/**
 * The close code of a handshake that was refused because of its token or key; null if it failed for another reason.
 */
function refusalCode(error: Error): number | null {
  // socket.io has the gateway's notice in `data`, and its transports have the HTTP status in `description`.
  const { description, data } = error as { description?: unknown; data?: { code?: unknown } };
  if (typeof data?.code === 'number') return data.code;
  return description === UNAUTHORIZED ? CLOSE_CODES.invalid_token.code : null;
}
