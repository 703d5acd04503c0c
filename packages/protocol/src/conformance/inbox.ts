import { inspect } from 'node:util';
import type { Envelope } from '../envelope.js';

/** One envelope as it arrived. */
export interface Arrival {
  envelope: Envelope;
  /** The frame's text on a raw connection, byte for byte; null on socket.io. */
  text: string | null;
  /** Envelopes of one socket.io `messages` event have the same number; null for an envelope that arrived alone. */
  batch: number | null;
}

/** Selects envelopes. */
export type EnvelopeTest = (envelope: Envelope) => boolean;

interface Waiter {
  look(): boolean;
  reject(error: Error): void;
}

/**
 * Everything that a connection has received, and ways to wait for more: `next`, `take` and `collect` read from the
 * oldest envelope on, each envelope once; `first` and `until` look at all of them.
 */
export class Inbox {
  readonly #timeoutMs: number;
  readonly #arrivals: Arrival[] = [];
  readonly #waiters = new Set<Waiter>();
  #failure: Error | null = null;
  #read = 0;
  #listener: ((envelope: Envelope) => void) | null = null;
  #watcher: ((envelope: Envelope) => void) | null = null;

  /** @param timeoutMs longest wait for an envelope */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** How many envelopes have arrived: a mark from which to look later. */
  get length(): number {
    return this.#arrivals.length;
  }

  /** Every envelope that has arrived, oldest first. */
  get all(): Envelope[] {
    return envelopesOf(this.#arrivals);
  }

  /** What has arrived from that mark on. */
  since(mark: number): readonly Arrival[] {
    return this.#arrivals.slice(mark);
  }

  /** From now on the listener also receives each envelope. */
  onEach(listener: (envelope: Envelope) => void): void {
    this.#watcher = listener;
  }

  /** Called by the connection. */
  add(arrival: Arrival): void {
    this.#watcher?.(arrival.envelope);
    if (this.#listener !== null) {
      this.#listener(arrival.envelope);
      return;
    }
    this.#arrivals.push(arrival);
    for (const waiter of this.#waiters) if (waiter.look()) this.#waiters.delete(waiter);
  }

  /**
   * Called by the connection when nothing more can arrive, or when something arrived that is not an envelope: ends
   * all waits.
   */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const waiter of this.#waiters) waiter.reject(this.#failure);
    this.#waiters.clear();
  }

  /** From now on the listener gets each envelope, and the inbox keeps none. */
  divert(listener: (envelope: Envelope) => void): void {
    this.#listener = listener;
  }

  /**
   * Reads up to the first envelope that passes the test, including that one, and waits for it if necessary. The test
   * sees each envelope once.
   *
   * @param what completes "waited for"
   * @throws Error if it does not arrive in time, or the connection ends first
   */
  async collect(test: EnvelopeTest, what = 'an envelope'): Promise<Envelope[]> {
    let end = this.#read;
    await this.#wait(what, () => {
      while (end < this.#arrivals.length) if (this.#passes(end++, test)) return true;
      return false;
    });
    const start = this.#read;
    this.#read = end;
    return envelopesOf(this.#arrivals.slice(start, end));
  }

  /** The next envelope that passes the test; those before it are skipped. Throws as `collect` does. */
  async next(test: EnvelopeTest = () => true, what = 'an envelope'): Promise<Envelope> {
    return (await this.collect(test, what)).at(-1) as Envelope;
  }

  /** Reads until an envelope has arrived for each of the tests, in any order. Throws as `collect` does. */
  async nextOfEach(...tests: EnvelopeTest[]): Promise<void> {
    const open = new Set(tests);
    await this.collect((envelope) => {
      for (const test of open) if (test(envelope)) open.delete(test);
      return open.size === 0;
    }, `an envelope for each of ${tests.length} tests`);
  }

  /** The next `count` envelopes. Throws as `collect` does. */
  async take(count: number): Promise<Envelope[]> {
    let missing = count;
    return count === 0 ? [] : this.collect(() => --missing === 0, `${count} envelopes`);
  }

  /** The first envelope from the mark on that passes the test. Throws as `until` does. */
  async first(what: string, test: EnvelopeTest, mark = 0): Promise<Arrival> {
    let index = mark - 1;
    await this.#wait(what, () => {
      while (++index < this.#arrivals.length) if (this.#passes(index, test)) return true;
      index--;
      return false;
    });
    return this.#arrivals[index] as Arrival;
  }

  /**
   * Resolves with everything that has arrived, as soon as the test passes.
   *
   * @throws Error if that takes longer than allowed, or the connection ends first
   */
  async until(what: string, test: (arrivals: readonly Arrival[]) => boolean): Promise<readonly Arrival[]> {
    let found: readonly Arrival[] = [];
    await this.#wait(what, () => {
      if (!test(this.#arrivals)) return false;
      found = [...this.#arrivals];
      return true;
    });
    return found;
  }

  #passes(index: number, test: EnvelopeTest): boolean {
    const arrival = this.#arrivals[index];
    return arrival !== undefined && test(arrival.envelope);
  }

  /** Looks now, and again after each arrival until `look` returns true. */
  #wait(what: string, look: () => boolean): Promise<void> {
    if (look()) return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(failed(what, this.#failure));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const last = inspect(envelopesOf(this.#arrivals.slice(-5)), { depth: 6 });
        reject(
          new Error(
            `timed out after ${this.#timeoutMs} ms waiting for ${what}; the last envelopes were ${last}`,
          ),
        );
      }, this.#timeoutMs);
      const waiter: Waiter = {
        look: () => {
          if (!look()) return false;
          clearTimeout(timer);
          resolve();
          return true;
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(failed(what, error));
        },
      };
      this.#waiters.add(waiter);
    });
  }
}

function envelopesOf(arrivals: readonly Arrival[]): Envelope[] {
  return arrivals.map(({ envelope }) => envelope);
}

function failed(what: string, cause: Error): Error {
  return new Error(`waited for ${what}: ${cause.message}`, { cause });
}
