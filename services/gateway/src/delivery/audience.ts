import { type Area, BoxIndex, type GeoMessage, type View } from '@viaduct/geo-worker';
import { encodeEnvelope, UNLOCATED_MEMBER } from '@viaduct/protocol';
import type { ConflationKey } from './conflation-key.js';
import type { Member, MemberView } from './member.js';
import { OutMessage } from './messages.js';

/** One message of a channel on its way out, with what all audiences of the channel share. */
export interface Delivery {
  readonly channel: string;
  readonly content: GeoMessage;
  /** Id of the entry of a stream; null on other channels. */
  readonly id: string | null;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly arrivedAt: number;
  readonly key: ConflationKey | null;
  /** True if RESET must not drop it from a queue: a live view counts on it. */
  readonly isKept?: boolean;
  /** Sessions that were given it so far, also those of an audience that failed after that. */
  delivered: number;
  /** Reports why one session could not be served; the others are. */
  failed(error: unknown, member: Member): void;
}

/** What a session may see of a message, whatever it wants to see: null where it is nothing. */
export function withinArea<T extends GeoMessage | null>(
  content: T,
  area: Area | null,
): T | GeoMessage | null {
  return content === null || area === null ? content : content.within(area);
}

/**
 * Whether a message passes what a view filters by: area, hold, box and named filters.
 * The rule for one session; {@link Audience} gives the same answer for many at once.
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
 * The content as a session gets it, cut to its area, for an envelope: see {@link contentIn}.
 *
 * @param view in which CRS, if not the session's
 */
export function renderFor(content: GeoMessage, session: MemberView, view: View = session): string {
  const seen = withinArea(content, session.area);
  if (seen === null) return 'null';
  return session.bbox !== null && session.boxOptions.trim
    ? seen.renderTrimmed(view, session.bbox, session.boxCrs) + unlocatedMember(seen, view)
    : contentIn(seen, view);
}

/** The content of an envelope in a view: JSON text, and after it the envelope's member `unlocated` if it has one. */
export function contentIn(content: GeoMessage, view: View): string {
  return content.render(view) + unlocatedMember(content, view);
}

function unlocatedMember(content: GeoMessage, view: View): string {
  return content.isUnlocated(view) ? UNLOCATED_MEMBER : '';
}

/**
 * The sessions of one channel that get the same bytes for the same message: same CRS, axis order, precision and area.
 * Those with a box are kept in an index for each CRS that boxes are in.
 */
export class Audience {
  readonly #view: View;
  readonly #area: Area | null;
  readonly #open = new Set<Member>();
  readonly #boxed = new Map<string, BoxIndex<Member>>();
  /** Members that must be looked at one by one: held, filtered, or with collections trimmed to their own box. */
  readonly #single = new Set<Member>();

  constructor(view: View & Pick<MemberView, 'area'>) {
    this.#area = view.area;
    this.#view = { crs: view.crs, axisOrder: view.axisOrder, precision: view.precision };
  }

  /** Name of the CRS in which its messages are sent. */
  get crs(): string {
    return this.#view.crs.id;
  }

  /** How many features of a message have no place in that CRS; they are sent without geometry. */
  unlocated(content: GeoMessage): number {
    if (this.#view.crs.isDataCrs) return 0;
    return withinArea(content, this.#area)?.unlocated(this.#view.crs) ?? 0;
  }

  get size(): number {
    let size = this.#open.size + this.#single.size;
    for (const index of this.#boxed.values()) size += index.size;
    return size;
  }

  /** Adds the member, or moves it to where its view now belongs. */
  place(member: Member): void {
    const { view } = member;
    const single = view.held || view.filters !== null || view.boxOptions.trim;
    const boxCrs = single || view.bbox === null ? null : view.boxCrs.id;
    this.#removeExcept(member, boxCrs);
    if (single) this.#single.add(member);
    else if (view.bbox === null) this.#open.add(member);
    else this.#index(view).set(member, view.bbox);
  }

  remove(member: Member): void {
    this.#removeExcept(member, null);
  }

  /** Removes the member from everywhere but the index of one CRS, in which a panning client only changes its box. */
  #removeExcept(member: Member, keptCrs: string | null): void {
    this.#open.delete(member);
    this.#single.delete(member);
    for (const [crs, index] of this.#boxed) {
      if (crs === keptCrs) continue;
      index.delete(member);
      if (index.size === 0) this.#boxed.delete(crs);
    }
  }

  /**
   * Gives the message to every member that it is for, and counts them in `delivery.delivered`.
   *
   * @returns to how many that was
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
   * Visits every member that the message is for, without giving it to them.
   *
   * @param content tells where it is
   * @param whole the message itself, for members with filters; asked for if there are any
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
        // It threw for the message when that came, and was reported then.
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
  return new OutMessage(
    encodeEnvelope(delivery.channel, contentJson, delivery.timestamp, null, delivery.id),
    delivery.arrivedAt,
    false,
    delivery.isKept === true,
    delivery.id,
    delivery.key,
  );
}
