import type { MemberView } from '../delivery/member.js';
import type { Claimant } from '../state/fair-queue.js';
import type { LiveChannel } from '../state/live/live-channel.js';
import type { LiveFeature } from '../state/live/live-feature.js';
import { VisibleFeatures } from '../state/live/visible-features.js';

/** Features between two checks of the clock. */
const STEP = 64;

/** A request that takes longer than this, in ms, continues in turns with other long work. */
const SHORT_MS = 2;

/** Decides when long work pauses, so that others have a turn. */
export class Pauses {
  readonly #turn: () => Promise<number>;
  #until = performance.now() + SHORT_MS;

  /** @param turn resolves when it is the caller's turn, with the time at which the turn ends */
  constructor(turn: () => Promise<number>) {
    this.#turn = turn;
  }

  get isDue(): boolean {
    return performance.now() > this.#until;
  }

  async take(): Promise<number> {
    this.#until = await this.#turn();
    return this.#until;
  }
}

/** The features of an index to show on a page. */
export interface PageQuery {
  /** The view that features must be in. */
  readonly view: MemberView;
  /** Only features with a later key. */
  readonly after: string | null;
  readonly limit: number;
  /** For which the features are found. */
  readonly session: Claimant;
}

/** The features of a page, in the order of their keys. */
export interface Page {
  readonly features: readonly LiveFeature[];
  /** Whether there are more on later pages. */
  readonly hasMore: boolean;
  /** The number of features of all pages together. */
  readonly matched: number;
}

/**
 * Finds the features of a page, with pauses for others. The order of keys is that of every replica, so a client that follows
 * the pages gets each feature once, whatever happens to the others meanwhile.
 */
export async function findPage(
  channel: LiveChannel,
  { view, after, limit, session }: PageQuery,
  pauses: Pauses,
): Promise<Page> {
  if (view.bbox === null && view.area === null) return pageOfAll(channel, { after, limit });
  const { index } = channel;
  await channel.preparePlaces(view, session);
  const visible = new VisibleFeatures(index, view);
  const first = new FirstFeatures(limit + 1, after);
  let matched = 0;
  const visit = (feature: LiveFeature | null): void => {
    if (feature?.isFeature !== true || !visible.has(feature)) return;
    matched++;
    first.add(feature);
  };
  const { candidates } = visible;
  if (candidates === null) {
    let visited = 0;
    for (const feature of index.values()) {
      if (++visited % STEP === 0 && pauses.isDue) await pauses.take();
      visit(feature);
    }
  } else {
    // By index: in an async function, an iterator would allocate an object for each step.
    for (let i = 0; i < candidates.length; i++) {
      if (i % STEP === STEP - 1 && pauses.isDue) await pauses.take();
      visit(index.at(candidates[i] as number));
    }
  }
  const found = first.sorted();
  return { features: found.slice(0, limit), hasMore: found.length > limit, matched };
}

/** A page of all features: the order of keys leads to it, however many there are. */
async function pageOfAll(
  { index, longWork }: LiveChannel,
  { after, limit }: Pick<PageQuery, 'after' | 'limit'>,
): Promise<Page> {
  const order = await index.keysInOrder(longWork);
  const features: LiveFeature[] = [];
  for (const key of order.after(after)) {
    const feature = index.get(key);
    if (feature !== undefined && features.push(feature) > limit) break;
  }
  return { features: features.slice(0, limit), hasMore: features.length > limit, matched: order.size };
}

/** Keeps the features with the first keys. Sorting all of them for each page would cost much more. */
class FirstFeatures {
  readonly #count: number;
  readonly #after: string | null;
  #kept: LiveFeature[] = [];
  /** The last key that can be on the page; null while there are too few features to know. */
  #last: string | null = null;

  /** @param after only features with a later key count */
  constructor(count: number, after: string | null) {
    this.#count = count;
    this.#after = after;
  }

  add(feature: LiveFeature): void {
    const { key } = feature;
    if (this.#after !== null && key <= this.#after) return;
    if (this.#last !== null && key > this.#last) return;
    if (this.#kept.push(feature) >= 4 * this.#count) this.#cut();
  }

  sorted(): LiveFeature[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    const sorted = this.#kept.sort((a, b) => (a.key < b.key ? -1 : 1));
    // A feature that was removed and added again meanwhile is there twice.
    const distinct = sorted.filter(({ key }, i) => key !== sorted[i - 1]?.key);
    this.#kept = distinct.slice(0, this.#count);
    if (this.#kept.length === this.#count) this.#last = this.#kept.at(-1)?.key ?? null;
  }
}
