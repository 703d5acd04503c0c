import type { LiveCollection, Viaduct } from '@viaduct/client';
import { onTraffic } from '@viaduct/client/testing';

/** The cost of a change of the view. */
export interface Pan {
  /** Vehicles that have entered the view, and that have left it. */
  entered: number;
  left: number;
  /** Bytes from the gateway until the view was complete. */
  bytes: number;
}

/** Measures each change of the view, from the moment when the map sends it until all collections are complete. */
export class PanMeter {
  readonly #collections: readonly LiveCollection[];
  /** Collections that are not complete yet. */
  #pending: ReadonlySet<LiveCollection> = new Set();
  #pan: Pan = { entered: 0, left: 0, bytes: 0 };

  /** @param measured called at the end of each measurement */
  constructor(viaduct: Viaduct, collections: readonly LiveCollection[], measured: (pan: Pan) => void) {
    this.#collections = collections;
    viaduct.on('view', () => this.#begin());
    onTraffic(viaduct, (bytes) => {
      this.#pan.bytes += bytes;
    });
    for (const collection of collections) {
      collection.on('change', ({ entered, left }) => {
        this.#pan.entered += entered.size;
        this.#pan.left += left.size;
      });
      collection.on('complete', () => {
        if (!this.#pending.has(collection)) return;
        this.#pending = new Set([...this.#pending].filter((other) => other !== collection));
        if (this.#pending.size === 0) measured(this.#pan);
      });
      // What arrives after a break does not belong to the view alone.
      collection.on('state', ({ state }) => {
        if (state === 'offline') this.#pending = new Set();
      });
    }
  }

  #begin(): void {
    this.#pending = new Set(this.#collections);
    this.#pan = { entered: 0, left: 0, bytes: 0 };
  }
}
