/** Gathers messages, and sends them when the {@link Flusher} calls it. */
export interface Flushable {
  /** @param now ms on the clock of `performance.now()`, equal for all that are flushed together */
  flush(now: number): void;
}

/**
 * Decides when gathered messages leave. All flushes that are due in the same millisecond run together, so sessions that
 * gathered the same messages share their encoding.
 */
export class Flusher {
  readonly #onFailure: (error: unknown) => void;
  #atOnce: Flushable[] = [];
  readonly #due = new Map<number, Flushable[]>();

  /** @param onFailure receives the error of a flush; the others that are due are still flushed */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Flushes after the I/O of this turn of the event loop, so that all messages of the turn leave in one write. */
  soon(flushable: Flushable): void {
    if (this.#atOnce.push(flushable) === 1) setImmediate(this.#flushAtOnce);
  }

  /** Flushes at `time`, in ms on the clock of `performance.now()`, rounded up to whole milliseconds. */
  at(time: number, flushable: Flushable): void {
    const tick = Math.ceil(time);
    const others = this.#due.get(tick);
    if (others !== undefined) {
      others.push(flushable);
      return;
    }
    this.#due.set(tick, [flushable]);
    // Does not keep the process alive: when all connections have ended, nothing needs a flush.
    setTimeout(this.#flushDue, tick - performance.now(), tick).unref();
  }

  /** Flushes at once what {@link soon} has gathered. Called before long work, which would delay it. */
  flushGathered(): void {
    if (this.#atOnce.length > 0) this.#flushAtOnce();
  }

  readonly #flushAtOnce = (): void => {
    const flushables = this.#atOnce;
    this.#atOnce = [];
    this.#flushAll(flushables, performance.now());
  };

  readonly #flushDue = (tick: number): void => {
    const flushables = this.#due.get(tick) ?? [];
    this.#due.delete(tick);
    // A timer may fire a fraction of a millisecond early.
    this.#flushAll(flushables, Math.max(tick, performance.now()));
  };

  #flushAll(flushables: Flushable[], now: number): void {
    for (const flushable of flushables) {
      try {
        flushable.flush(now);
      } catch (error) {
        this.#onFailure(error);
      }
    }
  }
}
