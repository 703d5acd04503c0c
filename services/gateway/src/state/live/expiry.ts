import type { LongWork } from '../long-work.js';
import type { LiveFeature } from './live-feature.js';
import type { LiveIndex } from './live-index.js';

/** Time between two sweeps, as a share of the time after which features expire, and its limits in ms. */
const SWEEP_SHARE = 0.1;
const MIN_SWEEP_MS = 100;
const MAX_SWEEP_MS = 5_000;

/** How long a sweep works at once, before its first turn of long work, in ms: enough for most. */
const FIRST_SLICE_MS = 1;

/** Finds features that were not updated for too long, in turns: if a producer stops, all of them expire at the same time. */
export class Expiry {
  readonly #index: LiveIndex;
  readonly #longWork: LongWork;
  readonly #expired: (feature: LiveFeature) => void;
  readonly #timer: NodeJS.Timeout;
  #isSweeping = false;
  #closed = false;

  /**
   * @param afterMs time without an update, in ms
   * @param expired called for each feature when its time is over
   */
  constructor(
    index: LiveIndex,
    afterMs: number,
    longWork: LongWork,
    expired: (feature: LiveFeature) => void,
  ) {
    this.#index = index;
    this.#longWork = longWork;
    this.#expired = expired;
    const everyMs = Math.min(Math.max(afterMs * SWEEP_SHARE, MIN_SWEEP_MS), MAX_SWEEP_MS);
    this.#timer = setInterval(() => void this.#sweep(performance.now() - afterMs), everyMs).unref();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  /** @param limit features that were not updated since then expire */
  async #sweep(limit: number): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      let until = performance.now() + FIRST_SLICE_MS;
      for (const { key } of this.#index.values()) {
        if (performance.now() > until) until = await this.#longWork.turn();
        if (this.#closed) return;
        // It may have been updated by now.
        const feature = this.#index.get(key);
        if (feature !== undefined && feature.updatedAt <= limit && !feature.expired) this.#expired(feature);
      }
    } finally {
      this.#isSweeping = false;
    }
  }
}
