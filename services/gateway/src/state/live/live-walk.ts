import type { FeatureId } from '@viaduct/geo-worker';
import type { LiveFeature } from './live-feature.js';
import type { LiveIndex } from './live-index.js';
import { Sight } from './sight.js';

/** What an earlier walk, which was cut short, owes the client. */
export interface Remainder {
  /** Versions that the client should have been sent. */
  readonly unsent: ReadonlySet<LiveFeature>;
  /** Features that the client may still hold although its view does not show them, by key. */
  readonly left: ReadonlyMap<string, FeatureId>;
}

const NOTHING_OWED: Remainder = { unsent: new Set(), left: new Map() };

/**
 * From one view to another: which features the client lacks, and which it must give up. Features that change while the
 * walk is under way reach the client as messages, because its new view is in force from the beginning.
 */
export class LiveWalk {
  readonly #index: LiveIndex;
  readonly #from: Sight | null;
  readonly #to: Sight;
  readonly #owed: Remainder;
  readonly #left: ReadonlyMap<string, FeatureId>;
  /** Later versions have been sent as messages. */
  readonly #since: number;
  readonly #slots: readonly number[] | null;
  /** Whether every feature in the slots that has not changed is in the new view. */
  readonly #isExact: boolean;
  readonly #end: number;
  #next = 0;

  /**
   * @param from what the client holds now, apart from what is owed; null for nothing
   * @param since number of the change after which the client has been sent changes as messages; that of now by default
   */
  constructor(
    index: LiveIndex,
    from: Sight | null,
    to: Sight,
    owed: Remainder = NOTHING_OWED,
    since = index.change,
  ) {
    this.#index = index;
    this.#from = from;
    this.#to = to;
    this.#owed = owed;
    this.#since = since;
    this.#slots = to.candidates;
    this.#isExact = to.isExact;
    this.#end = this.#slots?.length ?? index.slotEnd;
    // At once: a feature that changes later and is in neither view then would never be found.
    this.#left = from === null ? new Map() : this.#leaving(from);
  }

  /** How many places {@link at} has. */
  get length(): number {
    return this.#end;
  }

  /** The feature at a place if the client lacks it; else null. Places are visited in ascending order. */
  at(place: number): LiveFeature | null {
    this.#next = place + 1;
    return this.#lacking(place);
  }

  /** Ids that the client must give up, as of now. */
  left(): FeatureId[] {
    if (this.#left.size === 0) return [];
    const now = new Sight(this.#index, this.#to.view);
    const ids: FeatureId[] = [];
    for (const [key, id] of this.#left) {
      const present = this.#index.get(key);
      if (present === undefined || !now.sees(present)) ids.push(id);
    }
    return ids;
  }

  /** What is owed to the client if the walk ends here. */
  remainder(): Remainder {
    const unsent = new Set<LiveFeature>();
    const left = new Map(this.#left);
    // Whether the latest one was sent is not known: it may have waited for room.
    const latest = this.#next === 0 ? null : this.#lacking(this.#next - 1);
    if (latest !== null) {
      unsent.add(latest);
      if (latest.id !== null) left.set(latest.key, latest.id);
    }
    for (let place = this.#next; place < this.#end; place++) {
      const feature = this.#lacking(place);
      if (feature !== null) unsent.add(feature);
    }
    return { unsent, left };
  }

  #lacking(place: number): LiveFeature | null {
    const feature = this.#index.at(this.#slots?.[place] ?? place);
    if (feature === null || feature.change > this.#since || feature.expired) return null;
    if (!this.#isExact && !this.#to.sees(feature)) return null;
    const isHeld = this.#from?.sees(feature) === true && !this.#owed.unsent.has(feature);
    return isHeld ? null : feature;
  }

  #leaving(from: Sight): Map<string, FeatureId> {
    const left = new Map(this.#owed.left);
    const slots = from.candidates;
    const { isExact } = from;
    const end = slots?.length ?? this.#index.slotEnd;
    for (let place = 0; place < end; place++) {
      const feature = this.#index.at(slots?.[place] ?? place);
      if (feature === null || feature.id === null || feature.expired || this.#owed.unsent.has(feature))
        continue;
      if ((isExact || from.sees(feature)) && !this.#to.sees(feature)) left.set(feature.key, feature.id);
    }
    return left;
  }
}
