import type { FeatureId } from '@viaduct/geo-worker';
import type { Claimant } from '../fair-queue.js';
import type { LongWork } from '../long-work.js';
import type { LiveFeature } from './live-feature.js';
import type { LiveIndex } from './live-index.js';
import { Sight } from './sight.js';

/** A feature that an earlier walk owes the client to take back, as this walk has tested it. */
interface Owed {
  readonly id: FeatureId;
  /** The version that was tested; undefined if there was none. */
  readonly version: LiveFeature | undefined;
  /** Whether the view shows that version. */
  readonly isSeen: boolean;
}

/** What an earlier walk, which was cut short, owes the client. */
export interface Remainder {
  /** Versions that the client should have been sent. */
  readonly unsent: ReadonlySet<LiveFeature>;
  /** Features that the client may still hold although its view does not show them, by key. */
  readonly left: ReadonlyMap<string, FeatureId>;
}

/** How a walk shares the event loop with others. */
export interface WalkTurns {
  readonly longWork: LongWork;
  readonly session: Claimant;
  /** True when nobody wants the rest. */
  stopped(): boolean;
}

const NOTHING_OWED: Remainder = { unsent: new Set(), left: new Map() };

/** How long tests run at once, before the first turn of long work, in ms: enough for most changes of a view. */
const FIRST_SLICE_MS = 1;

/**
 * From one view to another: which features the client lacks, and which it must give up. Features that change while the
 * walk is under way reach the client as messages, because its new view is in force from the beginning.
 */
export class LiveWalk {
  readonly #index: LiveIndex;
  readonly #from: Sight | null;
  readonly #to: Sight;
  readonly #owed: Remainder;
  /** Later versions have been sent as messages. */
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
  readonly #owedLeft = new Map<string, Owed>();
  /** Number of features at the start that had not expired. */
  readonly #size: number;
  /** Places whose features have changed or gone since the start. */
  #changed = 0;
  #next = 0;

  /**
   * @param from what the client holds now, apart from what is owed; null for nothing
   * @param sinceChange number of the change after which the client has been sent changes as messages; that of now by default
   */
  constructor(
    index: LiveIndex,
    from: Sight | null,
    to: Sight,
    owed: Remainder = NOTHING_OWED,
    sinceChange = index.change,
  ) {
    this.#index = index;
    this.#from = from;
    this.#to = to;
    this.#size = index.current;
    this.#owed = owed;
    this.#sinceChange = sinceChange;
    this.#slots = to.candidates;
    this.#isExact = to.isExact;
    this.#end = this.#slots?.length ?? index.slotEnd;
    this.#shown = from === null ? [] : this.#versionsIn(from);
  }

  /** How many places {@link at} has. */
  get length(): number {
    return this.#end;
  }

  /** Finds what the client must give up. Call it once, before anything is sent. */
  async findLeaving(turns: WalkTurns): Promise<void> {
    const from = this.#from;
    if (from === null) return;
    // What was exact when the sight was made is true of the versions of that time.
    const { isExact } = from;
    await visitInTurns(this.#owed.left, turns, ([key, id]) => this.#testOwed(key, id));
    let leaving = 0;
    await visitInTurns(this.#shown, turns, (version) => {
      if (version.id === null || this.#to.saw(version)) return;
      if (!isExact && !from.saw(version)) return;
      this.#shown[leaving++] = version;
      this.#owedLeft.delete(version.key);
    });
    this.#shown.length = leaving;
  }

  /** The feature at a place if the client lacks it; else null. Places are visited in ascending order. */
  at(place: number): LiveFeature | null {
    this.#next = place + 1;
    const feature = this.#featureAt(place);
    if (feature === null || feature.change > this.#sinceChange) this.#changed++;
    return this.#lacking(place);
  }

  /** Of a walk from nothing: the number of features at the start that were not in the view, or a little less. */
  outside(sent: number): number {
    return Math.max(0, this.#size - sent - this.#changed);
  }

  /** Ids that the client must give up, as of now. */
  left(): FeatureId[] {
    if (this.#shown.length === 0 && this.#owedLeft.size === 0) return [];
    const now = new Sight(this.#index, this.#to.view);
    const ids: FeatureId[] = [];
    for (const version of this.#shown)
      if (version.id !== null && !this.#isInView(now, version.key, version, false)) ids.push(version.id);
    for (const [key, { id, version, isSeen }] of this.#owedLeft)
      if (!this.#isInView(now, key, version, isSeen)) ids.push(id);
    return ids;
  }

  /** @param isSeen whether the new view shows the version, as tested before */
  #isInView(now: Sight, key: string, version: LiveFeature | undefined, isSeen: boolean): boolean {
    const present = this.#index.get(key);
    const isTested = present === version && present?.expired !== true;
    return isTested ? isSeen : present !== undefined && now.sees(present);
  }

  /** What is owed to the client if the walk ends here. */
  async remainder(turns: WalkTurns): Promise<Remainder> {
    const unsent = new Set<LiveFeature>();
    const left = new Map<string, FeatureId>();
    for (const [key, { id }] of this.#owedLeft) left.set(key, id);
    for (const { key, id } of this.#shown) if (id !== null) left.set(key, id);
    // Whether the latest one was sent is not known: it may have waited for room.
    const latest = this.#next === 0 ? null : this.#lacking(this.#next - 1);
    if (latest !== null) {
      unsent.add(latest);
      if (latest.id !== null) left.set(latest.key, latest.id);
    }
    await visitInTurns(numbersFrom(this.#next, this.#end), turns, (place) => {
      const feature = this.#lacking(place);
      if (feature !== null) unsent.add(feature);
    });
    return { unsent, left };
  }

  #lacking(place: number): LiveFeature | null {
    const feature = this.#featureAt(place);
    if (feature === null || feature.change > this.#sinceChange || feature.expired) return null;
    if (!this.#isExact && !this.#to.sees(feature)) return null;
    const isHeld = this.#from?.sees(feature) === true && !this.#owed.unsent.has(feature);
    return isHeld ? null : feature;
  }

  #featureAt(place: number): LiveFeature | null {
    return this.#index.at(this.#slots?.[place] ?? place);
  }

  #versionsIn(from: Sight): LiveFeature[] {
    const versions: LiveFeature[] = [];
    const slots = from.candidates;
    const end = slots?.length ?? this.#index.slotEnd;
    for (let place = 0; place < end; place++) {
      const feature = this.#index.at(slots?.[place] ?? place);
      if (feature !== null && !feature.expired && !this.#owed.unsent.has(feature)) versions.push(feature);
    }
    return versions;
  }

  #testOwed(key: string, id: FeatureId): void {
    const version = this.#index.get(key);
    const isSeen = version !== undefined && this.#to.sees(version);
    this.#owedLeft.set(key, { id, version, isSeen });
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
