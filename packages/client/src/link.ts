import type { Envelope, OkStatus } from '@viaduct/protocol';
import { addressOf } from './address.js';
import { BackOff } from './back-off.js';
import { type NextStep, nextStep } from './close-policy.js';
import { Commands } from './commands.js';
import { ConnectionError } from './errors.js';
import { type Settings, type TokenSource, tokenOf } from './options.js';
import { ANSWER_MS, Pulse } from './pulse.js';
import type { CommandEvent, Wire, WireEnd } from './transport.js';

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

/** One connection that reconnects: a transport, with a policy for what follows the end of its sessions. */
export class Link {
  readonly #settings: Settings;
  readonly #observer: LinkObserver;
  readonly #wire: Wire;
  readonly #commands: Commands;
  readonly #backOff: BackOff;
  readonly #pulse = new Pulse(() => this.#checkAlive());
  /** Returns the token of each connection. */
  tokenSource: TokenSource | undefined;
  #usedSource: TokenSource | undefined;
  #isOpen = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retryAt: number | null = null;
  #openedAt = 0;
  /** When the last command was sent, on the clock of `performance.now()`. */
  #sentAt = 0;
  #ended = false;

  constructor(url: string | URL, settings: Settings, observer: LinkObserver) {
    this.#settings = settings;
    this.#observer = observer;
    this.tokenSource = settings.token;
    this.#backOff = new BackOff({ minMs: settings.reconnectMinMs, maxMs: settings.reconnectMaxMs });
    this.#wire = settings.transport(addressOf(url), settings, {
      opened: () => this.#opened(),
      ended: (end) => this.#wireEnded(end),
      received: (envelopes) => observer.received(envelopes),
      arrived: (text) => {
        this.#pulse.arrived();
        if (text !== null) observer.arrived(text);
      },
    });
    this.#commands = new Commands(this.#wire);
    page.addEventListener?.('online', this.#online);
    void this.#open();
  }

  get connected(): boolean {
    return this.#isOpen;
  }

  /** Whether an attempt to connect is under way. */
  get isOpening(): boolean {
    return !this.#isOpen && this.#retryAt === null && !this.#ended;
  }

  /** Where the token of the last attempt to connect came from. */
  get usedSource(): TokenSource | undefined {
    return this.#usedSource;
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
    this.#wire.cut();
  }

  /**
   * Sends a command and resolves when it has succeeded.
   *
   * @param timeoutMs how long to wait for that; null for as long as the connection lasts
   * @param succeeded called as soon as that is known, before anything that arrived later is received
   * @throws ViaductError if it is refused
   * @throws ConnectionError if the connection ends, or nothing arrives in time
   */
  async command(
    event: CommandEvent,
    options: object,
    timeoutMs: number | null = this.#settings.timeoutMs,
    succeeded: () => void = () => {},
  ): Promise<OkStatus> {
    if (!this.#isOpen) throw new ConnectionError('unreachable', `no connection to send ${event}`);
    this.#sentAt = performance.now();
    return this.#commands.run(event, options, timeoutMs, succeeded);
  }

  /**
   * Sends a command that the gateway always answers soon, and cuts the connection if it does not: then it is dead.
   *
   * @throws ViaductError if it is refused
   * @throws ConnectionError if the connection ends
   */
  async requireAnswer(event: CommandEvent, options: object, succeeded?: () => void): Promise<OkStatus> {
    try {
      return await this.command(event, options, this.#settings.timeoutMs, succeeded);
    } catch (error) {
      if (isLate(error)) this.cut();
      throw error;
    }
  }

  /** Ends the connection permanently. */
  close(): void {
    this.#end();
    this.#isOpen = false;
    this.#retryAt = null;
    clearTimeout(this.#retry);
    this.#pulse.stop();
    this.#wire.close();
    this.#commands.lost();
  }

  /** Sends a PING if something should have arrived, and cuts the connection if nothing arrives after that. */
  #checkAlive(): void {
    const { arrivedAt } = this.#pulse;
    if (!this.#observer.expectsMessages() && this.#sentAt <= arrivedAt) return;
    // A gateway answers a PING after earlier commands, which may take it long.
    const patienceMs = this.#commands.isBusy ? Math.max(ANSWER_MS, this.#settings.timeoutMs) : ANSWER_MS;
    this.command('ping', {}, patienceMs).catch((error: unknown) => {
      // Other ends of the connection are reported by the wire.
      if (isLate(error) && this.#pulse.arrivedAt === arrivedAt) this.cut();
    });
  }

  async #open(): Promise<void> {
    this.#retryAt = null;
    const { key, timeoutMs } = this.#settings;
    this.#usedSource = this.tokenSource;
    // A function that asks the user may take long, and must not be called again meanwhile.
    const late = new ConnectionError('no_credentials', `no token yet, after ${timeoutMs} ms`);
    this.#retry = setTimeout(() => this.#observer.lost(late, false), timeoutMs);
    let token: string | undefined;
    try {
      token = await tokenOf(this.#usedSource);
    } catch (cause) {
      const error = new ConnectionError('no_credentials', `no token: ${String(cause)}`, null, { cause });
      if (!this.#ended) this.#lost(error, 'back_off');
      return;
    }
    clearTimeout(this.#retry);
    if (this.#ended) return;
    this.#wire.open({ ...(token !== undefined && { token }), ...(key !== undefined && { key }) });
  }

  /** There is no reason to wait any longer. */
  readonly #online = (): void => this.retryNow();

  #end(): void {
    this.#ended = true;
    page.removeEventListener?.('online', this.#online);
  }

  #opened(): void {
    this.#isOpen = true;
    this.#openedAt = performance.now();
    this.#pulse.start();
    this.#observer.opened();
  }

  #wireEnded(end: WireEnd): void {
    // The program has closed the client while it received the last messages.
    if (this.#ended) return;
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#pulse.stop();
    this.#commands.lost();
    if (wasOpen) this.#backOff.held(performance.now() - this.#openedAt);
    const step = end.code === null ? 'back_off' : nextStep(end.code);
    this.#lost(wasOpen ? endOfSession(end) : failureToConnect(end, step), step);
  }

  #lost(error: ConnectionError, step: NextStep): void {
    const canAskAgain = typeof this.tokenSource === 'function' || this.tokenSource !== this.#usedSource;
    const final = step === 'stay_away' || (step === 'new_token' && !canAskAgain);
    clearTimeout(this.#retry);
    if (final) this.#end();
    else {
      const wait = step === 'spread' ? this.#backOff.spread() : this.#backOff.next();
      this.#retryAt = performance.now() + wait;
      this.#retry = setTimeout(() => void this.#open(), wait);
    }
    this.#observer.lost(error, final);
  }
}

/** The page, or whatever else tells when the network is back; Node does not. */
const page = globalThis as Partial<Pick<Window, 'addEventListener' | 'removeEventListener'>>;

/** Whether no answer has arrived in time. */
function isLate(error: unknown): boolean {
  return error instanceof ConnectionError && error.problem === 'timeout';
}

function endOfSession({ code, reason }: WireEnd): ConnectionError {
  return code === null
    ? new ConnectionError('unreachable', `the connection broke: ${reason}`)
    : new ConnectionError('closed_by_gateway', `the gateway ended the session: ${reason}`, code);
}

function failureToConnect({ code, reason, cause }: WireEnd, step: NextStep): ConnectionError {
  const otherwise = code === null ? 'unreachable' : 'closed_by_gateway';
  const problem = step === 'new_token' ? 'no_credentials' : otherwise;
  return new ConnectionError(problem, `cannot connect: ${reason}`, code, { cause });
}
