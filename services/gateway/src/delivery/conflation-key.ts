import { type FeatureId, type GeoMessage, idText } from '@viaduct/geo-worker';

/** The channel and feature of a message. A newer message with an equal key replaces an older one. */
export class ConflationKey {
  readonly #channel: string;
  readonly #id: FeatureId;
  #text: string | undefined;

  constructor(channel: string, id: FeatureId) {
    this.#channel = channel;
    this.#id = id;
  }

  /** The same text for equal keys. Built on first use, because only the queues of slow clients need it. */
  get text(): string {
    this.#text ??= `${idText(this.#id)} ${this.#channel}`;
    return this.#text;
  }
}

/** The key of a message about the feature with that id; null if the message has no id and replaces nothing. */
export function conflationKey(channel: string, id: FeatureId | null): ConflationKey | null {
  return id === null ? null : new ConflationKey(channel, id);
}

/** Finds the key of a channel's message. */
export type KeyFinder = (channel: string, content: GeoMessage) => ConflationKey | null;

/**
 * Keys of GeoJSON Features by their id. A removal, which has an `id` and a null geometry, has the key of the feature
 * that it removes.
 *
 * @param property see `GeoMessage.featureId`
 */
export function featureKeys(property: string): KeyFinder {
  return (channel, content) => conflationKey(channel, content.featureId(property));
}
