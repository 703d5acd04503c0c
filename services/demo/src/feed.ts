import type { FeedOptions } from './feed-options.js';
import { Fleet } from './fleet.js';
import type { Sink } from './sink.js';
import { KINDS, type Kind, type Vehicle } from './vehicle.js';

/** The key and channel of the feed's reports about itself, once a second; see {@link FeedReport}. */
export const FEED_CHANNEL = 'demo:feed';

/** The field of the hash {@link FEED_CHANNEL} that holds the last report. */
export const FEED_FIELD = 'now';

/** Everything that a gateway has to allow for the demo, as its `CHANNELS`. */
export const FEED_CHANNELS = [...Object.values(KINDS).map(({ channel }) => channel), FEED_CHANNEL];

/** The feed's report about itself. */
export interface FeedReport {
  trains: number;
  planes: number;
  /** Updates of the last second, of all vehicles. */
  published: number;
  speedup: number;
}

/** Time between two rounds of updates, in milliseconds. */
const ROUND_MS = 100;

/** Wait after a round that failed, in milliseconds. */
const RETRY_MS = 1000;

/**
 * Longest time that one round catches up with, in milliseconds, so that vehicles do not leap after a machine has
 * slept.
 */
const LONGEST_ROUND_MS = 1000;

const MS_PER_HOUR = 3_600_000;

/**
 * Moves a fleet and writes every change: the state into the hash `demo:trains` or `demo:planes` (field = id, value = GeoJSON
 * Feature), then the same text to the channel of that name. A vehicle that arrives is removed from the hash, and then
 * published on the same channel as a Feature with its id and a null geometry.
 */
export class Feed {
  readonly #sink: Sink;
  readonly #options: FeedOptions;
  readonly #onError: (error: unknown) => void;
  readonly #fleet: Fleet;
  #owedUpdates = 0;
  #published = 0;
  #sinceReport = 0;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;

  /** @param onError called for every round that the sink refused; the feed continues a second later */
  constructor(sink: Sink, options: FeedOptions, onError: (error: unknown) => void) {
    this.#sink = sink;
    this.#options = options;
    this.#onError = onError;
    this.#fleet = new Fleet(options.count, options.seed);
  }

  /**
   * Writes the state of the whole fleet, then moves it until `stop`.
   *
   * @throws the sink's errors
   */
  async start(): Promise<void> {
    for (const vehicle of this.#fleet.vehicles) this.#store(vehicle);
    this.#report();
    await this.#sink.flush();
    this.#schedule(ROUND_MS, performance.now());
  }

  /**
   * Moves the fleet on by a time in milliseconds and writes the updates for that time.
   *
   * @throws the sink's errors
   */
  async advance(elapsedMs: number): Promise<void> {
    const { count, rate, speedup } = this.#options;
    this.#fleet.tick((elapsedMs / MS_PER_HOUR) * speedup);
    this.#owedUpdates = Math.min(this.#owedUpdates + (elapsedMs / 1000) * rate, count);
    for (; this.#owedUpdates >= 1; this.#owedUpdates -= 1) this.#updateNext();
    this.#sinceReport += elapsedMs;
    if (this.#sinceReport >= 1000) this.#report();
    await this.#sink.flush();
  }

  /**
   * Ends the movement and removes all vehicles from the hashes.
   *
   * @throws the sink's errors
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
    for (const vehicle of this.#fleet.vehicles) this.#remove(vehicle);
    this.#sink.hdel(FEED_CHANNEL, FEED_FIELD);
    await this.#sink.flush();
  }

  #schedule(delayMs: number, since: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      const now = performance.now();
      this.#round = this.advance(Math.min(now - since, LONGEST_ROUND_MS)).then(
        () => this.#schedule(ROUND_MS, now),
        (error: unknown) => {
          this.#onError(error);
          this.#schedule(RETRY_MS, now);
        },
      );
    }, delayMs);
  }

  #updateNext(): void {
    const { vehicle, arrived } = this.#fleet.next();
    if (arrived) this.#remove(arrived);
    // The hash first: a client that reads it after this message must not find an older state.
    const text = this.#store(vehicle);
    this.#sink.publish(vehicle.channel, text);
    this.#published += 1;
  }

  #store(vehicle: Vehicle): string {
    const text = JSON.stringify(vehicle.feature());
    this.#sink.hset(vehicle.channel, vehicle.id, text);
    return text;
  }

  #remove(vehicle: Vehicle): void {
    this.#sink.hdel(vehicle.channel, vehicle.id);
    this.#sink.publish(vehicle.channel, JSON.stringify(vehicle.removal()));
  }

  #report(): void {
    const seconds = this.#sinceReport / 1000;
    const report: FeedReport = {
      trains: this.#count('train'),
      planes: this.#count('plane'),
      published: seconds > 0 ? Math.round(this.#published / seconds) : 0,
      speedup: this.#options.speedup,
    };
    const text = JSON.stringify(report);
    this.#sink.hset(FEED_CHANNEL, FEED_FIELD, text);
    this.#sink.publish(FEED_CHANNEL, text);
    this.#published = 0;
    this.#sinceReport = 0;
  }

  #count(kind: Kind): number {
    return this.#fleet.vehicles.filter((vehicle) => vehicle.trip.kind === kind).length;
  }
}
