/** Something that gathers what it has to send and is told when to send it. */
export interface Flushable {
  /** @param now ms on the clock of `performance.now()`, the same for all that are flushed together */
  flush(now: number): void;
}

/**
 * Decides when gathered messages leave. All who are due in the same millisecond are flushed together, so sessions
 * that gathered the same messages find them rendered already.
 */
export class Flusher {
  readonly #onFailure: (error: unknown) => void;
  #atOnce: Flushable[] = [];
  readonly #due = new Map<number, Flushable[]>();

  /** @param onFailure takes what a flush threw; the others of the same moment are flushed all the same */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Flush after the I/O of this turn of the event loop: whatever the turn brings leaves in one write. */
  soon(flushable: Flushable): void {
    if (this.#atOnce.push(flushable) === 1) setImmediate(this.#flushAtOnce);
  }

  /** Flush at `time`, in ms on the clock of `performance.now()`, rounded up to whole milliseconds. */
  at(time: number, flushable: Flushable): void {
    const tick = Math.ceil(time);
    const others = this.#due.get(tick);
    if (others !== undefined) {
      others.push(flushable);
      return;
    }
    this.#due.set(tick, [flushable]);
    // Nothing is due to anybody once all connections have ended.
    setTimeout(this.#flushDue, tick - performance.now(), tick).unref();
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
