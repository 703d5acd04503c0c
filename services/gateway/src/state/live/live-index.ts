import { type FeatureId, GeoMessage, idText, PlaceIndex } from '@viaduct/geo-worker';
import type { LongWork } from '../long-work.js';
import { KeyOrder } from './key-order.js';
import type { LiveFeature } from './live-feature.js';

/** What a feature takes in memory besides its text, in bytes, rounded up. */
const FEATURE_BYTES = 600;

/** Approximate memory of all indexes together, in bytes. */
export interface LiveMemory {
  bytes: number;
}

/** A new version of a feature. */
export interface NewVersion {
  readonly content: GeoMessage;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly field: string | null;
}

/** The current features of one channel, by their identity and by their place. */
export class LiveIndex {
  readonly places = new PlaceIndex((slot) => this.#slots[slot]?.text ?? null);
  readonly #idProperty: string;
  readonly #features = new Map<string, LiveFeature>();
  readonly #slots: (LiveFeature | null)[] = [];
  readonly #free: number[] = [];
  readonly #memory: LiveMemory;
  #foreign = 0;
  #expired = 0;
  /** The keys of Features that have not expired; null while nobody reads them in order. */
  #order: KeyOrder | null = null;
  #ordered: Promise<unknown> = Promise.resolve();
  #change = 0;
  #bytes = 0;
  /** Part of {@link bytes}: see {@link expect}. */
  #coming = 0;

  /**
   * @param idProperty member of `properties` that identifies a Feature without an `id`; empty for none
   * @param memory the total of all indexes, in which its memory is counted, too
   */
  constructor(idProperty: string, memory: LiveMemory) {
    this.#idProperty = idProperty;
    this.#memory = memory;
  }

  get size(): number {
    return this.#features.size;
  }

  /** Number of features that have not expired. */
  get current(): number {
    return this.#features.size - this.#expired;
  }

  /** Approximate memory that it takes, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many of its features are not GeoJSON. */
  get foreign(): number {
    return this.#foreign;
  }

  /** Number of the latest change. */
  get change(): number {
    return this.#change;
  }

  /** Slots are below this number. */
  get slotEnd(): number {
    return this.#slots.length;
  }

  get(key: string): LiveFeature | undefined {
    return this.#features.get(key);
  }

  /** The feature whose id differs only in its type: number 17 and text "17" are two features. */
  otherType(id: FeatureId): LiveFeature | null {
    const isText = typeof id === 'string';
    const other = this.#features.get(isText ? id : idText(String(id)));
    const otherId = other?.id ?? null;
    return other === undefined || otherId === null || (typeof otherId === 'string') === isText ? null : other;
  }

  at(slot: number): LiveFeature | null {
    return this.#slots[slot] ?? null;
  }

  values(): MapIterator<LiveFeature> {
    return this.#features.values();
  }

  /** The identity of a message's feature; null if it has none. */
  idOf(content: GeoMessage): FeatureId | null {
    return content.featureId(this.#idProperty);
  }

  /** Adds a feature, or replaces its older version. */
  put(key: string, id: FeatureId | null, { content, timestamp, field }: NewVersion): LiveFeature {
    const older = this.#features.get(key);
    const slot = older?.slot ?? this.#free.pop() ?? this.#slots.length;
    const feature: LiveFeature = {
      key,
      id,
      isGeo: content.isGeo,
      isFeature: content.isFeature,
      hasIdMember: content.hasIdMember,
      text: content.text,
      slot,
      change: ++this.#change,
      timestamp,
      updatedAt: performance.now(),
      field: field ?? older?.field ?? null,
      expired: false,
      encoded: null,
    };
    this.#features.set(key, feature);
    this.#enter(feature);
    this.#slots[slot] = feature;
    this.#foreign += Number(!feature.isGeo) - Number(older?.isGeo === false);
    this.#expired -= Number(older?.expired === true);
    this.places.set(slot, content);
    this.#count(sizeOf(feature) - (older === undefined ? 0 : sizeOf(older)));
    return feature;
  }

  /** A feature was not updated for too long: it stays, so that a read of the hash does not bring it back. */
  expire(feature: LiveFeature): void {
    this.#expired += Number(!feature.expired);
    feature.expired = true;
    this.#order?.delete(feature.key);
    this.#change++;
  }

  remove({ key, slot, text, isGeo, expired }: LiveFeature): void {
    if (!this.#features.delete(key)) return;
    this.#order?.delete(key);
    if (!isGeo) this.#foreign--;
    if (expired) this.#expired--;
    this.#change++;
    this.#slots[slot] = null;
    this.#free.push(slot);
    this.places.delete(slot);
    this.#count(-sizeOf({ key, text }));
  }

  /**
   * The keys of all Features that have not expired, in order. From the first call on, each change keeps them in order.
   *
   * @param longWork gives the first call the gateway's own turns to sort them: the order is for all callers, not for one client
   */
  async keysInOrder(longWork: LongWork): Promise<KeyOrder> {
    let order = this.#order;
    if (order === null) {
      order = new KeyOrder();
      this.#order = order;
      this.#ordered = this.#fillOrder(longWork);
    }
    await this.#ordered;
    return order;
  }

  async #fillOrder(longWork: LongWork): Promise<void> {
    let until = await longWork.turn();
    for (const feature of this.#features.values()) {
      if (performance.now() > until) until = await longWork.turn();
      this.#enter(feature);
    }
  }

  #enter({ key, isFeature, expired }: LiveFeature): void {
    if (isFeature && !expired) this.#order?.add(key);
    else this.#order?.delete(key);
  }

  /** @param bytes of text that has been read and is about to be added: they take memory already */
  expect(bytes: number): void {
    this.#count(bytes - this.#coming);
    this.#coming = bytes;
  }

  /** Its memory no longer counts. */
  close(): void {
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#memory.bytes += bytes;
  }
}

/** The key under which an index knows a feature. */
export function keyOf(id: FeatureId): string {
  return idText(id);
}

/** The key of the part of a hash value that has no identity. */
export function anonymousKey(field: string, part: number): string {
  return `field ${part} ${field}`;
}

function sizeOf({ text, key }: Pick<LiveFeature, 'text' | 'key'>): number {
  return text.length + key.length + FEATURE_BYTES;
}

/** A feature as it was before a change; parsed only if its place is not enough. */
export class PreviousVersion {
  readonly feature: LiveFeature;
  readonly #point: readonly [lon: number, lat: number] | null;
  #whole: GeoMessage | null = null;
  #place: GeoMessage | null = null;

  constructor(feature: LiveFeature, index: LiveIndex) {
    this.feature = feature;
    this.#point = index.places.pointAt(feature.slot);
  }

  /** A message at the place where the feature was. */
  get place(): GeoMessage {
    this.#place ??= this.#point === null ? this.whole() : GeoMessage.at(...this.#point);
    return this.#place;
  }

  readonly whole = (): GeoMessage => {
    this.#whole ??= GeoMessage.parse(this.feature.text);
    return this.#whole;
  };
}
