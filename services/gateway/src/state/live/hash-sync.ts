import { type HashEntries, SourceError } from '../../sources/source.js';
import { Claim, GATEWAY } from '../read-reservation.js';
import { type Found, featuresOf, fieldOf } from './hash-features.js';
import { type LiveReadReason, type LiveServices, now } from './live-services.js';
import { Pause } from './pause.js';
import { RECHECK_MS, Rechecks } from './rechecks.js';
import type { SyncedChannel } from './synced-channel.js';

/** Replicas that share a Redis have the same reason at the same time: each waits up to this long, at random, in ms. */
const SPREAD_MS = 500;
/** Wait before another read; doubled after each failure, up to {@link MAX_RETRY_MS}. In ms. */
const RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
/**
 * After a read, a recheck that needs another one waits for this many times as long as the read took, up to {@link MAX_REST_MS}: a
 * feature that is published and never stored leads to such a read, and the next one would come during that.
 */
const REST = 20;
const MAX_REST_MS = 60_000;
/** The hash is read when this number of features, and half of all, have expired since the last read, and are silent. */
const MANY_EXPIRED = 1_000;

/** Each includes those before it. Only a read for `expire` may fail: no client lacks anything. */
const REPAIR_REASONS = ['expire', 'notify', 'gap'] as const satisfies LiveReadReason[];
type RepairReason = (typeof REPAIR_REASONS)[number];

/** Brings the index of a channel in line with its hash, while messages still change it. */
export class HashSync {
  readonly #channel: SyncedChannel;
  readonly #services: LiveServices;
  /** Name of the hash. */
  readonly key: string;
  /**
   * Keys of the features that messages have named since the start, the last gap, the first recheck, or the moment when many
   * had expired, for the next read. A message may arrive before the hash is changed, so a read that begins later may still
   * find the older value. Null if they are not needed.
   */
  #namedBefore: Set<string> | null = new Set();
  /** The same for the read that is under way; null if there is none. */
  #named: Set<string> | null = null;
  /** When the latest read ended, on the clock of `performance.now()`. */
  #readAt = Number.NEGATIVE_INFINITY;
  /** Keys of the features that have expired since the latest read began, without a message after that. */
  readonly #expired = new Set<string>();
  #expiryTimer: NodeJS.Timeout | undefined;
  /** Until when the hash is not read because of a recheck, on the clock of `performance.now()`. */
  #restUntil = Number.NEGATIVE_INFINITY;
  #restTimer: NodeJS.Timeout | undefined;
  #repair: Promise<void> | null = null;
  /** Before the next attempt of the repair. */
  readonly #pause = new Pause();
  /** Whether the read that is applied follows a gap. */
  #isAfterGap = false;
  /** Why the hash must be read, or read again; null if it need not be. */
  #due: RepairReason | null = null;
  readonly #rechecks: Rechecks;
  /** Settles when the latest read has ended: reads run one at a time. */
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(channel: SyncedChannel, services: LiveServices) {
    this.#channel = channel;
    this.#services = services;
    const isStream = services.source.streams.has(channel.name);
    this.key = isStream ? `${channel.name}${services.stateSuffix}` : channel.name;
    this.#rechecks = new Rechecks(channel, services, {
      key: this.key,
      // When a read follows, the hash has what messages said before.
      recheckAdded: () => {
        this.#namedBefore ??= new Set();
      },
      lookedUp: (key) => {
        // What is known now is newer than what a read under way may have seen, and than any message about it.
        this.#named?.add(key);
        this.#namedBefore?.delete(key);
      },
      failed: () => void this.repair(),
      missing: () => this.#repairAfterRest(),
      rechecked: () => this.#forgetNamed(),
    });
  }

  /** A message about this feature has arrived. */
  messageArrived(key: string): void {
    this.#namedBefore?.add(key);
    this.#named?.add(key);
    this.#expired.delete(key);
  }

  /**
   * A message has been applied, perhaps after it had waited behind others while the hash was read.
   *
   * @param field the one in which its feature most likely is
   */
  messageApplied(key: string, field: string, arrivedAt: number): void {
    if (arrivedAt >= this.#readAt) return;
    this.#rechecks.add({ key, field, version: this.#channel.index.get(key) ?? null });
  }

  /**
   * A feature has expired. It stays in the index while it is in the hash, which is read again after many have expired,
   * to forget those that are not.
   */
  featureExpired(key: string): void {
    this.#expired.add(key);
    if (this.#expired.size < Math.max(MANY_EXPIRED, this.#channel.index.size / 2)) return;
    if (this.#expiryTimer !== undefined) return;
    // When the read begins, the hash has what messages said before.
    this.#namedBefore ??= new Set();
    const wait = RECHECK_MS + Math.random() * SPREAD_MS;
    this.#expiryTimer = setTimeout(() => void this.repair('expire'), wait).unref();
  }

  /**
   * Reads the hash once and applies what differs.
   *
   * @param claim the sessions that wait for it
   * @throws SourceError
   */
  read(reason: LiveReadReason, claim: Claim): Promise<void> {
    const run = this.#reading.then(() => this.#readNow(reason, claim));
    this.#reading = run.catch(() => {});
    return run;
  }

  async #readNow(reason: LiveReadReason, claim: Claim): Promise<void> {
    const named = this.#namedBefore ?? new Set();
    this.#namedBefore = null;
    this.#named = named;
    this.#expired.clear();
    clearTimeout(this.#expiryTimer);
    this.#expiryTimer = undefined;
    clearTimeout(this.#restTimer);
    this.#restTimer = undefined;
    const begunAt = performance.now();
    try {
      // Later reads find mostly what the index has already.
      const arrived = reason === 'start' ? (bytes: number) => this.#channel.coming(bytes) : undefined;
      const { value, reservation } = await this.#services.hashes.entries(this.key, claim, undefined, arrived);
      this.#readAt = performance.now();
      try {
        this.#services.metrics.hashRead(reason);
        await this.#apply(value, named, reason);
      } finally {
        reservation.release();
      }
      const endedAt = performance.now();
      this.#restUntil = endedAt + Math.min(REST * (endedAt - begunAt), MAX_REST_MS);
    } catch (error) {
      // The next attempt needs them, too.
      this.#namedBefore ??= named;
      throw error;
    } finally {
      this.#named = null;
    }
  }

  /** Reads the hash after messages may have been missed, reports what differs, and marks it. Never rejects. */
  repair(reason: RepairReason = 'gap'): Promise<void> {
    // What messages said before a gap may be older than what the hash has now.
    if (reason === 'gap') this.#namedBefore = new Set();
    this.#want(reason);
    this.#repair ??= this.#repairNow();
    return this.#repair;
  }

  /** The hash can be read again: no attempt has to wait any longer because of earlier failures. */
  readable(): void {
    this.#pause.end();
  }

  /** Reads the hash because a feature is not where it should be, but not much of the time. */
  #repairAfterRest(): void {
    if (this.#closed) return;
    const wait = Math.max(0, this.#restUntil - performance.now());
    this.#restTimer ??= setTimeout(() => void this.repair('notify'), wait).unref();
  }

  #want(reason: RepairReason): void {
    this.#due = REPAIR_REASONS.findLast((each) => each === reason || each === this.#due) ?? null;
  }

  /** Whether messages were missed that only the next read will include; it follows by itself. */
  get isGapDue(): boolean {
    return this.#due === 'gap';
  }

  close(): void {
    this.#closed = true;
    this.#rechecks.close();
    clearTimeout(this.#expiryTimer);
    clearTimeout(this.#restTimer);
    this.#pause.end();
  }

  async #repairNow(): Promise<void> {
    if (this.#due === 'gap') await this.#spread();
    let failures = 0;
    while (this.#due !== null && !this.#closed) {
      const reason: RepairReason = this.#due;
      this.#due = null;
      try {
        await this.read(reason, new Claim(GATEWAY));
        failures = 0;
        if (reason === 'gap') this.#channel.repaired();
      } catch (error) {
        if (error instanceof SourceError && error.code === 'source_unavailable') {
          this.#want(reason);
          failures++;
        } else if (reason !== 'expire') this.#channel.unreadable(error);
        else if (!(error instanceof SourceError)) this.#services.failed(this.#channel.name, error);
      }
      if (this.#due !== null && (await this.#waitAfter(failures))) {
        failures = 0;
        await this.#spread();
      }
    }
    // In the step that finds nothing due, so that none is forgotten.
    this.#repair = null;
    this.#forgetNamed();
  }

  #spread(): Promise<boolean> {
    return new Pause().wait(Math.random() * SPREAD_MS);
  }

  /** Waits before another attempt. Resolves with whether {@link readable} has cut that short. */
  #waitAfter(failures: number): Promise<boolean> {
    const ms = Math.min(RETRY_MS * 2 ** failures, MAX_RETRY_MS) * (1 + Math.random());
    // Without a failure, the hash is not read more often for it.
    const pause = failures === 0 ? new Pause() : this.#pause;
    return pause.wait(ms);
  }

  /** Forgets which features messages have named, unless a read that needs them will follow. */
  #forgetNamed(): void {
    const isDue = this.#expiryTimer !== undefined || this.#restTimer !== undefined;
    const isNeeded = this.#repair !== null || isDue || this.#rechecks.isPending;
    if (!isNeeded) this.#namedBefore = null;
  }

  async #apply(
    { fields, values }: HashEntries,
    named: ReadonlySet<string>,
    reason: LiveReadReason,
  ): Promise<void> {
    const { longWork } = this.#services;
    const isFirst = reason === 'start';
    this.#isAfterGap = reason === 'gap';
    const found = new Set<string>();
    let until = await longWork.turn();
    let coming = isFirst ? values.reduce((sum, { length }) => sum + length, 0) : 0;
    for (const [i, value] of values.entries()) {
      if (performance.now() > until) until = await longWork.turn();
      if (this.#closed) return;
      coming -= value.length;
      if (isFirst) this.#channel.coming(coming);
      for (const feature of featuresOf(this.#channel, this.#services, fields[i] ?? '', value)) {
        // Of two fields with the same feature, the first counts.
        if (found.has(feature.key)) continue;
        found.add(feature.key);
        this.#applyOne(feature, named);
      }
    }
    for (const feature of [...this.#channel.index.values()]) {
      if (performance.now() > until) until = await longWork.turn();
      if (this.#closed) return;
      if (found.has(feature.key) || this.#channel.index.get(feature.key) !== feature) continue;
      if (named.has(feature.key))
        this.#rechecks.add({ key: feature.key, field: fieldOf(feature), version: feature });
      else this.#repairing(() => this.#channel.drop(feature, 'remove'));
    }
  }

  #applyOne({ key, field, content }: Found, named: ReadonlySet<string>): void {
    const present = this.#channel.index.get(key);
    if (present?.text === content.text) return;
    if (named.has(key)) this.#rechecks.add({ key, field, version: present ?? null });
    else this.#repairing(() => this.#channel.put(key, content, now(), field));
  }

  /** Makes a change that a read has found. After a gap, clients learn how many they received. */
  #repairing(change: () => void): void {
    this.#channel.repairing = this.#isAfterGap;
    try {
      change();
    } finally {
      this.#channel.repairing = false;
    }
  }
}
