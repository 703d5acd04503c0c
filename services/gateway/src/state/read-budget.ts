import { SourceError } from '../sources/source.js';
import { FairQueue } from './fair-queue.js';
import { type Claim, type ReadResult, Reservation, type Use } from './read-reservation.js';
import { ReadSizes } from './read-sizes.js';

/** A client that accepts no data for this time counts as stalled, in ms. A client that reads needs much less. */
export const STALLED_MS = 1_000;

/** If a session has waited for its client for this long in total, in ms, the client is too slow for others to wait for it. */
export const PATIENCE_MS = 10_000;

/** While reads wait: time between two searches for clients that have to make room, in ms. */
const SEARCH_MS = 250;

/**
 * Classes of reads by size, the smallest first, as parts of the budget: `upTo` is the largest read of a class, and `mayTake` is
 * what its reads and all larger ones may take together, so that they always leave something for smaller ones.
 */
const CLASSES = [
  { upTo: 1 / 256, mayTake: 1 },
  { upTo: 1 / 16, mayTake: 15 / 16 },
  { upTo: 7 / 8, mayTake: 7 / 8 },
] as const;

/** The part of the budget that a read of unknown size begins with. */
const UNKNOWN = 1 / 16;

interface Waiting {
  readonly bytes: number;
  begin(reservation: Reservation): void;
}

/** Reads of one class. */
interface SizeClass {
  /** The most that one of them may have, in bytes. */
  readonly maxBytes: number;
  /** The most that they and all larger ones may have together, in bytes. */
  readonly mayTake: number;
  readonly queue: FairQueue<Waiting>;
  /** What they have now, in bytes. */
  bytes: number;
  /** The next one, if it does not fit yet. */
  due: Waiting | undefined;
}

/** What the budget reports. */
export interface ReadObserver {
  /** A session had to make room. */
  evicted(): void;
}

/**
 * Bounds the memory of everything that is read for clients, from the read until the last client has received it. Reads that
 * do not fit wait in turn. While reads wait, clients that have stopped reading are closed, those that stopped first before
 * others.
 *
 * A read begins with as much as the same read took last time. One that turns out larger stops, gives its memory back, and
 * begins again when there is enough for it: reads that wait hold nothing, so they cannot block each other. A read waits
 * only behind others of about its size, and leaves some of the memory to smaller ones.
 */
export class ReadBudget {
  readonly #maxBytes: number;
  readonly #observer: ReadObserver;
  /** The smallest first. */
  readonly #classes: readonly SizeClass[];
  readonly #rejections = new Map<Waiting, (error: Error) => void>();
  readonly #reservations = new Set<Reservation>();
  readonly #sizes = new ReadSizes();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(maxBytes: number, observer: ReadObserver) {
    this.#maxBytes = maxBytes;
    this.#observer = observer;
    this.#classes = CLASSES.map(({ upTo, mayTake }) => ({
      maxBytes: Math.floor(maxBytes * upTo),
      mayTake: Math.floor(maxBytes * mayTake),
      queue: new FairQueue((waiting) => this.#abandon(waiting)),
      bytes: 0,
      due: undefined,
    }));
  }

  /** The most that one read may have, in bytes. */
  get largest(): number {
    return this.#classes.at(-1)?.maxBytes ?? 0;
  }

  /** Memory that reads take or have reserved, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of reads that wait for memory. */
  get waiting(): number {
    return this.#classes.reduce((sum, { queue, due }) => sum + queue.size + (due === undefined ? 0 : 1), 0);
  }

  /**
   * Reads when there is enough memory. The caller has to release it.
   *
   * @param key equal for reads that are likely to have the same size
   * @param read called again with more room if it stops because `Reservation.grow` returned false; its second argument is the
   *   number of bytes that are likely, if anything is known about them
   * @param bytesOf size of what was read
   */
  async read<T>(
    key: string,
    claim: Claim,
    read: (reservation: Reservation, likelyBytes: number | undefined) => Promise<T>,
    bytesOf: (value: T) => number,
  ): Promise<ReadResult<T>> {
    for (;;) {
      const reservation = await this.#enter(this.#expected(key), claim);
      try {
        const value = await read(reservation, this.#sizes.expected(key));
        const bytes = bytesOf(value);
        this.#sizes.remember(key, bytes);
        this.#resize(reservation, bytes);
        return { value, reservation };
      } catch (error) {
        reservation.release();
        if (reservation.outgrown === null) throw error;
        this.#sizes.remember(key, reservation.outgrown);
      }
    }
  }

  #expected(key: string): number {
    const expected = this.#sizes.expected(key) ?? Math.floor(this.#maxBytes * UNKNOWN);
    return Math.min(expected, this.largest);
  }

  async #enter(bytes: number, claim: Claim): Promise<Reservation> {
    const { queue, due } = this.#classOf(bytes);
    if (queue.size === 0 && due === undefined && this.#fits(bytes)) return this.#open(bytes);
    try {
      return await new Promise<Reservation>((begin, reject) => {
        const waiting: Waiting = { bytes, begin };
        this.#rejections.set(waiting, reject);
        claim.follow((reader) => queue.add(waiting, reader));
        this.#timer ??= setInterval(() => this.#endSlowReaders(), SEARCH_MS).unref();
      });
    } finally {
      claim.follow(null);
    }
  }

  #classOf(bytes: number): SizeClass {
    const found = this.#classes.find(({ maxBytes }) => bytes <= maxBytes) ?? this.#classes.at(-1);
    if (found === undefined) throw new Error('there are no classes of reads');
    return found;
  }

  #fits(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return this.#reservations.size === 0;
    const own = this.#classes.indexOf(this.#classOf(bytes));
    // Its own class and each smaller one, together with all larger ones, must stay within what they may take.
    let taken = bytes;
    for (let i = this.#classes.length - 1; i >= 0; i--) {
      const sizeClass = this.#classes[i] as SizeClass;
      taken += sizeClass.bytes;
      if (i <= own && taken > sizeClass.mayTake) return false;
    }
    return true;
  }

  #open(bytes: number): Reservation {
    const reservation = new Reservation(bytes, (closed) => this.#close(closed));
    this.#reservations.add(reservation);
    this.#count(bytes, 1);
    return reservation;
  }

  #close(reservation: Reservation): void {
    if (!this.#reservations.delete(reservation)) return;
    this.#count(reservation.bytes, -1);
    this.#serve();
  }

  #resize(reservation: Reservation, bytes: number): void {
    this.#count(reservation.bytes, -1);
    reservation.bytes = bytes;
    this.#count(bytes, 1);
    this.#serve();
  }

  #count(bytes: number, sign: 1 | -1): void {
    this.#bytes += sign * bytes;
    this.#classOf(bytes).bytes += sign * bytes;
  }

  #serve(): void {
    for (const sizeClass of this.#classes) {
      for (let next = takeNext(sizeClass); next !== undefined; next = takeNext(sizeClass)) {
        if (!this.#fits(next.bytes)) {
          sizeClass.due = next;
          break;
        }
        this.#rejections.delete(next);
        next.begin(this.#open(next.bytes));
      }
    }
    if (this.waiting > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #abandon(waiting: Waiting): void {
    this.#rejections.get(waiting)?.(new SourceError('source_unavailable', 'the client has left'));
    this.#rejections.delete(waiting);
  }

  /** Makes room for the next reads by ending sessions that read too slowly. */
  #endSlowReaders(): void {
    this.#serve();
    for (const sizeClass of this.#classes) {
      const { due } = sizeClass;
      if (due === undefined) continue;
      const isDue = (): boolean => sizeClass.due === due;
      this.#endSlow(isDue, ({ stalledMs }) => stalledMs, STALLED_MS);
      this.#endSlow(isDue, ({ waitedMs }) => waitedMs, PATIENCE_MS);
    }
  }

  /**
   * Ends sessions, the slowest first, while that is needed.
   *
   * @param slowness of one use, in ms
   * @param least slowness of the uses of what was read: if one of them is faster, all others may stay, too
   */
  #endSlow(isNeeded: () => boolean, slowness: (use: Use) => number, least: number): void {
    const slow = [...this.#reservations]
      .map((reservation) => ({ reservation, ms: leastOf([...reservation.uses].map(slowness)) }))
      .filter(({ ms }) => ms >= least)
      .sort((a, b) => b.ms - a.ms);
    for (const { reservation } of slow) {
      if (!isNeeded()) return;
      for (const { reader } of [...reservation.uses]) {
        this.#observer.evicted();
        reader.giveUp();
      }
      // What they still hold ends with their sessions, at once.
      reservation.release();
    }
  }
}

function takeNext(sizeClass: SizeClass): Waiting | undefined {
  const { due } = sizeClass;
  sizeClass.due = undefined;
  return due ?? sizeClass.queue.take();
}

/** 0 if there is none. */
function leastOf(times: readonly number[]): number {
  return times.length === 0 ? 0 : times.reduce((a, b) => Math.min(a, b));
}
