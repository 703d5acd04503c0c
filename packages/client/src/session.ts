import type { Envelope } from '@viaduct/protocol';
import { onAbort } from './abort.js';
import { Answers } from './answers.js';
import { Channels } from './channels.js';
import { type Connecting, untilDecided, whileReachable } from './connected.js';
import { Emitter, type Stop } from './emitter.js';
import { ConnectionError, ViaductError } from './errors.js';
import { statusOf } from './gateway-status.js';
import { Link } from './link.js';
import { type ConnectOptions, type Settings, settingsOf, type TokenSource, tokenOf } from './options.js';
import type { Subscription } from './subscription.js';
import type { SubscribeOptions } from './subscription-events.js';
import type { CommandEvent } from './transport.js';
import type { ConnectionState, ViaductEvents } from './viaduct-types.js';
import { type View, ViewKeeper } from './view.js';
import { warn, withRemedy } from './warnings.js';

/** The parts of a client: one connection, its view, its channels, and its events. */
export class Session {
  readonly link: Link;
  readonly view: ViewKeeper;
  readonly events = new Emitter<ViaductEvents>();
  /** Events for this package alone, whose listeners are not the program's: the state, and what arrives, before it is parsed. */
  readonly internal = new Emitter<{ state: ViaductEvents['state']; text: [text: string] }>();
  readonly #url: string;
  readonly #settings: Settings;
  readonly #channels: Channels;
  readonly #answers = new Answers();
  readonly #stopAbort: Stop | undefined;
  #state: ConnectionState = 'connecting';
  /** Number of sessions until now. */
  #sessions = 0;
  /** Why there is no session; null before the first attempt has ended. */
  #lastError: ConnectionError | null = null;

  constructor(url: string | URL, options: ConnectOptions) {
    this.#url = String(url);
    this.#settings = settingsOf(options);
    const { timeoutMs } = this.#settings;
    this.view = new ViewKeeper(
      (event, given, succeeded) => this.link.requireAnswer(event, given, succeeded),
      timeoutMs,
      {
        viewWanted: (view, previous) => {
          this.#channels.viewWanted();
          this.events.emit('view', view, previous);
        },
        viewApplied: () => this.#channels.viewChanged(),
        viewMissed: () => this.#channels.viewMissed(),
      },
    );
    this.#channels = new Channels((event, given, longestMs) => this.link.command(event, given, longestMs), {
      timeoutMs,
      whileReachable: (result) => this.#whileReachable(result),
    });
    this.link = new Link(url, this.#settings, {
      opened: () => void this.#opened(),
      lost: (error, final) => this.#lost(error, final),
      received: (envelopes) => this.#received(envelopes),
      expectsMessages: () => !this.#channels.isEmpty,
      arrived: (text) => this.internal.emit('text', text),
    });
    this.#stopAbort = onAbort(options.signal, () => this.close());
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /**
   * Resolves when there is a session.
   *
   * @throws ConnectionError if there is none in time, or if there will be none
   */
  async connected(): Promise<void> {
    await this.#whileReachable(untilDecided(this.#connecting));
    this.#refuseClosed();
  }

  subscribe(channel: string, options: SubscribeOptions): Subscription {
    const subscription = this.#channels.subscribe(channel, options, this.view.switching);
    if (this.#state === 'closed' && this.#lastError !== null) this.#channels.lost(this.#lastError, true);
    subscription.returned();
    return subscription;
  }

  /** Sends a command as soon as there is a session with the wanted view, or with the old one if the wanted one is refused. */
  async command(event: CommandEvent, options: object): Promise<void> {
    await this.connected();
    await this.#whileReachable(this.view.settled()).catch(unlessRefused);
    await this.link.command(event, options);
  }

  /** The values that answer a GET with these options. */
  gather(options: object): Promise<unknown[]> {
    return this.#answers.gather((reference) => this.command('get', { ...options, client_ref: reference }));
  }

  async setToken(source: TokenSource): Promise<void> {
    this.#refuseClosed();
    const { link } = this;
    const previous = link.tokenSource;
    const wasOpen = link.connected;
    link.tokenSource = source;
    // An attempt to connect that is under way may have begun with the old token.
    if (link.isOpening) await new Promise<void>((resolve) => this.internal.once('state', () => resolve()));
    if (!wasOpen && (!link.connected || link.usedSource === source)) return;
    try {
      await link.command('token', { token: await tokenOf(source) });
    } catch (error) {
      const isRefused = error instanceof ViaductError && error.code === 'invalid_token';
      if (isRefused && link.tokenSource === source) link.tokenSource = previous;
      throw error;
    }
  }

  async setView(change: Partial<View>): Promise<void> {
    this.#refuseClosed();
    await this.#whileReachable(this.view.set(change));
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.link.close();
    this.#lost(new ConnectionError('closed', 'the client was closed'), true);
  }

  async #opened(): Promise<void> {
    this.#lastError = null;
    const session = ++this.#sessions;
    this.#become('open', null);
    await this.view.opened();
    // A view that the gateway refuses for a while may outlast its session.
    if (this.link.connected && session === this.#sessions) this.#channels.opened();
  }

  #lost(cause: ConnectionError, final: boolean): void {
    // A connection that broke is not a failure yet: it is usually restored.
    const hasFailed = cause.problem !== 'closed' && (final || this.#state !== 'open');
    const error = hasFailed ? withRemedy(cause, this.#url, final) : cause;
    const state = final ? 'closed' : 'connecting';
    this.#lastError = error;
    this.#state = state;
    if (final) {
      this.#stopAbort?.();
      this.view.end(error);
    } else this.view.lost();
    this.#channels.lost(error, final);
    // A callback of the program has closed the client.
    if (this.#lastError !== error) return;
    if (hasFailed && !this.events.has('state')) warn(error.message);
    this.#become(state, error);
  }

  #become(state: ConnectionState, error: ConnectionError | null): void {
    this.#state = state;
    this.internal.emit('state', state, error);
    this.events.emit('state', state, error);
  }

  #received(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      const status = statusOf(envelope);
      if (status?.status === 'notice') this.events.emit('notice', status.message);
    }
    this.#channels.receive(this.#answers.take(envelopes), this.view);
  }

  get #connecting(): Connecting {
    return { state: this.#state, on: this.internal.on.bind(this.internal) };
  }

  #whileReachable<T>(result: Promise<T>): Promise<T> {
    return whileReachable(result, this.#connecting, this.#settings.timeoutMs, () => this.#lastError);
  }

  #refuseClosed(): void {
    if (this.#state === 'closed') throw this.#lastError;
  }
}

/** Ignores the refusal of a view: the call that has set the view reports it. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof ViaductError)) throw error;
}
