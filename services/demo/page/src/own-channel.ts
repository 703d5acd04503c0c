import { LiveCollection, type StateChange, type Viaduct } from '@viaduct/client';
import { LiveVectorSource } from '@viaduct/client/openlayers';
import { smooth } from '@viaduct/client/smooth';
import type VectorSource from 'ol/source/Vector.js';
import type { ChannelState } from './panel/own-data.js';

/** The channel that the user has named, if any: one at a time. */
export class OwnChannel {
  readonly #viaduct: Viaduct;
  readonly #shows: (source: VectorSource | null) => void;
  readonly #tells: (state: ChannelState) => void;
  #collection: LiveCollection | null = null;

  /**
   * @param shows called with the features of another channel; null for none
   * @param tells called with what becomes of it
   */
  constructor(
    viaduct: Viaduct,
    shows: (source: VectorSource | null) => void,
    tells: (state: ChannelState) => void,
  ) {
    this.#viaduct = viaduct;
    this.#shows = shows;
    this.#tells = tells;
  }

  /** @param channel empty for none */
  choose(channel: string): void {
    this.#collection?.[Symbol.dispose]();
    this.#collection = channel === '' ? null : this.#follow(channel);
    this.#shows(this.#collection && new LiveVectorSource(smooth(this.#collection)));
  }

  #follow(channel: string): LiveCollection {
    const collection = new LiveCollection(this.#viaduct, channel);
    const tell = (): void => this.#tells({ kind: 'shown', inView: collection.size });
    this.#tells({ kind: 'waiting' });
    collection.on('change', tell);
    collection.on('state', ({ state, error }: StateChange) => {
      if (state === 'live') tell();
      if (state === 'ended' && error !== null) this.#tells({ kind: 'refused', reason: error.message });
    });
    return collection;
  }
}
