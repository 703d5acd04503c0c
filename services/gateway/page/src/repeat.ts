/** The time between the end of one round and the next one, and the longest one after failures, in ms. */
const PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Does something again and again, one round at a time, but not while nobody can see the page. After failures, the pauses
 * grow.
 */
export class Repeat {
  readonly #round: () => Promise<boolean>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #running = false;
  #again = false;
  #on = false;

  /** @param round resolves with false if it failed */
  constructor(round: () => Promise<boolean>) {
    this.#round = round;
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) clearTimeout(this.#timer);
      else this.now();
    });
  }

  start(): void {
    this.#on = true;
    this.#failures = 0;
    this.now();
  }

  stop(): void {
    this.#on = false;
    clearTimeout(this.#timer);
  }

  /** Begins a round at once, or after the current one. */
  now(): void {
    if (this.#running) this.#again = true;
    else void this.#run();
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#on || document.hidden) return;
    this.#running = true;
    this.#again = false;
    const succeeded = await this.#round();
    this.#running = false;
    this.#failures = succeeded ? 0 : this.#failures + 1;
    if (!this.#on || document.hidden) return;
    const pauseMs = this.#again ? 0 : Math.min(PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#timer = setTimeout(() => void this.#run(), pauseMs);
  }
}
