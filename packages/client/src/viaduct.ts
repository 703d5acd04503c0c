/// <reference lib="esnext.disposable" preserve="true" />
import type { GeoJsonProperties, Geometry } from 'geojson';
import { type Abortable, unlessAborted } from './abort.js';
import type { Stop } from './emitter.js';
import type { ConnectOptions, TokenSource } from './options.js';
import { Session } from './session.js';
import type { Subscription } from './subscription.js';
import type { SubscribeOptions } from './subscription-events.js';
import type { BoxOptions, ConnectionState, ProjectionOptions, ViaductEvents } from './viaduct-types.js';
import { type Box, checkBox, type View } from './view.js';

/** The parts of a client, for this package alone. */
export let sessionOf: (viaduct: Viaduct) => Session;

/**
 * A client of a gateway: one session, which is restored with its view and its subscriptions whenever the connection
 * is lost. Created by {@link connect}.
 */
export class Viaduct {
  static {
    sessionOf = (viaduct) => viaduct.#session;
  }

  readonly #session: Session;

  /** @internal Created by {@link connect}. */
  constructor(url: string | URL, options: ConnectOptions) {
    this.#session = new Session(url, options);
  }

  /** State of the connection; the event `state` reports changes. */
  get state(): ConnectionState {
    return this.#session.state;
  }

  /**
   * When the next attempt to connect starts, in milliseconds on the clock of `performance.now()`; null if there is
   * none. It is known when the event `state` reports the lost connection.
   */
  get retryAt(): number | null {
    return this.#session.link.retryAt;
  }

  /** The wanted view; it applies when the promise of the call that set it has resolved. */
  get view(): View {
    return this.#session.view.wanted;
  }

  /**
   * Calls `listener` for each event of that name, until the returned function is called.
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
    return this.#session.events.on(name, listener);
  }

  /**
   * Calls `listener` for the next event of that name only, unless the returned function is called before.
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * viaduct.once('state', (state) => console.log(state)); // prints: open
   * await viaduct.connected();
   * viaduct.close();
   * ```
   */
  once<Name extends keyof ViaductEvents>(
    name: Name,
    listener: (...values: ViaductEvents[Name]) => void,
  ): Stop {
    return this.#session.events.once(name, listener);
  }

  /**
   * Removes a listener that was added with `on` or `once`.
   *
   * @example
   * ```ts
   * import { type ConnectionState, connect } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080');
   * const log = (state: ConnectionState): void => console.log(state); // prints: open
   * viaduct.on('state', log);
   * await viaduct.connected();
   * viaduct.off('state', log);
   * viaduct.close();
   * ```
   */
  off<Name extends keyof ViaductEvents>(
    name: Name,
    listener: (...values: ViaductEvents[Name]) => void,
  ): void {
    this.#session.events.off(name, listener);
  }

  /**
   * Resolves when there is a session. You need not wait for it, because everything else does.
   *
   * @throws ConnectionError if there is none in time, with the last failure (attempts continue), or if there will be none
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
  connected(options: Abortable = {}): Promise<void> {
    return unlessAborted(this.#session.connected(), options);
  }

  /**
   * Subscribes to a channel, now and after every reconnection. Several subscriptions to one channel share its
   * messages.
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
  subscribe<Properties extends GeoJsonProperties = GeoJsonProperties, Shape extends Geometry = Geometry>(
    channel: string,
    options: SubscribeOptions<Properties, Shape> = {},
  ): Subscription<Properties, Shape> {
    // What is published is not checked: the program says what its features are.
    const subscription: unknown = this.#session.subscribe(channel, options as unknown as SubscribeOptions);
    return subscription as Subscription<Properties, Shape>;
  }

  /**
   * Reads a hash: its values that are in the box, in the session's projection and in no particular order. With a
   * field, returns the value of that field, in the box or not; null if there is none.
   *
   * @throws ViaductError if the gateway refuses it
   * @throws ConnectionError if there is no connection, or no answer in time
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
  get<T = unknown>(key: string, options?: Abortable): Promise<T[]>;
  get<T = unknown>(key: string, field: string, options?: Abortable): Promise<T | null>;
  async get<T>(
    key: string,
    fieldOrOptions: string | Abortable = {},
    more: Abortable = {},
  ): Promise<T[] | T | null> {
    const [field, options] =
      typeof fieldOrOptions === 'string' ? [fieldOrOptions, more] : [undefined, fieldOrOptions];
    options.signal?.throwIfAborted();
    const answer = this.#session.gather({ key, ...(field !== undefined && { field }) });
    const values = await unlessAborted(answer, options);
    if (field !== undefined) return (values[0] ?? null) as T | null;
    return values.filter((value) => value !== null) as T[];
  }

  /**
   * Sets the box, in the session's projection: features are sent if they touch it; null for no box. Resolves when it
   * applies. Subscriptions with a snapshot then receive a new one.
   *
   * @throws RangeError if the numbers are not a valid box
   * @throws ViaductError if the gateway refuses it; the old box stays
   * @throws ConnectionError if there is no connection in time; the box then applies with the next one
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
    await this.#session.setView({ box: box && checkBox(box), trim, hints });
  }

  /**
   * Sets the CRS in which features are sent, and the box in it. The old box is dropped, even without a new one.
   * Resolves when both apply. After the call, no feature is delivered in the old projection.
   *
   * @param projection such as `epsg:2056`
   * @throws ViaductError `unknown_crs` or `unsupported_crs`; the old projection and box stay
   * @throws ConnectionError if there is no connection in time; both then apply with the next one
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
    await this.#session.setView({ projection, precision: precision ?? null, box: box && checkBox(box) });
  }

  /**
   * Publishes a message to a channel; resolves when Redis has it.
   *
   * @param message any JSON value
   * @throws ViaductError if the gateway refuses it: `publish_disabled`, `not_allowed`, `message_too_big` and others
   * @throws ConnectionError if there is no connection, or no answer in time
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080', { token: 'YOUR_TOKEN' });
   * const notes = viaduct.subscribe('notes', { onMessage: (note) => console.log(note) }); // prints: { text: 'Delayed' }
   * await notes.ready;
   * await viaduct.publish('notes', { text: 'Delayed' });
   * ```
   */
  async publish(channel: string, message: unknown): Promise<void> {
    await this.#session.command('pub', { channel, message });
  }

  /**
   * Sets another token, or a function that returns one: for the current session, whose subscriptions continue if the
   * new token allows them, and for later sessions. Resolves when the current session has it; without one, when the attempt
   * to connect that is under way has ended.
   *
   * @throws ViaductError `invalid_token` if the gateway refuses it; this session and later ones keep the old token
   * @throws ConnectionError if the connection ends before an answer, or there is none in time; later sessions have the token
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   *
   * const viaduct = connect('http://localhost:8080', { token: 'YOUR_TOKEN' });
   * await viaduct.setToken('YOUR_TOKEN');
   * console.log((await viaduct.get('trains')).length); // prints: 1
   * viaduct.close();
   * ```
   */
  async setToken(token: TokenSource): Promise<void> {
    await this.#session.setToken(token);
  }

  /**
   * Starts the attempt to connect of {@link Viaduct.retryAt} at once.
   *
   * @example
   * ```ts
   * import { connect } from '@viaduct/client';
   * import { cut } from '@viaduct/client/testing';
   *
   * const viaduct = connect('http://localhost:8080');
   * await viaduct.connected();
   * cut(viaduct);
   * viaduct.retryNow();
   * await viaduct.connected();
   * console.log(viaduct.state); // prints: open
   * viaduct.close();
   * ```
   */
  retryNow(): void {
    this.#session.link.retryNow();
  }

  /**
   * Ends the connection and all subscriptions permanently.
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
    this.#session.close();
  }

  /** The same as `close()`, at the end of a block that declares it with `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
