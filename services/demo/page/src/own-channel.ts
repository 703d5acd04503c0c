import { LiveCollection, type StateChange, type Viaduct } from '@viaduct/client';
import { LiveVectorSource } from '@viaduct/client/openlayers';
import { smooth } from '@viaduct/client/smooth';
import type VectorSource from 'ol/source/Vector.js';
import type { ChannelState } from './panel/own-data.js';

/** The channel that the user has named, if any: one at a time. */
export class OwnChannel {
  readonly #viaduct: Viaduct;
  readonly #shows: (source: VectorSource | null) => void;
  readonly #report: (state: ChannelState) => void;
  #collection: LiveCollection | null = null;

  /**
   * @param shows called with the features of another channel; null for none
   * @param report called with its state, and each change of it
   */
  constructor(
    viaduct: Viaduct,
    shows: (source: VectorSource | null) => void,
    report: (state: ChannelState) => void,
  ) {
    this.#viaduct = viaduct;
    this.#shows = shows;
    this.#report = report;
  }

  /** @param channel empty for none */
  choose(channel: string): void {
    this.#collection?.[Symbol.dispose]();
    this.#collection = channel === '' ? null : this.#follow(channel);
    this.#shows(this.#collection && new LiveVectorSource(smooth(this.#collection)));
  }

  #follow(channel: string): LiveCollection {
    const collection = new LiveCollection(this.#viaduct, channel);
    const reportShown = (): void => this.#report({ kind: 'shown', inView: collection.size });
    this.#report({ kind: 'waiting' });
    collection.on('change', reportShown);
    collection.on('state', ({ state, error }: StateChange) => {
      if (state === 'live') reportShown();
      if (state === 'ended' && error !== null) this.#report({ kind: 'refused', reason: error.message });
    });
    return collection;
  }
}
