import { inspect } from 'node:util';
import type { Envelope } from '../envelope.js';

/** One envelope as it arrived. */
export interface Arrival {
  envelope: Envelope;
  /** The frame's text on a raw connection, byte for byte; null on socket.io. */
  text: string | null;
  /** Envelopes of one socket.io `messages` event have the same number; null for any that came alone. */
  batch: number | null;
}

interface Waiter {
  look(): boolean;
  reject(error: Error): void;
}

/** Everything that a connection has received, and a way to wait for more. */
export class Inbox {
  readonly #arrivals: Arrival[] = [];
  readonly #waiters = new Set<Waiter>();
  #failure: Error | null = null;

  constructor(private readonly timeoutMs: number) {}

  /** How many envelopes have arrived: a mark from which to look later. */
  get length(): number {
    return this.#arrivals.length;
  }

  /** What has arrived from that mark on. */
  since(mark: number): readonly Arrival[] {
    return this.#arrivals.slice(mark);
  }

  add(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    for (const waiter of this.#waiters) if (waiter.look()) this.#waiters.delete(waiter);
  }

  /** Nothing more can arrive, or what arrived was no envelope: all waits end with this error. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const waiter of this.#waiters) waiter.reject(this.#failure);
    this.#waiters.clear();
  }

  /** The first envelope from the mark on that passes the test. */
  async first(what: string, test: (envelope: Envelope) => boolean, mark = 0): Promise<Arrival> {
    const found = await this.until(
      what,
      () => this.#arrivals.findIndex((a, i) => i >= mark && test(a.envelope)) >= 0,
    );
    const arrival = found.find((a, i) => i >= mark && test(a.envelope));
    if (arrival === undefined) throw new Error(`lost ${what}`);
    return arrival;
  }

  /**
   * Resolves with all that has arrived once the test passes.
   *
   * @throws Error if that takes longer than allowed, or the connection ends first
   */
  until(what: string, test: (arrivals: readonly Arrival[]) => boolean): Promise<readonly Arrival[]> {
    if (test(this.#arrivals)) return Promise.resolve([...this.#arrivals]);
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const last = inspect(
          this.#arrivals.slice(-5).map((arrival) => arrival.envelope),
          { depth: 6 },
        );
        reject(new Error(`waited ${this.timeoutMs} ms in vain for ${what}; the last envelopes were ${last}`));
      }, this.timeoutMs);
      const waiter: Waiter = {
        look: () => {
          if (!test(this.#arrivals)) return false;
          clearTimeout(timer);
          resolve([...this.#arrivals]);
          return true;
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(new Error(`waited for ${what}: ${error.message}`, { cause: error }));
        },
      };
      this.#waiters.add(waiter);
    });
  }
}
