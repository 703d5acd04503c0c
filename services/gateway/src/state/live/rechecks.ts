import { Claim, GATEWAY } from '../read-reservation.js';
import { type Found, featuresOf } from './hash-features.js';
import type { LiveFeature } from './live-feature.js';
import { type LiveServices, now } from './live-services.js';
import type { SyncedChannel } from './synced-channel.js';

/** Time from a disagreement between a read and a message until the field is read again, in ms. */
export const RECHECK_MS = 1_000;
/** At most this many fields are read at once. */
const RECHECK_BATCH = 200;

/** A feature whose latest message may be older or newer than what a read of the hash found: only the hash can tell. */
export interface Recheck {
  readonly key: string;
  readonly field: string;
  /** The version that the message made; null if it removed the feature. */
  readonly version: LiveFeature | null;
}

/** What rechecks need of the synchronization of their channel. */
export interface RecheckedSync {
  /** Name of the hash. */
  readonly key: string;
  /** A recheck is due: from now on, the features that messages name must be remembered. */
  recheckAdded(): void;
  /** This feature was looked up in the hash. */
  lookedUp(key: string): void;
  /** The hash could not be read. */
  failed(): void;
  /** A feature is not in the field in which it most likely is: only a read of the whole hash can find it. */
  missing(): void;
  /** Some rechecks are done. */
  rechecked(): void;
}

/** Reads, a little later, the fields of features on which a read of the hash and a message disagree. */
export class Rechecks {
  readonly #channel: SyncedChannel;
  readonly #services: LiveServices;
  readonly #sync: RecheckedSync;
  readonly #due = new Map<string, Recheck>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(channel: SyncedChannel, services: LiveServices, sync: RecheckedSync) {
    this.#channel = channel;
    this.#services = services;
    this.#sync = sync;
  }

  /** Whether fields will be read. */
  get isPending(): boolean {
    return this.#timer !== undefined;
  }

  add(recheck: Recheck): void {
    this.#due.set(recheck.key, recheck);
    this.#sync.recheckAdded();
    this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.#run(), RECHECK_MS).unref();
  }

  /** Compares what messages said with the hash, unless newer messages have replaced it. */
  async #run(): Promise<void> {
    const byField = this.#takeBatch();
    this.#timer = undefined;
    try {
      await Promise.all([...byField].map(([field, rechecks]) => this.#recheckField(field, rechecks)));
    } catch {
      // Not necessarily a gap: requests may fail while messages still arrive.
      this.#sync.failed();
      return;
    }
    if (this.#due.size > 0 && !this.#closed) this.#schedule();
    this.#sync.rechecked();
  }

  /** Removes the next rechecks by their fields. A field may have many features, and is read once for all of them. */
  #takeBatch(): Map<string, Recheck[]> {
    const byField = new Map<string, Recheck[]>();
    for (const recheck of this.#due.values()) {
      const others = byField.get(recheck.field);
      if (others !== undefined) others.push(recheck);
      else if (byField.size < RECHECK_BATCH) byField.set(recheck.field, [recheck]);
      else continue;
      this.#due.delete(recheck.key);
    }
    return byField;
  }

  async #recheckField(field: string, rechecks: readonly Recheck[]): Promise<void> {
    const isLatest = (recheck: Recheck): boolean => this.#isLatest(recheck);
    if (!rechecks.some(isLatest)) return;
    const { longWork, hashes } = this.#services;
    const { value, reservation } = await hashes.field(this.#sync.key, field, new Claim(GATEWAY));
    try {
      if (!rechecks.some(isLatest)) return;
      let until = await longWork.turn();
      const found = new Map<string, Found>();
      for (const each of value === null ? [] : featuresOf(this.#channel, this.#services, field, value)) {
        // Of two features with the same key, the first counts.
        if (!found.has(each.key)) found.set(each.key, each);
      }
      for (const recheck of rechecks) {
        if (performance.now() > until) until = await longWork.turn();
        if (this.#isLatest(recheck)) this.#compare(recheck, found.get(recheck.key));
      }
    } finally {
      reservation.release();
    }
  }

  /** Whether nothing newer has replaced the version. */
  #isLatest({ key, version }: Recheck): boolean {
    return !this.#closed && (this.#channel.index.get(key) ?? null) === version;
  }

  /** @param found the feature in the field that was read; undefined if it is not there */
  #compare({ key, field, version }: Recheck, found: Found | undefined): void {
    this.#sync.lookedUp(key);
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
