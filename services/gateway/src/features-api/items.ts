import { DATA_CRS } from '@viaduct/geo-worker';
import type { MemberView } from '../delivery/member.js';
import { captureView } from '../delivery/member.js';
import { checkHasData, checkRoomFor } from '../session/channel-checks.js';
import type { SessionServices } from '../session/services.js';
import { SessionView } from '../session/view.js';
import { SourceError } from '../sources/source.js';
import type { LiveChannel } from '../state/live/live-channel.js';
import type { LiveFeature } from '../state/live/live-feature.js';
import { keyOf } from '../state/live/live-index.js';
import { VisibleFeatures } from '../state/live/visible-features.js';
import type { ReadBudget } from '../state/read-budget.js';
import { Claim, type ReadResult } from '../state/read-reservation.js';
import type { Caller } from './access.js';
import { featureText } from './feature-text.js';
import { type ItemsQuery, MAX_LIMIT } from './items-query.js';
import type { NamedCrs } from './named-crs.js';
import { findPage, type Page, Pauses } from './page.js';

/** How large a page may be. */
export interface PageLimits {
  /** Maximum number of features. */
  readonly maxFeatures: number;
  /** It ends with the feature that makes it larger than this, in code units. */
  readonly maxLength: number;
}

/** For pages that programs read. */
export const DATA_PAGE: PageLimits = { maxFeatures: MAX_LIMIT, maxLength: 4 * 1024 * 1024 };

/** For pages for people, which are written and drawn in one turn of the event loop. */
export const HTML_PAGE: PageLimits = { maxFeatures: 500, maxLength: 256 * 1024 };

/** The services that features are read with. */
export type ItemsServices = Pick<
  SessionServices,
  'hub' | 'limits' | 'live' | 'precision' | 'longWork' | 'source'
> & {
  readonly budget: ReadBudget;
};

/** A page of features as JSON texts. */
export interface WrittenPage {
  readonly features: readonly string[];
  /** Total length of the features, in bytes. */
  readonly bytes: number;
  /** Key of the last one if there are more; else null. */
  readonly last: string | null;
  readonly matched: number;
}

/** Reads features of channels from their live indexes, which it keeps open for a while. */
export class Items {
  readonly #services: ItemsServices;

  constructor(services: ItemsServices) {
    this.#services = services;
  }

  /**
   * A page of features, and the memory for it, which the caller has to release.
   *
   * @throws SourceError or CommandError if the channel cannot be read
   */
  async page(
    name: string,
    query: ItemsQuery,
    caller: Caller,
    { maxFeatures, maxLength }: PageLimits,
  ): Promise<ReadResult<WrittenPage>> {
    const channel = await this.#open(name, caller);
    const { budget } = this.#services;
    const pauses = new Pauses(() => this.#turn(caller));
    const view = this.#viewOf(query.crs, caller);
    const { after } = query;
    const limit = Math.min(query.limit, maxFeatures);
    const page = await findPage(
      channel,
      { view: searched(view, query), after, limit, session: caller.waiter },
      pauses,
    );
    return budget.read(
      `page ${name}`,
      new Claim(caller.reader),
      () => this.#write(page, view, maxLength, pauses),
      ({ bytes }) => bytes,
    );
  }

  /**
   * One feature as JSON text; null if there is none, or the client may not see it.
   *
   * @param id a number is tried before a text
   * @throws SourceError or CommandError if the channel cannot be read
   */
  async one(name: string, id: string, crs: NamedCrs, links: string, caller: Caller): Promise<string | null> {
    const { index } = await this.#open(name, caller);
    const feature = (isNumber(id) ? index.get(id) : undefined) ?? index.get(keyOf(id));
    const view = this.#viewOf(crs, caller);
    if (feature?.isFeature !== true || !new VisibleFeatures(index, { ...view, crs: DATA_CRS }).has(feature))
      return null;
    return featureText(feature, view, links);
  }

  /**
   * Resolves when the request may continue, with the time at which its turn ends.
   *
   * @throws SourceError if its client has gone, so that the rest of the work is not done
   */
  async #turn({ waiter, reader }: Caller): Promise<number> {
    const until = await this.#services.longWork.turn(waiter);
    if (reader.ended) throw new SourceError('source_unavailable', 'the client has left');
    return until;
  }

  async #open(name: string, { reader }: Caller): Promise<LiveChannel> {
    const { source, live, hub, limits } = this.#services;
    // Otherwise the features in memory would be sent as if they were up to date.
    if (!source.ready)
      throw new SourceError('source_unavailable', 'the data source is unreachable; try again later');
    checkHasData(name, source);
    checkRoomFor(name, hub, limits.maxChannels);
    return live.present(name) ?? live.open(name, reader);
  }

  #viewOf({ crs, axisOrder }: NamedCrs, { grant }: Caller): MemberView {
    const view = new SessionView(crs, this.#services.precision, grant.area);
    view.setProjection({ crs, axisOrder, precision: null });
    return captureView(view);
  }

  async #write(
    { features, hasMore, matched }: Page,
    view: MemberView,
    maxLength: number,
    pauses: Pauses,
  ): Promise<WrittenPage> {
    const written: string[] = [];
    let [end, length, bytes] = [0, 0, 0];
    // By index: in an async function, an iterator would allocate an object for each step.
    while (end < features.length && length <= maxLength) {
      if (pauses.isDue) await pauses.take();
      const text = featureText(features[end++] as LiveFeature, view);
      if (text === null) continue;
      written.push(text);
      length += text.length;
      bytes += Buffer.byteLength(text);
    }
    const isWhole = end === features.length && !hasMore;
    return { features: written, bytes, last: isWhole ? null : (features[end - 1]?.key ?? null), matched };
  }
}

/**
 * The view that decides which features are found. A feature without a place in the CRS of the answer is sent without a
 * geometry, as for GET, unless the box is in that CRS.
 */
function searched(view: MemberView, { crs, box }: ItemsQuery): MemberView {
  if (box === null) return { ...view, crs: DATA_CRS, precision: null };
  const isInBoxCrs = box.crs.crs === crs.crs;
  const { bbox, crs: boxCrs } = box;
  return isInBoxCrs
    ? { ...view, bbox, boxCrs: boxCrs.crs }
    : { ...view, crs: DATA_CRS, precision: null, bbox, boxCrs: boxCrs.crs };
}

function isNumber(id: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u.test(id);
}
