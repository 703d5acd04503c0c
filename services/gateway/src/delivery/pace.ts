/** What may be sent at once after a pause: as much as the rate allows in this time, in ms. */
const BURST_MS = 1000;

/** What the waiting sessions send in one round, one turn for each: as much as the rate allows in this time, in ms. */
const TURN_MS = 250;

/** The longest time until the clock is read again, in ms. */
const MAX_WAIT_MS = 60_000;

/** A session's queue that shares a pace with others. */
export interface Paced {
  /** It may send something now. */
  resume(): void;
}

/** What a pace reports. */
export interface PaceObserver {
  sent(bytes: number): void;
  /** A session begins to wait. */
  held(): void;
}

/**
 * The bytes per second that several sessions may send together. Sessions that would exceed it wait, and take turns: each
 * sends a portion, so that none falls silent while another has a lot to send.
 */
export class Pace {
  readonly #observer: PaceObserver;
  #bytesPerMs: number;
  /** Time on the clock of `performance.now()` until which the rate allows nothing more. */
  #paidUntil = Number.NEGATIVE_INFINITY;
  /** In the order of their turns. */
  readonly #waiting = new Set<Paced>();
  /** Whose turn it is. */
  #turn: Paced | null = null;
  /** Whether the next turn is planned. */
  #isPlanned = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param bytesPerSecond infinite for no limit */
  constructor(bytesPerSecond: number, observer: PaceObserver) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#observer = observer;
  }

  /** The rate from now on. What was sent beyond the old rate is paid off at the new one. */
  set bytesPerSecond(rate: number) {
    const bytesPerMs = rate / 1000;
    if (bytesPerMs === this.#bytesPerMs) return;
    const now = performance.now();
    if (this.#paidUntil > now)
      this.#paidUntil = now + ((this.#paidUntil - now) * this.#bytesPerMs) / bytesPerMs;
    this.#bytesPerMs = bytesPerMs;
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#wait();
  }

  /** Whether everything that the rate allows is used up. */
  get isUsedUp(): boolean {
    return this.#paidUntil > performance.now();
  }

  /** Whether it allows as much as a new one. */
  get isUnused(): boolean {
    return this.#paidUntil <= performance.now() - BURST_MS;
  }

  /** Size of what a session may send now, in bytes; a single message may be larger. */
  get portion(): number {
    if (this.#bytesPerMs === Number.POSITIVE_INFINITY) return this.#bytesPerMs;
    const turn = (TURN_MS * this.#bytesPerMs) / (this.#waiting.size + 1);
    if (this.#waiting.size > 0) return turn;
    const savedMs = Math.max(0, Math.min(BURST_MS, performance.now() - this.#paidUntil));
    return turn + savedMs * this.#bytesPerMs;
  }

  /** Counts what was sent. */
  spend(bytes: number): void {
    this.#observer.sent(bytes);
    this.#paidUntil = Math.max(this.#paidUntil, performance.now() - BURST_MS) + bytes / this.#bytesPerMs;
  }

  /** Whether a session has to wait. If so, it is resumed when its turn comes. */
  holds(paced: Paced): boolean {
    if (paced === this.#turn || (this.#waiting.size === 0 && !this.isUsedUp)) return false;
    if (this.#waiting.has(paced)) return true;
    this.#waiting.add(paced);
    this.#observer.held();
    if (!this.#isPlanned) this.#wait();
    return true;
  }

  /** A session sends nothing more. */
  leave(paced: Paced): void {
    this.#waiting.delete(paced);
  }

  #wait(): void {
    this.#isPlanned = true;
    const waitMs = Math.ceil(this.#paidUntil - performance.now());
    // Does not keep the process alive: without connections, nothing waits.
    this.#timer = setTimeout(this.#next, Math.max(0, Math.min(MAX_WAIT_MS, waitMs))).unref();
  }

  readonly #next = (): void => {
    this.#timer = undefined;
    this.#turn = null;
    this.#isPlanned = false;
    const [first] = this.#waiting;
    if (first === undefined) return;
    if (this.isUsedUp) {
      this.#wait();
      return;
    }
    this.#waiting.delete(first);
    this.#turn = first;
    this.#isPlanned = true;
    first.resume();
    // After its flush, which is due at the end of this turn of the event loop.
    setImmediate(this.#next);
  };
}
