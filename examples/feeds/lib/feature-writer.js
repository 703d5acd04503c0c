/**
 * A vehicle as GeoJSON.
 *
 * @typedef {object} Vehicle
 * @property {'Feature'} type
 * @property {string} id
 * @property {{ type: 'Point', coordinates: number[] }} geometry
 * @property {Record<string, unknown>} properties
 */

/** Maximum number of features in a transaction: Redis serves nobody else while it runs one. */
const MOST = 500;

/** Writes vehicles into a hash and a channel, as docs/producers.md describes, and removes those that have fallen silent. */
export class FeatureWriter {
  /** @type {import('ioredis').Redis} */
  #redis;
  #channel;
  #silenceMs;
  /** The last report of each vehicle, and when it arrived. @type {Map<string, { text: string, at: number }>} */
  #reports = new Map();
  #timer;

  /**
   * @param {import('ioredis').Redis} redis
   * @param {string} channel
   * @param {number} silenceMs
   */
  constructor(redis, channel, silenceMs) {
    this.#redis = redis;
    this.#channel = channel;
    this.#silenceMs = silenceMs;
    const fail = (/** @type {unknown} */ error) => console.error(error);
    this.#timer = setInterval(() => this.#removeSilent().catch(fail), Math.min(silenceMs / 4, 5000));
  }

  /**
   * A writer that also removes the vehicles that an earlier run has left in the hash, unless they report again.
   *
   * @param {ConstructorParameters<typeof FeatureWriter>} args
   */
  static async open(...args) {
    const writer = new FeatureWriter(...args);
    const [redis, channel] = args;
    for (const id of await redis.hkeys(channel)) writer.#reports.set(id, { text: '', at: Date.now() });
    return writer;
  }

  /**
   * Writes the vehicles that have changed since they were last written.
   *
   * @param {Vehicle[]} features
   */
  async write(features) {
    const changed = this.#changedOf(features);
    for (let start = 0; start < changed.length; start += MOST) {
      const transaction = this.#redis.multi();
      for (const { id, text } of changed.slice(start, start + MOST))
        transaction.hset(this.#channel, id, text).publish(this.#channel, text);
      await all(transaction);
    }
  }

  /** Notes which vehicles have reported; returns those that have changed. @param {Vehicle[]} features */
  #changedOf(features) {
    const changed = [];
    for (const feature of features) {
      const { id } = feature;
      const text = JSON.stringify(feature);
      if (this.#reports.get(id)?.text !== text) changed.push({ id, text });
      this.#reports.set(id, { text, at: Date.now() });
    }
    return changed;
  }

  async #removeSilent() {
    const last = Date.now() - this.#silenceMs;
    const silent = [...this.#reports].filter(([, { at }]) => at < last).slice(0, MOST);
    if (silent.length === 0) return;
    const transaction = this.#redis.multi();
    for (const [id] of silent) {
      const gone = JSON.stringify({ type: 'Feature', id, geometry: null, properties: null });
      transaction.hdel(this.#channel, id).publish(this.#channel, gone);
    }
    // A report that arrives meanwhile differs from the empty text, so it is written after this.
    for (const [id, report] of silent) this.#reports.set(id, { ...report, text: '' });
    await all(transaction);
    for (const [id, { at }] of silent) if (this.#reports.get(id)?.at === at) this.#reports.delete(id);
  }

  /** Ends the removals; what is in Redis stays. */
  close() {
    clearInterval(this.#timer);
  }
}

/**
 * Runs a transaction. ioredis reports the error of a single command only in the results.
 *
 * @param {import('ioredis').ChainableCommander} transaction
 */
async function all(transaction) {
  for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
}
