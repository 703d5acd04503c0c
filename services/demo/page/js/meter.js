/** How many past seconds a rate is taken over. */
const SECONDS = 3;

/** What has come in a second, as the mean of the last few. */
export class Meter {
  #current = 0;
  /** @type {number[]} */
  #past = [];

  /** @param {number} amount */
  add(amount) {
    this.#current += amount;
  }

  /** Ends one second and begins the next. */
  tick() {
    this.#past = [...this.#past, this.#current].slice(-SECONDS);
    this.#current = 0;
  }

  /** Forgets everything. */
  reset() {
    this.#current = 0;
    this.#past = [];
  }

  /** Whether a whole second has been measured. */
  get isKnown() {
    return this.#past.length > 0;
  }

  /** 0 where nothing is known. */
  get perSecond() {
    return this.#past.length === 0
      ? 0
      : this.#past.reduce((sum, value) => sum + value, 0) / this.#past.length;
  }
}
