import { SourceError } from '../sources/source.js';
import { FairQueue } from './fair-queue.js';
import { type Claim, type Kept, Room, type Use } from './read-room.js';
import { ReadSizes } from './read-sizes.js';

/** A client that takes no data for this time counts as stalled, in ms. A client that reads needs much less. */
export const STALLED_MS = 1_000;

/** A client for which a session has waited for this time altogether is too slow for others to wait for it, in ms. */
export const PATIENCE_MS = 10_000;

/** Time between two looks for clients that have to make room, while reads wait, in ms. */
const LOOK_MS = 250;

/** The part of the budget that large reads leave to small ones. */
const FOR_SMALL = 1 / 8;

/** The largest part of the budget that a small read has, and that a read has while its size is unknown. */
const SMALL = 1 / 16;

interface Waiting {
  readonly bytes: number;
  begin(room: Room): void;
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
 * begins again when there is enough for it: reads that wait hold nothing, so they cannot block each other. Large reads
 * leave an eighth of the memory to small ones.
 */
export class ReadBudget {
  readonly #maxBytes: number;
  readonly #observer: ReadObserver;
  readonly #small = new FairQueue<Waiting>((waiting) => this.#abandon(waiting));
  readonly #large = new FairQueue<Waiting>((waiting) => this.#abandon(waiting));
  /** The next large and the next small read, while it does not fit. */
  readonly #due = new Map<FairQueue<Waiting>, Waiting>();
  readonly #rejections = new Map<Waiting, (error: Error) => void>();
  readonly #rooms = new Set<Room>();
  readonly #sizes = new ReadSizes();
  #bytes = 0;
  /** Of large reads alone. */
  #largeBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(maxBytes: number, observer: ReadObserver) {
    this.#maxBytes = maxBytes;
    this.#observer = observer;
  }

  /** The most that one read may have, in bytes. */
  get largest(): number {
    return Math.floor(this.#maxBytes * (1 - FOR_SMALL));
  }

  /** Memory that reads take or have reserved, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of reads that wait for memory. */
  get waiting(): number {
    return this.#small.size + this.#large.size + this.#due.size;
  }

  /**
   * Reads when there is enough memory. The caller has to release it.
   *
   * @param key equal for reads that are likely to have the same size
   * @param read called again with more room if it stops because `Room.grow` returned false
   * @param bytesOf size of what was read
   */
  async read<T>(
    key: string,
    claim: Claim,
    read: (room: Room) => Promise<T>,
    bytesOf: (value: T) => number,
  ): Promise<Kept<T>> {
    for (;;) {
      const room = await this.#enter(this.#expected(key), claim);
      try {
        const value = await read(room);
        const bytes = bytesOf(value);
        this.#sizes.remember(key, bytes);
        this.#resize(room, bytes);
        return { value, room };
      } catch (error) {
        room.release();
        if (room.outgrown === null) throw error;
        this.#sizes.remember(key, room.outgrown);
      }
    }
  }

  #expected(key: string): number {
    const expected = this.#sizes.expected(key) ?? Math.floor(this.#maxBytes * SMALL);
    return Math.min(expected, this.largest);
  }

  async #enter(bytes: number, claim: Claim): Promise<Room> {
    const queue = this.#isLarge(bytes) ? this.#large : this.#small;
    if (queue.size === 0 && !this.#due.has(queue) && this.#fits(bytes)) return this.#open(bytes);
    try {
      return await new Promise<Room>((begin, reject) => {
        const waiting: Waiting = { bytes, begin };
        this.#rejections.set(waiting, reject);
        claim.follow((reader) => queue.add(waiting, reader));
        this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
      });
    } finally {
      claim.follow(null);
    }
  }

  #isLarge(bytes: number): boolean {
    return bytes > this.#maxBytes * SMALL;
  }

  #fits(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return this.#rooms.size === 0;
    return !this.#isLarge(bytes) || this.#largeBytes + bytes <= this.largest;
  }

  #open(bytes: number): Room {
    const room = new Room(bytes, (closed) => this.#close(closed));
    this.#rooms.add(room);
    this.#count(bytes, 1);
    return room;
  }

  #close(room: Room): void {
    if (!this.#rooms.delete(room)) return;
    this.#count(room.bytes, -1);
    this.#serve();
  }

  #resize(room: Room, bytes: number): void {
    this.#count(room.bytes, -1);
    room.bytes = bytes;
    this.#count(bytes, 1);
    this.#serve();
  }

  #count(bytes: number, sign: 1 | -1): void {
    this.#bytes += sign * bytes;
    if (this.#isLarge(bytes)) this.#largeBytes += sign * bytes;
  }

  #serve(): void {
    for (const queue of [this.#small, this.#large]) {
      for (let next = this.#next(queue); next !== undefined; next = this.#next(queue)) {
        if (!this.#fits(next.bytes)) {
          this.#due.set(queue, next);
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

  #next(queue: FairQueue<Waiting>): Waiting | undefined {
    const due = this.#due.get(queue);
    this.#due.delete(queue);
    return due ?? queue.take();
  }

  #abandon(waiting: Waiting): void {
    this.#rejections.get(waiting)?.(new SourceError('source_unavailable', 'the client has left'));
    this.#rejections.delete(waiting);
  }

  /** Makes room for the next reads by ending sessions that read too slowly. */
  #look(): void {
    this.#serve();
    for (const [queue, due] of [...this.#due]) {
      const isDue = (): boolean => this.#due.get(queue) === due;
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
    const slow = [...this.#rooms]
      .map((room) => ({ room, ms: leastOf([...room.uses].map(slowness)) }))
      .filter(({ ms }) => ms >= least)
      .sort((a, b) => b.ms - a.ms);
    for (const { room } of slow) {
      if (!isNeeded()) return;
      for (const { reader } of [...room.uses]) {
        this.#observer.evicted();
        reader.giveUp();
      }
      // What they still hold ends with their sessions, at once.
      room.release();
    }
  }
}

/** 0 if there is none. */
function leastOf(times: readonly number[]): number {
  return times.length === 0 ? 0 : times.reduce((a, b) => Math.min(a, b));
}
