/** How many seconds the chart shows. */
export const HISTORY_SECONDS = 60;

/** The events of one second. */
export interface Second {
  /** Updates that the feed published. */
  published: number;
  /** Updates that this page received. */
  received: number;
  bytes: number;
}

/** Figures are averaged over this many seconds, so that people can read them. */
const WINDOW = 3;

/** The last minute, second by second. */
export class History {
  readonly #seconds: Second[] = [];
  #received = 0;
  #bytes = 0;
  #published = 0;

  /** Counts received updates. */
  receive(updates: number): void {
    this.#received += updates;
  }

  /** Counts received bytes. */
  receiveBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The feed has reported how many updates it published in a second. */
  publish(updates: number): void {
    this.#published = updates;
  }

  /** Ends the current second. */
  tick(): void {
    this.#seconds.push({ published: this.#published, received: this.#received, bytes: this.#bytes });
    if (this.#seconds.length > HISTORY_SECONDS) this.#seconds.shift();
    this.#received = 0;
    this.#bytes = 0;
  }

  /** The last seconds, the newest last; at most {@link HISTORY_SECONDS}. */
  get seconds(): readonly Second[] {
    return this.#seconds;
  }

  /** The average of the last seconds. */
  recent(): Second {
    const last = this.#seconds.slice(-WINDOW);
    const mean = (member: keyof Second): number =>
      last.reduce((sum, second) => sum + second[member], 0) / Math.max(1, last.length);
    return { published: mean('published'), received: mean('received'), bytes: mean('bytes') };
  }
}
