import { type Area, BoxIndex, type GeoMessage, type View } from '@viaduct/geo-worker';
import { encodeEnvelope, type LiveEvent, UNLOCATED_MEMBER } from '@viaduct/protocol';
import type { ConflationKey } from './conflation-key.js';
import type { Member, MemberView } from './member.js';
import { OutMessage } from './messages.js';

/** One message of a channel during its delivery; all audiences of the channel share it. */
export interface Delivery {
  readonly channel: string;
  readonly content: GeoMessage;
  /** Id of the stream entry; null on other channels. */
  readonly id: string | null;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly arrivedAt: number;
  readonly key: ConflationKey | null;
  /** True if RESET must not drop it from a queue, because a live view depends on it. */
  readonly isKept?: boolean;
  /** What the envelope says about a feature in a live view. */
  readonly event?: LiveEvent | null;
  /** Number of sessions that have received it, including those of an audience that failed later. */
  delivered: number;
  /** Reports why one session could not be served; the others are served. */
  failed(error: unknown, member: Member): void;
}

/** The part of a message that a session may see, regardless of its view; null if it may see nothing. */
export function withinArea<T extends GeoMessage | null>(
  content: T,
  area: Area | null,
): T | GeoMessage | null {
  return content === null || area === null ? content : content.within(area);
}

/** Whether a session with this area does not receive a message because it is not GeoJSON. */
export function isWithheld(content: GeoMessage, area: Area | null): boolean {
  return area !== null && !content.isGeo && content.within(area) === null;
}

/**
 * Whether a message passes what a view filters by: area, hold, box and named filters.
 * This is the rule for one session; {@link Audience} decides in the same way for many at once.
 */
export function passes(content: GeoMessage, view: MemberView): boolean {
  const seen = withinArea(content, view.area);
  return seen !== null && isWanted(seen, view);
}

function isWanted(content: GeoMessage, view: MemberView): boolean {
  if (view.held && content.isGeo) return false;
  if (view.bbox !== null && !content.intersects(view.bbox, view.boxCrs, view)) return false;
  if (view.filters !== null) {
    for (const filter of view.filters.values()) {
      if (!filter(content.value)) return false;
    }
  }
  return true;
}

/**
 * The content that a session receives, cut to its area, for an envelope: see {@link contentIn}.
 *
 * @param view the CRS and format, if not the session's own
 */
export function renderFor(content: GeoMessage, session: MemberView, view: View = session): string {
  const seen = withinArea(content, session.area);
  if (seen === null) return 'null';
  return session.bbox !== null && session.boxOptions.trim
    ? seen.renderTrimmed(view, session.bbox, session.boxCrs) + unlocatedMember(seen, view)
    : contentIn(seen, view);
}

/** The content of an envelope in a view, as JSON text, followed by the envelope's member `unlocated` if it has one. */
export function contentIn(content: GeoMessage, view: View): string {
  return content.render(view) + unlocatedMember(content, view);
}

function unlocatedMember(content: GeoMessage, view: View): string {
  return content.isUnlocated(view) ? UNLOCATED_MEMBER : '';
}

/**
 * The sessions of one channel that get the same bytes for the same message: same CRS, axis order, precision and area.
 * Sessions with a box are in an index; there is one index for each CRS of boxes.
 */
export class Audience {
  /** The `key` of its members' views. */
  readonly key: string;
  readonly #view: View;
  readonly #area: Area | null;
  readonly #open = new Set<Member>();
  readonly #boxed = new Map<string, BoxIndex<Member>>();
  /** Members that must be checked one by one: held, filtered, or with collections trimmed to their own box. */
  readonly #single = new Set<Member>();
  /** The members with trimmed collections. */
  readonly #trimmed = new Set<Member>();

  constructor(view: View & Pick<MemberView, 'area' | 'key'>) {
    this.key = view.key;
    this.#area = view.area;
    this.#view = { crs: view.crs, axisOrder: view.axisOrder, precision: view.precision };
  }

  /** Name of the CRS in which its messages are sent. */
  get crs(): string {
    return this.#view.crs.id;
  }

  /** Number of features of a message that have no place in that CRS and are sent without geometry. */
  unlocated(content: GeoMessage): number {
    if (this.#view.crs.isDataCrs) return 0;
    return withinArea(content, this.#area)?.unlocated(this.#view.crs) ?? 0;
  }

  /** Whether no member receives a message because it is not GeoJSON. */
  withholds(content: GeoMessage): boolean {
    return isWithheld(content, this.#area);
  }

  get size(): number {
    let size = this.#open.size + this.#single.size;
    for (const index of this.#boxed.values()) size += index.size;
    return size;
  }

  /** The largest number of texts that one message can be rendered as for its members. */
  get renderings(): number {
    return 1 + this.#trimmed.size;
  }

  /** Adds the member, or moves it if its view has changed. */
  place(member: Member): void {
    const { view } = member;
    const single = view.held || view.filters !== null || view.boxOptions.trim;
    const boxCrs = single || view.bbox === null ? null : view.boxCrs.id;
    this.#removeExcept(member, boxCrs);
    if (view.boxOptions.trim) this.#trimmed.add(member);
    if (single) this.#single.add(member);
    else if (view.bbox === null) this.#open.add(member);
    else this.#index(view).set(member, view.bbox);
  }

  remove(member: Member): void {
    this.#removeExcept(member, null);
  }

  /** Removes the member, but not from the index of one CRS: there a panning client only changes its box. */
  #removeExcept(member: Member, keptCrs: string | null): void {
    this.#open.delete(member);
    this.#single.delete(member);
    this.#trimmed.delete(member);
    for (const [crs, index] of this.#boxed) {
      if (crs === keptCrs) continue;
      index.delete(member);
      if (index.size === 0) this.#boxed.delete(crs);
    }
  }

  /**
   * Gives the message to every member whose view it passes, and counts them in `delivery.delivered`.
   *
   * @returns the number of these members
   */
  deliver(delivery: Delivery): number {
    const content = withinArea(delivery.content, this.#area);
    if (content === null) return 0;
    let delivered = 0;
    let encoded: OutMessage | undefined;
    const push = (member: Member): void => {
      encoded ??= encode(delivery, contentIn(content, this.#view));
      member.push(encoded);
      delivered++;
    };
    try {
      for (const member of this.#open) push(member);
      for (const index of this.#boxed.values()) index.match(content, push);
      for (const member of this.#single) {
        try {
          if (!isWanted(content, member.view)) continue;
        } catch (error) {
          delivery.failed(error, member);
          continue;
        }
        if (!member.view.boxOptions.trim) push(member);
        else {
          member.push(encode(delivery, renderFor(content, member.view)));
          delivered++;
        }
      }
    } finally {
      delivery.delivered += delivered;
    }
    return delivered;
  }

  /**
   * Visits every member whose view the message passes, without delivering it.
   *
   * @param content has the message's geometry
   * @param whole returns the message itself; called only if members have filters
   */
  match(content: GeoMessage, whole: () => GeoMessage, visit: (member: Member) => void): void {
    const seen = withinArea(content, this.#area);
    if (seen === null) return;
    for (const member of this.#open) visit(member);
    for (const index of this.#boxed.values()) index.match(seen, visit);
    for (const member of this.#single) {
      try {
        if (isWanted(whole(), member.view)) visit(member);
      } catch {
        // The filter threw for the same message during delivery, which reported it.
      }
    }
  }

  #index(view: MemberView): BoxIndex<Member> {
    const crs = view.boxCrs;
    let index = this.#boxed.get(crs.id);
    if (index === undefined) {
      index = new BoxIndex<Member>(crs, this.#view);
      this.#boxed.set(crs.id, index);
    }
    return index;
  }
}

function encode(delivery: Delivery, contentJson: string): OutMessage {
  const { channel, timestamp, id, event, arrivedAt, isKept = false, key } = delivery;
  const json = encodeEnvelope(channel, contentJson, timestamp, null, id, event);
  return new OutMessage(json, arrivedAt, { isKept, id, key });
}
