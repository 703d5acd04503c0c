import type { FeatureId } from '@viaduct/geo-worker';
import type { Claimant } from '../fair-queue.js';
import type { LongWork } from '../long-work.js';
import type { LiveFeature } from './live-feature.js';
import type { LiveIndex } from './live-index.js';
import { VisibleFeatures } from './visible-features.js';

/** A feature that the client may still hold after an earlier walk, as this walk has tested it. */
interface EarlierFeature {
  readonly id: FeatureId;
  /** The version that was tested; undefined if there was none. */
  readonly version: LiveFeature | undefined;
  /** Whether the view shows that version. */
  readonly isSeen: boolean;
}

/** What an earlier walk, which was cut short, had still to send. */
export interface Remainder {
  /** Versions that the client should have been sent. */
  readonly unsent: ReadonlySet<LiveFeature>;
  /** Features that the client may still hold although its view does not show them, by key. */
  readonly left: ReadonlyMap<string, FeatureId>;
}

/** How a walk shares the event loop with other work. */
export interface WalkTurns {
  readonly longWork: LongWork;
  readonly session: Claimant;
  /** True if the rest is no longer needed. */
  stopped(): boolean;
}

const NO_REMAINDER: Remainder = { unsent: new Set(), left: new Map() };

/** How long tests may run before they wait for a turn of long work, in ms: enough for most changes of a view. */
const FIRST_SLICE_MS = 1;

/**
 * The way from one view to another: which features the client lacks, and which it must drop. Features that change while the
 * walk is under way reach the client as messages, because its new view is in force from the beginning.
 */
export class LiveWalk {
  readonly #index: LiveIndex;
  readonly #from: VisibleFeatures | null;
  readonly #to: VisibleFeatures;
  readonly #earlier: Remainder;
  /** Number of a change: versions of later changes have been sent as messages. */
  readonly #sinceChange: number;
  readonly #slots: readonly number[] | null;
  /** Whether every feature in the slots that has not changed is in the new view. */
  readonly #isExact: boolean;
  readonly #end: number;
  /**
   * What the earlier view may have shown, then what of it the new view does not show. Versions: a feature that changes
   * later may be in neither view then. In one array, because a wide view has tens of thousands.
   */
  readonly #shown: LiveFeature[];
  /** By key. */
  readonly #earlierLeft = new Map<string, EarlierFeature>();
  /** Number of features at the start that had not expired. */
  readonly #size: number;
  /** Candidates that have changed or gone since the start. */
  #changed = 0;
  #next = 0;

  /**
   * @param from what the client holds now, apart from what an earlier walk has not sent; null for nothing
   * @param sinceChange number of the change after which the client has been sent changes as messages; that of now by default
   */
  constructor(
    index: LiveIndex,
    from: VisibleFeatures | null,
    to: VisibleFeatures,
    earlier: Remainder = NO_REMAINDER,
    sinceChange = index.change,
  ) {
    this.#index = index;
    this.#from = from;
    this.#to = to;
    this.#size = index.current;
    this.#earlier = earlier;
    this.#sinceChange = sinceChange;
    this.#slots = to.candidates;
    this.#isExact = to.isExact;
    this.#end = this.#slots?.length ?? index.slotEnd;
    this.#shown = from === null ? [] : this.#versionsIn(from);
  }

  /** Number of candidates: features that the client may lack, in the order of {@link at}. */
  get length(): number {
    return this.#end;
  }

  /** Finds what the client must drop. Call it once, before anything is sent. */
  async findLeaving(turns: WalkTurns): Promise<void> {
    const from = this.#from;
    if (from === null) return;
    // If the search was exact, all versions of that time were in the view.
    const { isExact } = from;
    await visitInTurns(this.#earlier.left, turns, ([key, id]) => this.#testEarlier(key, id));
    let leaving = 0;
    await visitInTurns(this.#shown, turns, (version) => {
      if (version.id === null || this.#to.had(version)) return;
      if (!isExact && !from.had(version)) return;
      this.#shown[leaving++] = version;
      this.#earlierLeft.delete(version.key);
    });
    this.#shown.length = leaving;
  }

  /** Candidate `i` if the client lacks it; else null. Candidates are visited in ascending order. */
  at(i: number): LiveFeature | null {
    this.#next = i + 1;
    const feature = this.#candidate(i);
    if (feature === null || feature.change > this.#sinceChange) this.#changed++;
    return this.#lacking(i);
  }

  /** For a walk from nothing: the number of features at the start that were not in the view, or a little less. */
  outside(sent: number): number {
    return Math.max(0, this.#size - sent - this.#changed);
  }

  /** Ids of the features that the client must drop, as of now. */
  left(): FeatureId[] {
    if (this.#shown.length === 0 && this.#earlierLeft.size === 0) return [];
    const now = new VisibleFeatures(this.#index, this.#to.view);
    const ids: FeatureId[] = [];
    for (const version of this.#shown)
      if (version.id !== null && !this.#isInView(now, version.key, version, false)) ids.push(version.id);
    for (const [key, { id, version, isSeen }] of this.#earlierLeft)
      if (!this.#isInView(now, key, version, isSeen)) ids.push(id);
    return ids;
  }

  /** @param isSeen whether the new view shows the version, as tested before */
  #isInView(now: VisibleFeatures, key: string, version: LiveFeature | undefined, isSeen: boolean): boolean {
    const present = this.#index.get(key);
    const isTested = present === version && present?.expired !== true;
    return isTested ? isSeen : present !== undefined && now.has(present);
  }

  /** What is still to be sent if the walk ends here. */
  async remainder(turns: WalkTurns): Promise<Remainder> {
    const unsent = new Set<LiveFeature>();
    const left = new Map<string, FeatureId>();
    for (const [key, { id }] of this.#earlierLeft) left.set(key, id);
    for (const { key, id } of this.#shown) if (id !== null) left.set(key, id);
    // Whether the latest one was sent is not known: it may have waited for room.
    const latest = this.#next === 0 ? null : this.#lacking(this.#next - 1);
    if (latest !== null) {
      unsent.add(latest);
      if (latest.id !== null) left.set(latest.key, latest.id);
    }
    await visitInTurns(numbersFrom(this.#next, this.#end), turns, (i) => {
      const feature = this.#lacking(i);
      if (feature !== null) unsent.add(feature);
    });
    return { unsent, left };
  }

  #lacking(i: number): LiveFeature | null {
    const feature = this.#candidate(i);
    if (feature === null || feature.change > this.#sinceChange || feature.expired) return null;
    if (!this.#isExact && !this.#to.has(feature)) return null;
    const isHeld = this.#from?.has(feature) === true && !this.#earlier.unsent.has(feature);
    return isHeld ? null : feature;
  }

  #candidate(i: number): LiveFeature | null {
    return this.#index.at(this.#slots?.[i] ?? i);
  }

  #versionsIn(from: VisibleFeatures): LiveFeature[] {
    const versions: LiveFeature[] = [];
    const slots = from.candidates;
    const end = slots?.length ?? this.#index.slotEnd;
    for (let i = 0; i < end; i++) {
      const feature = this.#index.at(slots?.[i] ?? i);
      if (feature !== null && !feature.expired && !this.#earlier.unsent.has(feature)) versions.push(feature);
    }
    return versions;
  }

  #testEarlier(key: string, id: FeatureId): void {
    const version = this.#index.get(key);
    const isSeen = version !== undefined && this.#to.has(version);
    this.#earlierLeft.set(key, { id, version, isSeen });
  }
}

async function visitInTurns<T>(
  items: Iterable<T>,
  { longWork, session, stopped }: WalkTurns,
  visit: (item: T) => void,
): Promise<void> {
  let until = performance.now() + FIRST_SLICE_MS;
  for (const item of items) {
    if (performance.now() > until) {
      until = await longWork.turn(session);
      if (stopped()) return;
    }
    visit(item);
  }
}

function* numbersFrom(first: number, end: number): Generator<number> {
  for (let number = first; number < end; number++) yield number;
}
