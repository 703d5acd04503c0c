import { createAllowlist } from '../auth/allowlist.js';
import type { Config } from '../config/config.js';
import { triedNames } from './check-names.js';
import type { FoundHashes } from './redis-survey.js';

/** At most this many channels with a name in the settings or a hash are watched, and as many others. */
const MAX_CHANNELS = 20;

/** At most this many of the other channels are counted. */
const MAX_COUNTED = 100_000;

/** How many of a channel's newest messages are compared with its hash. */
const COMPARED = 20;

/** What happened to one channel while it was watched. */
export interface Watched {
  readonly name: string;
  /** The one glob whose messages count, if several match; null if the channel has a subscription of its own. */
  readonly glob: string | null;
  messages: number;
  readonly newest: string[];
  /** Whether its hash has changed. */
  hasChanged: boolean;
  /** Whether each feature has a field of its own in the hash. */
  hasFields: boolean;
}

/** The channels that are watched, and the messages on them. Streams are left out. */
export class WatchedChannels {
  readonly #config: Config;
  readonly #isWatchable: (name: string) => boolean;
  readonly #channels = new Map<string, Watched>();
  readonly #others = new Set<string>();
  /** How many more channels may be watched for their messages alone. */
  #room = MAX_CHANNELS;

  /** @param isChanges whether a channel has only notifications of Redis */
  constructor(config: Config, isChanges: (name: string) => boolean) {
    this.#config = config;
    const { channels, streams, streamStateSuffix: suffix } = config;
    const isReadable = createAllowlist(channels);
    const isStream = createAllowlist(streams);
    const isState = (name: string) => name.endsWith(suffix) && isStream(name.slice(0, -suffix.length));
    this.#isWatchable = (name) => isReadable(name) && !isStream(name) && !isState(name) && !isChanges(name);
  }

  /** The watched channels. */
  get all(): Watched[] {
    return [...this.#channels.values()];
  }

  /** How many other readable channels are known. */
  get others(): number {
    return this.#others.size;
  }

  /**
   * Chooses channels whose names are known.
   *
   * @param subscribed channels that have subscribers
   * @returns the names to subscribe to
   */
  choose({ shown, names }: FoundHashes, subscribed: readonly string[]): string[] {
    const named = triedNames(this.#config).filter(({ isGlob }) => !isGlob);
    const known = new Set([...named, ...shown].map(({ name }) => name).filter(this.#isWatchable));
    for (const name of [...known].slice(0, MAX_CHANNELS)) this.#watch(name, null);
    // Their hashes were not read.
    for (const name of [...known, ...names]) this.#leaveOut(name);
    for (const name of subscribed) this.#found(name, null);
    return [...this.#channels.keys()];
  }

  /**
   * A message has arrived.
   *
   * @param glob the subscription that received it; null for that of the channel
   */
  received(name: string, text: string, glob: string | null): void {
    this.#found(name, glob);
    const watched = this.#channels.get(name);
    if (watched === undefined || watched.glob !== glob) return;
    watched.messages += 1;
    if (watched.newest.push(text) > COMPARED) watched.newest.shift();
  }

  /** Watches a channel without a hash, if there is room for it. */
  #found(name: string, glob: string | null): void {
    if (this.#channels.has(name) || this.#others.has(name) || !this.#isWatchable(name)) return;
    if (this.#room === 0) this.#leaveOut(name);
    else {
      this.#room -= 1;
      this.#watch(name, glob);
    }
  }

  #watch(name: string, glob: string | null): void {
    this.#channels.set(name, { name, glob, messages: 0, newest: [], hasChanged: false, hasFields: true });
  }

  #leaveOut(name: string): void {
    const isOther = !this.#channels.has(name) && this.#isWatchable(name);
    if (isOther && this.#others.size < MAX_COUNTED) this.#others.add(name);
  }
}
