/** Minimum time between two reports of a loss, in milliseconds. */
const SAY_MS = 60_000;

/**
 * A bounded queue for items that keep coming: when it is full, each new item replaces the oldest one. That suits positions,
 * because newer ones follow. A reader takes all items at once.
 *
 * @template T
 */
export class Newest {
  #most;
  #say;
  /** In a full queue, the oldest item is at `#oldest`. @type {T[]} */
  #items = [];
  #oldest = 0;
  #lost = 0;
  #saidAt = Number.NEGATIVE_INFINITY;
  /** @type {() => void} */
  #wake = () => {};

  /**
   * @param {number} most maximum number of queued items
   * @param {(lost: number) => void} say called when items were lost, at once and then at most once a minute
   */
  constructor(most, say) {
    this.#most = most;
    this.#say = say;
  }

  /** @param {T} item */
  push(item) {
    if (this.#items.length < this.#most) this.#items.push(item);
    else {
      this.#items[this.#oldest] = item;
      this.#oldest = (this.#oldest + 1) % this.#most;
      this.#lose();
    }
    this.#wake();
  }

  /** @returns {AsyncGenerator<T[]>} */
  async *[Symbol.asyncIterator]() {
    for (;;) {
      if (this.#items.length === 0)
        await new Promise((resolve) => {
          this.#wake = () => resolve(undefined);
        });
      const items = [...this.#items.slice(this.#oldest), ...this.#items.slice(0, this.#oldest)];
      this.#items = [];
      this.#oldest = 0;
      yield items;
    }
  }

  #lose() {
    this.#lost++;
    const now = performance.now();
    if (now - this.#saidAt < SAY_MS) return;
    this.#say(this.#lost);
    this.#lost = 0;
    this.#saidAt = now;
  }
}
