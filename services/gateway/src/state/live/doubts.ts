import { Claim, GATEWAY } from '../read-room.js';
import { featuresOf } from './hash-features.js';
import type { LiveFeature } from './live-feature.js';
import { type LiveServices, now } from './live-services.js';
import type { SyncedChannel } from './synced-channel.js';

/** How long a message that came during a read waits until it is compared with the hash, in ms. */
export const CONFIRM_MS = 1_000;
/** At most this many fields are compared at once. */
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
  /** The hash must be read. */
  repair(reason: 'gap' | 'notify'): void;
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
    const doubts = [...this.#doubts.values()].slice(0, CONFIRM_PORTION);
    for (const { key } of doubts) this.#doubts.delete(key);
    this.#timer = undefined;
    try {
      await Promise.all(doubts.map((doubt) => this.#confirmOne(doubt)));
    } catch {
      // Not necessarily a gap: requests may fail while messages still arrive.
      this.#sync.repair('gap');
      return;
    }
    if (this.#doubts.size > 0 && !this.#closed) this.#confirmLater();
    this.#sync.decided();
  }

  async #confirmOne(doubt: Doubt): Promise<void> {
    const { index } = this.#channel;
    const isOpen = (): boolean => !this.#closed && (index.get(doubt.key) ?? null) === doubt.version;
    if (!isOpen()) return;
    const { value, room } = await this.#services.hashes.field(
      this.#sync.key,
      doubt.field,
      new Claim(GATEWAY),
    );
    room.release();
    if (!isOpen()) return;
    const features = value === null ? [] : featuresOf(this.#channel, this.#services, doubt.field, value);
    const feature = features.find(({ key }) => key === doubt.key);
    this.#sync.told(doubt.key);
    if (feature !== undefined) {
      if (feature.content.text !== doubt.version?.text)
        this.#channel.put(doubt.key, feature.content, now(), doubt.field);
    } else if (doubt.version !== null) {
      // It may have moved to another field, or the field was only a guess: a read of the whole hash tells.
      this.#sync.repair('notify');
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
