import { compareStreamIds, type UnrecoveredReason } from '@viaduct/protocol';
import { nextCount } from '../sources/portion-size.js';
import { SourceError } from '../sources/source.js';
import {
  bytesOf,
  lossAfter,
  type StreamEntry,
  type StreamReader,
  type StreamState,
} from '../sources/streams.js';
import type { Reader, Reservation } from './read-reservation.js';

/** The number of requested entries while their size is unknown. */
const FIRST_COUNT = 16;

/** The most entries in one answer. */
const MAX_COUNT = 1_000;

/** The largest recovery. */
export interface RecoveryLimits {
  readonly entries: number;
  /** Size of all messages together, as UTF-8. */
  readonly bytes: number;
}

/** A session that has missed the entries after an id. */
export interface RecoveryRequest {
  readonly since: string;
  /** The last request to Redis must not be earlier than this, in ms on the clock of `performance.now()`. */
  readonly notBefore: number;
  readonly reader: Reader;
  /** Why it does not receive them: `late` if the last request was too early; null if it does. */
  outcome: UnrecoveredReason | 'late' | null;
}

/**
 * Reads a stream once for all sessions that have missed entries, each from its own id. If that is too much, the sessions with
 * the earliest ids receive nothing, and entries that no other session needs are forgotten.
 */
export class StreamPass {
  readonly #stream: string;
  readonly #streams: StreamReader;
  readonly #limits: RecoveryLimits;
  readonly #requests = new Set<RecoveryRequest>();
  /** The id after which entries are kept; null until the read has begun. */
  #start: string | null = null;
  #entries: StreamEntry[] = [];
  #bytes = 0;
  #ended = false;

  constructor(stream: string, streams: StreamReader, limits: RecoveryLimits) {
    this.#stream = stream;
    this.#streams = streams;
    this.#limits = limits;
  }

  /** Whether a session that has missed the entries after an id can still join. */
  accepts(since: string): boolean {
    return !this.#ended && (this.#start === null || compareStreamIds(since, this.#start) >= 0);
  }

  add(since: string, notBefore: number, reader: Reader): RecoveryRequest {
    const request: RecoveryRequest = { since, notBefore, reader, outcome: null };
    this.#requests.add(request);
    return request;
  }

  /**
   * Reads all entries that are wanted. May be called again if it fails.
   *
   * @throws SourceError
   */
  async run(reservation: Reservation): Promise<readonly StreamEntry[]> {
    try {
      return await this.#read(reservation);
    } catch (error) {
      this.#start = null;
      throw error;
    }
  }

  async #read(reservation: Reservation): Promise<readonly StreamEntry[]> {
    this.#entries = [];
    this.#bytes = 0;
    this.#start = this.#firstWanted();
    let portion = FIRST_COUNT;
    let from = this.#start;
    while (from !== null) {
      const lookedAt = performance.now();
      const count = Math.min(portion, this.#limits.entries + 1);
      const { state, entries } = await this.#streams.after(this.#stream, from, count);
      this.#refuseLost(state, from);
      this.#keep(entries);
      if (!reservation.grow(this.#bytes, 2 * this.#bytes))
        throw new SourceError('snapshot_too_big', 'the entries need more memory');
      if (entries.length < count) {
        this.#end(lookedAt);
        break;
      }
      portion = nextCount(count, entries.length, bytesOf(entries), MAX_COUNT);
      from = this.#start === null ? null : later(this.#start, entries.at(-1)?.id ?? from);
    }
    this.#ended = true;
    return this.#entries;
  }

  #keep(entries: readonly StreamEntry[]): void {
    for (const entry of entries) this.#entries.push(entry);
    this.#bytes += bytesOf(entries);
    this.#forgetUnwanted();
    const { entries: maxEntries, bytes: maxBytes } = this.#limits;
    while (this.#start !== null && (this.#entries.length > maxEntries || this.#bytes > maxBytes)) {
      const first = this.#start;
      this.#refuse(({ since }) => (compareStreamIds(since, first) <= 0 ? 'too_many' : null));
      this.#forgetUnwanted();
    }
  }

  /** Refuses the sessions for which entries are missing, and forgets those that have left. */
  #refuseLost(state: StreamState | null, from: string): void {
    this.#refuse(({ since, reader }) =>
      reader.ended ? 'unavailable' : lossAfter(state, later(since, from)),
    );
  }

  #refuse(reasonOf: (request: RecoveryRequest) => UnrecoveredReason | null): void {
    let refused = false;
    for (const request of this.#requests) {
      request.outcome = reasonOf(request);
      if (request.outcome === null) continue;
      this.#requests.delete(request);
      refused = true;
    }
    if (refused) this.#start = this.#firstWanted();
  }

  #firstWanted(): string | null {
    let first: string | null = null;
    for (const { since } of this.#requests) {
      if (first === null || compareStreamIds(since, first) < 0) first = since;
    }
    return first;
  }

  #forgetUnwanted(): void {
    const unwanted = this.#start === null ? this.#entries.length : placeAfter(this.#entries, this.#start);
    if (unwanted > 0) this.#bytes -= bytesOf(this.#entries.splice(0, unwanted));
  }

  #end(lookedAt: number): void {
    for (const request of this.#requests) if (request.notBefore > lookedAt) request.outcome = 'late';
  }
}

function later(a: string, b: string): string {
  return compareStreamIds(a, b) > 0 ? a : b;
}

/** Index of the first entry after an id. */
export function placeAfter(entries: readonly { readonly id: string }[], id: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareStreamIds(entries[middle]?.id ?? id, id) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
