/** After this time without a packet, in milliseconds, the gateway is asked for one. */
const SILENCE_MS = 5000;

/** How long a gateway may take to answer that, in milliseconds. */
export const ANSWER_MS = 4000;

/**
 * Notices a connection that is open, but dead: the gateway hangs, or the network drops everything. That takes at most
 * ten seconds, unless the gateway may be busy with a command; the heartbeat of the transport takes longer.
 */
export class Pulse {
  readonly #ask: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #arrivedAt = 0;

  /** @param ask called after a silence; whatever arrives then ends it */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  start(): void {
    this.arrived();
    this.#wait(SILENCE_MS);
  }

  /** When something last arrived, on the clock of `performance.now()`. */
  get arrivedAt(): number {
    return this.#arrivedAt;
  }

  /** Something has arrived. */
  arrived(): void {
    this.#arrivedAt = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const left = this.#arrivedAt + SILENCE_MS - performance.now();
      if (left <= 0) this.#ask();
      this.#wait(left > 0 ? left : SILENCE_MS);
    }, ms);
  }
}
