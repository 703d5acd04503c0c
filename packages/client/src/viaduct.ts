import type { Envelope } from '@viaduct/protocol';
import { Answers } from './answers.js';
import { Channels } from './channels.js';
import { untilDecided } from './connected.js';
import { Emitter, type Stop } from './emitter.js';
import { ConnectionError } from './errors.js';
import { statusOf } from './gateway-status.js';
import { Link } from './link.js';
import { type ConnectOptions, type Settings, settingsOf } from './options.js';
import type { Subscription } from './subscription.js';
import type { SubscribeOptions } from './subscription-events.js';
import type { BoxOptions, ConnectionState, ProjectionOptions, ViaductEvents } from './viaduct-types.js';
import { type Box, checkBox, type View, ViewKeeper } from './view.js';

/** For the length of a text in UTF-8. */
const encoder = new TextEncoder();

/**
 * A client of a gateway: one session, which is restored with its view and its subscriptions whenever the connection is
 * lost. Made by {@link connect}.
 */
export class Viaduct {
  readonly #settings: Settings;
  readonly #link: Link;
  readonly #view: ViewKeeper;
  readonly #channels: Channels;
  readonly #answers = new Answers();
  readonly #events = new Emitter<ViaductEvents>();
  #state: ConnectionState = 'connecting';
  #lastError: ConnectionError | null = null;

  /** @internal Made by {@link connect}. */
  constructor(url: string | URL, options: ConnectOptions) {
    this.#settings = settingsOf(options);
    this.#view = new ViewKeeper((event, given) => this.#link.command(event, given, null), {
      viewWanted: (view, previous) => {
        this.#channels.viewWanted();
        this.#events.emit('view', view, previous);
      },
      viewApplied: () => this.#channels.viewChanged(),
    });
    this.#channels = new Channels((event, given, timeoutMs) => this.#link.command(event, given, timeoutMs));
    this.#link = new Link(url, this.#settings, {
      opened: () => void this.#opened(),
      lost: (error, final) => this.#lost(error, final),
      received: (envelopes) => this.#received(envelopes),
      arrived: (text) => this.#arrived(text),
    });
  }

  /** Where the connection stands; the event `state` tells of changes. */
  get state(): ConnectionState {
    return this.#state;
  }

  /**
   * When the next attempt to connect begins, in milliseconds on the clock of `performance.now()`; null where none is waited
   * for. It is known when the event `state` tells that the connection was lost.
   */
  get retryAt(): number | null {
    return this.#link.retryAt;
  }

  /** The view that is wanted; it is in force once the promise of the call that wanted it has resolved. */
  get view(): View {
    return this.#view.wanted;
  }

  /**
   * Calls `listener` for each event of that name until the function that is returned is called.
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * const stop = viaduct.on('state', (state) => console.log(state)); // prints: open
   * await viaduct.connected();
   * stop();
   * viaduct.close();
   * ```
   */
  on<Name extends keyof ViaductEvents>(name: Name, listener: (...values: ViaductEvents[Name]) => void): Stop {
    return this.#events.on(name, listener);
  }

  /**
   * Resolves when there is a session. Nothing has to wait for it: everything else does by itself.
   *
   * @throws ConnectionError where there is none in time, with what went wrong last (attempts go on), or none any more
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * await viaduct.connected();
   * console.log(viaduct.state); // prints: open
   * viaduct.close();
   * ```
   */
  async connected(): Promise<void> {
    await untilDecided(this, this.#settings.timeoutMs, () => this.#lastError);
    this.#refuseClosed();
  }

  /**
   * Subscribes to a channel, now and after every reconnection. Several subscriptions to one channel share what arrives.
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * const trains = viaduct.subscribe('trains', {
   *   onFeature: (feature) => console.log(feature.properties?.speed), // prints: 80
   *   onRemove: (id) => console.log(`${id} has gone`),
   *   onState: ({ state, gap }) => gap && console.log(`${state}, but something was missed`),
   * });
   * await trains.ready;
   * ```
   */
  subscribe(channel: string, options: SubscribeOptions = {}): Subscription {
    const subscription = this.#channels.subscribe(channel, options);
    if (this.#state === 'closed') this.#channels.lost(this.#whyClosed(), true);
    return subscription;
  }

  /**
   * Reads a hash: its values that are in the box, in the session's projection and no particular order. With a field, the
   * value of that field, in the box or not; null where there is none.
   *
   * @throws ViaductError where the gateway refuses it
   * @throws ConnectionError where there is no connection, or no answer in time
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   * import type { Feature, Point } from 'geojson';
   *
   * const viaduct = connect('http://localhost:8080');
   * const trains = await viaduct.get<Feature<Point>>('trains');
   * console.log(trains.length); // prints: 1
   * const train = await viaduct.get<Feature<Point>>('trains', '17');
   * console.log(train?.geometry.coordinates[0]); // prints: 7.44
   * viaduct.close();
   * ```
   */
  get<T = unknown>(key: string): Promise<T[]>;
  get<T = unknown>(key: string, field: string): Promise<T | null>;
  async get<T>(key: string, field?: string): Promise<T[] | T | null> {
    await this.#ready();
    const values = await this.#answers.gather((reference) =>
      this.#link.command('get', { key, ...(field !== undefined && { field }), client_ref: reference }),
    );
    if (field !== undefined) return (values[0] ?? null) as T | null;
    return values.filter((value) => value !== null) as T[];
  }

  /**
   * Sets the box that features must touch to be sent, in the session's projection; null for no box. Resolves when it is in
   * force. Subscriptions with a snapshot then get a new one.
   *
   * @throws RangeError where the numbers are no box
   * @throws ViaductError where the gateway refuses it; the old box stays
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * await viaduct.setBox([5.9, 45.8, 10.5, 47.9]);
   * console.log((await viaduct.get('trains')).length); // prints: 1
   * await viaduct.setBox([-10, 35, 5, 44]);
   * console.log((await viaduct.get('trains')).length); // prints: 0
   * viaduct.close();
   * ```
   */
  async setBox(box: Box | null, { trim = false, hints = {} }: BoxOptions = {}): Promise<void> {
    this.#refuseClosed();
    await this.#view.set({ box: box && checkBox(box), trim, hints });
  }

  /**
   * Sets the CRS in which features are sent, and the box in it: the old one is given up, with or without a new one. Resolves
   * when both are in force. No feature is delivered in the old projection from the call on.
   *
   * @param projection such as `epsg:2056`
   * @throws ViaductError `unknown_crs` or `unsupported_crs`; the old projection and box stay
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   * import type { Feature, Point } from 'geojson';
   *
   * const viaduct = connect('http://localhost:8080');
   * await viaduct.setProjection('epsg:3857', { box: [600_000, 5_700_000, 1_200_000, 6_100_000], precision: 1 });
   * const train = await viaduct.get<Feature<Point>>('trains', '17');
   * console.log(train?.geometry.coordinates); // prints: [ 828217, 5933917 ]
   * viaduct.close();
   * ```
   */
  async setProjection(projection: string, { box = null, precision }: ProjectionOptions = {}): Promise<void> {
    this.#refuseClosed();
    await this.#view.set({ projection, precision: precision ?? null, box: box && checkBox(box) });
  }

  /** Makes the attempt to connect that {@link Viaduct.retryAt} is about at once. @example see {@link Viaduct.cut} */
  retryNow(): void {
    this.#link.retryNow();
  }

  /**
   * Cuts the connection as a broken network would, so that one can see or test how it is restored.
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * await viaduct.connected();
   * viaduct.on('state', (state) => console.log(state)); // prints: connecting
   * viaduct.cut();
   * viaduct.retryNow();
   * await viaduct.connected();
   * viaduct.close();
   * ```
   */
  cut(): void {
    this.#link.cut();
  }

  /**
   * Ends the connection for good, and with it all subscriptions.
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * viaduct.close();
   * console.log(viaduct.state); // prints: closed
   * ```
   */
  close(): void {
    if (this.#state === 'closed') return;
    this.#link.close();
    this.#lost(new ConnectionError('closed', 'the client was closed'), true);
  }

  /** Resolves when there is a session with the wanted view. */
  async #ready(): Promise<void> {
    await this.connected();
    await this.#view.settled();
  }

  async #opened(): Promise<void> {
    this.#lastError = null;
    this.#become('open', null);
    await this.#view.opened();
    if (this.#link.connected) this.#channels.opened();
  }

  #lost(error: ConnectionError, final: boolean): void {
    this.#lastError = error;
    if (final) this.#view.end(error);
    else this.#view.lost();
    this.#channels.lost(error, final);
    this.#become(final ? 'closed' : 'connecting', error);
  }

  #become(state: ConnectionState, error: ConnectionError | null): void {
    this.#state = state;
    this.#events.emit('state', state, error);
  }

  #received(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      const status = statusOf(envelope);
      if (status?.status === 'notice') this.#events.emit('notice', status.message);
    }
    this.#channels.receive(this.#answers.take(envelopes), this.#view.switching);
  }

  #arrived(text: string): void {
    if (this.#events.has('traffic')) this.#events.emit('traffic', encoder.encode(text).length);
  }

  #refuseClosed(): void {
    if (this.#state === 'closed') throw this.#whyClosed();
  }

  #whyClosed(): ConnectionError {
    return this.#lastError ?? new ConnectionError('closed', 'the client was closed');
  }
}
