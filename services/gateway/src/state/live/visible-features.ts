import { GeoMessage, type PlaceSearch } from '@viaduct/geo-worker';
import { passes } from '../../delivery/audience.js';
import type { MemberView } from '../../delivery/member.js';
import type { LiveFeature } from './live-feature.js';
import type { LiveIndex } from './live-index.js';

/**
 * The features of an index that a view shows, in their current versions. It decides as a delivery does for a message, but
 * with the help of the index.
 */
export class VisibleFeatures {
  readonly view: MemberView;
  readonly #index: LiveIndex;
  readonly #search: PlaceSearch | null;
  /** Whether the box alone says that a feature has a place in the CRS of the view. */
  readonly #boxProvesPlace: boolean;

  constructor(index: LiveIndex, view: MemberView) {
    this.view = view;
    this.#index = index;
    const { bbox, boxCrs, crs } = view;
    this.#search = bbox === null ? null : index.places.search(bbox, boxCrs, view);
    this.#boxProvesPlace = crs.isDataCrs || (bbox !== null && boxCrs === crs);
  }

  /** The slots of all features that the view may show; null if these are all slots. */
  get candidates(): readonly number[] | null {
    if (this.view.held || this.#search === null) return null;
    const { inside, unsure } = this.#search;
    return unsure.length === 0 ? inside : [...inside, ...unsure];
  }

  /** Whether the view shows every one of the {@link candidates}, apart from expired features, at the time of the search. */
  get isExact(): boolean {
    const { area, filters, held } = this.view;
    const isBox = this.#search?.unsure.length === 0 && this.#boxProvesPlace;
    return isBox && area === null && filters === null && !held;
  }

  /** Whether the view shows a feature in its current version. */
  has(feature: LiveFeature): boolean {
    const { view } = this;
    // RESET holds back everything with an identity: those are Features.
    if (feature.expired || (view.held && feature.id !== null)) return false;
    const inBox = this.#search?.has(feature.slot);
    if (inBox === false) return false;
    if (view.filters !== null || view.held) return this.#passes(GeoMessage.parse(feature.text));
    if (inBox === true && this.#boxProvesPlace && view.area === null) return true;
    if (view.bbox === null && view.area === null && view.crs.isDataCrs) return true;
    const point = this.#index.places.pointAt(feature.slot);
    return this.#passes(point === null ? GeoMessage.parse(feature.text) : GeoMessage.at(...point));
  }

  /** The same for a version that was current at the time of the search, whatever has become of the feature since. */
  had(version: LiveFeature): boolean {
    if (!version.expired && this.#index.at(version.slot) === version) return this.has(version);
    if (this.view.held && version.id !== null) return false;
    return this.#passes(GeoMessage.parse(version.text));
  }

  #passes(content: GeoMessage): boolean {
    const { view } = this;
    try {
      return passes(content, view) && (view.crs.isDataCrs || content.unlocated(view.crs) === 0);
    } catch {
      // A custom filter threw: deliveries report that, and send such a feature to nobody.
      return false;
    }
  }
}
