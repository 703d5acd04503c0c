import { Claim, GATEWAY } from '../read-room.js';
import { type Found, featuresOf } from './hash-features.js';
import type { LiveFeature } from './live-feature.js';
import { type LiveServices, now } from './live-services.js';
import type { SyncedChannel } from './synced-channel.js';

/** How long a message that came during a read waits until it is compared with the hash, in ms. */
export const CONFIRM_MS = 1_000;
/** At most this many fields are read at once. */
const CONFIRM_PORTION = 200;

/** A version made by a message that may be older or newer than what a read has found: only the hash can tell. */
export interface Doubt {
  readonly key: string;
  readonly field: string;
  /** Null if the message removed the feature. */
  readonly version: LiveFeature | null;
}

/** What doubts need of the synchronization of their channel. */
export interface DoubtfulSync {
  /** Name of the hash. */
  readonly key: string;
  /** A doubt was added: from now on, the features that messages name must be remembered. */
  doubted(): void;
  /** This feature was looked up in the hash. */
  told(key: string): void;
  /** The hash could not be asked. */
  failed(): void;
  /** A feature is not in the field in which it most likely is: only a read of the whole hash can find it. */
  missing(): void;
  /** Some doubts have been decided. */
  decided(): void;
}

/** Asks the hash, a little later, about features on which a read and messages disagree. */
export class Doubts {
  readonly #channel: SyncedChannel;
  readonly #services: LiveServices;
  readonly #sync: DoubtfulSync;
  readonly #doubts = new Map<string, Doubt>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(channel: SyncedChannel, services: LiveServices, sync: DoubtfulSync) {
    this.#channel = channel;
    this.#services = services;
    this.#sync = sync;
  }

  /** Whether the hash will be asked. */
  get isPending(): boolean {
    return this.#timer !== undefined;
  }

  add(doubt: Doubt): void {
    this.#doubts.set(doubt.key, doubt);
    this.#sync.doubted();
    this.#confirmLater();
  }

  #confirmLater(): void {
    this.#timer ??= setTimeout(() => void this.#confirm(), CONFIRM_MS).unref();
  }

  /** Compares what messages said during a read with the hash, unless newer messages have replaced it. */
  async #confirm(): Promise<void> {
    const byField = this.#takePortion();
    this.#timer = undefined;
    try {
      await Promise.all([...byField].map(([field, doubts]) => this.#confirmField(field, doubts)));
    } catch {
      // Not necessarily a gap: requests may fail while messages still arrive.
      this.#sync.failed();
      return;
    }
    if (this.#doubts.size > 0 && !this.#closed) this.#confirmLater();
    this.#sync.decided();
  }

  /** Removes the next doubts by their fields. A field may have many features, and is read once for all of them. */
  #takePortion(): Map<string, Doubt[]> {
    const byField = new Map<string, Doubt[]>();
    for (const doubt of this.#doubts.values()) {
      const others = byField.get(doubt.field);
      if (others !== undefined) others.push(doubt);
      else if (byField.size < CONFIRM_PORTION) byField.set(doubt.field, [doubt]);
      else continue;
      this.#doubts.delete(doubt.key);
    }
    return byField;
  }

  async #confirmField(field: string, doubts: readonly Doubt[]): Promise<void> {
    const isOpen = (doubt: Doubt): boolean => this.#isOpen(doubt);
    if (!doubts.some(isOpen)) return;
    const { longWork, hashes } = this.#services;
    const { value, room } = await hashes.field(this.#sync.key, field, new Claim(GATEWAY));
    try {
      if (!doubts.some(isOpen)) return;
      let until = await longWork.turn();
      const found = new Map<string, Found>();
      for (const each of value === null ? [] : featuresOf(this.#channel, this.#services, field, value)) {
        // Of two features with the same key, the first counts.
        if (!found.has(each.key)) found.set(each.key, each);
      }
      for (const doubt of doubts) {
        if (performance.now() > until) until = await longWork.turn();
        if (this.#isOpen(doubt)) this.#decide(doubt, found.get(doubt.key));
      }
    } finally {
      room.release();
    }
  }

  /** Whether nothing newer has replaced the version. */
  #isOpen({ key, version }: Doubt): boolean {
    return !this.#closed && (this.#channel.index.get(key) ?? null) === version;
  }

  /** @param found the feature in the field that was read; undefined if it is not there */
  #decide({ key, field, version }: Doubt, found: Found | undefined): void {
    this.#sync.told(key);
    if (found === undefined) {
      // It may have moved to another field, or the field was only a guess.
      if (version !== null) this.#sync.missing();
    } else if (found.content.text !== version?.text) {
      this.#channel.put(key, found.content, now(), field);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
