import type { MemberView } from '../delivery/member.js';
import type { LiveFeature } from '../state/live/live-feature.js';
import type { LiveIndex } from '../state/live/live-index.js';
import { Sight } from '../state/live/sight.js';

/** Features between two checks of the clock. */
const STEP = 64;

/** Which features of an index a page has. */
export interface PageQuery {
  /** What it may show. */
  readonly view: MemberView;
  /** Only features with a later key. */
  readonly after: string | null;
  readonly limit: number;
}

/** The features of a page, in the order of their keys. */
export interface Page {
  readonly features: readonly LiveFeature[];
  /** Whether later pages have more. */
  readonly isCut: boolean;
  /** The number of features of all pages together. */
  readonly matched: number;
}

/**
 * Finds the features of a page, with turns for others. The order of keys is that of every replica, so a client that follows
 * the pages gets each feature once, whatever happens to the others meanwhile.
 *
 * @param turn resolves when it is the caller's turn, with the time at which the turn ends
 */
export async function findPage(
  index: LiveIndex,
  { view, after, limit }: PageQuery,
  turn: () => Promise<number>,
): Promise<Page> {
  if (view.bbox === null && view.area === null) return pageOfAll(index, { after, limit }, turn);
  // Not in turns of the scheduler, as for a live view.
  if (view.bbox !== null) await index.places.prepare(view.boxCrs, view, () => new Promise(setImmediate));
  const sight = new Sight(index, view);
  const first = new FirstFeatures(limit + 1, after);
  let matched = 0;
  let visited = 0;
  let until = await turn();
  for (const feature of candidatesOf(index, sight)) {
    if (++visited % STEP === 0 && performance.now() > until) until = await turn();
    if (!feature.isFeature || !sight.sees(feature)) continue;
    matched++;
    first.add(feature);
  }
  const found = first.sorted();
  return { features: found.slice(0, limit), isCut: found.length > limit, matched };
}

/** A page of all features: the order of keys leads to it, however many there are. */
async function pageOfAll(
  index: LiveIndex,
  { after, limit }: Omit<PageQuery, 'view'>,
  turn: () => Promise<number>,
): Promise<Page> {
  const order = await index.keysInOrder(turn);
  const features: LiveFeature[] = [];
  for (const key of order.after(after)) {
    const feature = index.get(key);
    if (feature !== undefined && features.push(feature) > limit) break;
  }
  return { features: features.slice(0, limit), isCut: features.length > limit, matched: order.size };
}

function* candidatesOf(index: LiveIndex, { candidates }: Sight): Generator<LiveFeature, void> {
  if (candidates === null) yield* index.values();
  else {
    for (const slot of candidates) {
      const feature = index.at(slot);
      if (feature !== null) yield feature;
    }
  }
}

/** Keeps the features with the first keys. Sorting all of them for each page would cost much more. */
class FirstFeatures {
  readonly #count: number;
  readonly #after: string | null;
  #kept: LiveFeature[] = [];
  /** No later key is among the first; null while there are too few features to know. */
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
    // A feature that was removed and came again meanwhile is there twice.
    const distinct = sorted.filter(({ key }, i) => key !== sorted[i - 1]?.key);
    this.#kept = distinct.slice(0, this.#count);
    if (this.#kept.length === this.#count) this.#last = this.#kept.at(-1)?.key ?? null;
  }
}
