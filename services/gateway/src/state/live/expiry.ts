import type { LiveFeature } from './live-feature.js';
import type { LiveIndex } from './live-index.js';

/** How often features are looked at, as a share of the time after which they expire, and the limits of that in ms. */
const SWEEP_SHARE = 0.1;
const MIN_SWEEP_MS = 100;
const MAX_SWEEP_MS = 5_000;

/** Finds features that have had no news for too long. */
export class Expiry {
  readonly #timer: NodeJS.Timeout;

  /**
   * @param afterMs without news, in ms
   * @param expired called for each feature when its time is over
   */
  constructor(index: LiveIndex, afterMs: number, expired: (feature: LiveFeature) => void) {
    const sweep = (): void => {
      const limit = performance.now() - afterMs;
      for (const feature of index.values()) {
        if (feature.heardAt <= limit && !feature.expired) expired(feature);
      }
    };
    const everyMs = Math.min(Math.max(afterMs * SWEEP_SHARE, MIN_SWEEP_MS), MAX_SWEEP_MS);
    this.#timer = setInterval(sweep, everyMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
