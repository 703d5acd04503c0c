import type { Bbox } from './box.js';
import type { Crs } from './crs.js';
import { CrsPlaces, type PlaceSearch } from './crs-places.js';
import { GeoMessage } from './message.js';
import { boxStepOf, type Grid } from './view.js';

export type { PlaceSearch } from './crs-places.js';

/** The most CRSs, each with one rounding, in which places are kept: those with the most users. */
const MAX_CRSS = 8;

/** The number of features after which the work on a CRS pauses to give others a turn. */
const BUILD_STEP = 500;

/** The places in one CRS. */
interface CrsEntry {
  readonly places: CrsPlaces;
  /** Resolves when it has every feature. */
  filled: Promise<void>;
}

/** The initial number of slots. */
const INITIAL_SLOTS = 64;

/**
 * The places of many features: finds those in a box of any CRS. A feature is identified by its slot, a small number that
 * the caller assigns. Places are kept in each CRS that boxes come in, so a box is never converted: poles and antimeridian
 * are as exact here as in `GeoMessage.intersects`. If boxes come in more CRSs than are kept, those with the fewest users are
 * not searched here: to fill them again and again would cost more than to test every feature.
 */
export class PlaceIndex {
  /** Longitude and latitude of each slot whose feature is one point; NaN for all others. */
  #lonLat = new Float64Array(2 * INITIAL_SLOTS).fill(Number.NaN);
  readonly #textOf: (slot: number) => string | null;
  /** By CRS and rounding. */
  readonly #byCrs = new Map<string, CrsEntry>();
  /** The number of users by CRS and rounding. */
  readonly #users = new Map<string, number>();
  #end = 0;

  /** @param textOf the feature of a slot; null if it is empty */
  constructor(textOf: (slot: number) => string | null) {
    this.#textOf = textOf;
  }

  /** Puts a feature into a slot; it replaces the slot's old feature. */
  set(slot: number, feature: GeoMessage): void {
    this.#reserve(slot);
    const { point } = feature;
    this.#lonLat[2 * slot] = point === null ? Number.NaN : point[0];
    this.#lonLat[2 * slot + 1] = point === null ? Number.NaN : point[1];
    for (const { places } of this.#byCrs.values()) places.set(slot, feature);
  }

  delete(slot: number): void {
    this.#lonLat[2 * slot] = Number.NaN;
    for (const { places } of this.#byCrs.values()) places.delete(slot);
  }

  /** Longitude and latitude of a slot whose feature is one point; else null. */
  pointAt(slot: number): readonly [lon: number, lat: number] | null {
    const lon = this.#lonLat[2 * slot] as number;
    return Number.isNaN(lon) ? null : [lon, this.#lonLat[2 * slot + 1] as number];
  }

  /**
   * The features in a box; null if places are not kept in its CRS (yet), see {@link prepare}.
   *
   * @param crs of the box
   * @param view in which the features are sent: see `GeoMessage.intersects`
   */
  search(box: Bbox, crs: Crs, view: Grid): PlaceSearch | null {
    const key = keyOf(crs, view);
    const entry = this.#byCrs.get(key);
    if (entry?.places.ready !== true) return null;
    this.#byCrs.delete(key);
    this.#byCrs.set(key, entry);
    return entry.places.search(box);
  }

  /**
   * Counts a user that searches again and again in a CRS.
   *
   * @returns what to give to {@link leave} at the end
   */
  enter(crs: Crs, view: Grid): string {
    const key = keyOf(crs, view);
    this.#users.set(key, this.#usersOf(key) + 1);
    return key;
  }

  leave(key: string): void {
    const left = this.#usersOf(key) - 1;
    if (left > 0) this.#users.set(key, left);
    else this.#users.delete(key);
  }

  #usersOf(key: string): number {
    return this.#users.get(key) ?? 0;
  }

  /**
   * From now on, keeps places in a CRS, unless as many others have at least as many users. Resolves when {@link search} works in
   * it, if it does.
   *
   * @param pause gives others a turn between two portions of the work; null does all of it at once
   */
  prepare(crs: Crs, view: Grid, pause: (() => Promise<unknown>) | null): Promise<void> {
    const key = keyOf(crs, view);
    let entry = this.#byCrs.get(key);
    if (entry === undefined) {
      if (this.#byCrs.size >= MAX_CRSS && !this.#makeRoomFor(key)) return Promise.resolve();
      const places = new CrsPlaces(crs, boxStepOf(crs, view));
      // It is in the map before it is filled, so that it also gets the changes made meanwhile.
      entry = { places, filled: Promise.resolve() };
      this.#byCrs.set(key, entry);
      entry.filled = this.#fill(key, places, pause);
    }
    return entry.filled;
  }

  async #fill(key: string, places: CrsPlaces, pause: (() => Promise<unknown>) | null): Promise<void> {
    for (let slot = 0; slot < this.#end; slot++) {
      if (pause !== null && slot % BUILD_STEP === BUILD_STEP - 1) {
        await pause();
        // It was dropped for others meanwhile, so it is not needed.
        if (this.#byCrs.get(key)?.places !== places) return;
      }
      const feature = this.#featureAt(slot);
      if (feature !== null) places.set(slot, feature);
    }
    places.ready = true;
  }

  #featureAt(slot: number): GeoMessage | null {
    const point = this.pointAt(slot);
    if (point !== null) return GeoMessage.at(...point);
    const text = this.#textOf(slot);
    return text === null ? null : GeoMessage.parse(text);
  }

  /** Drops the CRS with the fewest users, of several the least recently searched one; returns false if it has no fewer. */
  #makeRoomFor(key: string): boolean {
    let [least, users] = ['', Number.POSITIVE_INFINITY];
    for (const kept of this.#byCrs.keys()) {
      if (this.#usersOf(kept) < users) [least, users] = [kept, this.#usersOf(kept)];
    }
    if (users > 0 && users >= this.#usersOf(key)) return false;
    this.#byCrs.delete(least);
    return true;
  }

  #reserve(slot: number): void {
    this.#end = Math.max(this.#end, slot + 1);
    if (2 * slot + 1 < this.#lonLat.length) return;
    const grown = new Float64Array(4 * (slot + 1)).fill(Number.NaN);
    grown.set(this.#lonLat);
    this.#lonLat = grown;
  }
}

function keyOf(crs: Crs, view: Grid): string {
  return `${crs.id} ${boxStepOf(crs, view)}`;
}
