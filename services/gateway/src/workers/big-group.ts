import type { Area, Bbox, BoxList, Readings, Recipients, View } from '@viaduct/geo-worker';
import type { Member } from '../delivery/member.js';

/** A member as it was when workers were asked. */
interface Planned {
  readonly member: Member;
  readonly version: number;
}

/** What a member receives: nothing, the same message as its group, or its own text. */
export interface Outcome extends Planned {
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}

/** Members with boxes in one CRS. */
interface Boxed {
  readonly planned: Planned[];
  readonly sides: number[];
}

function add(to: Map<string, Boxed>, { member, version }: Planned, { minX, minY, maxX, maxY }: Bbox): void {
  const crs = member.view.boxCrs.id;
  let boxed = to.get(crs);
  if (boxed === undefined) {
    boxed = { planned: [], sides: [] };
    to.set(crs, boxed);
  }
  boxed.planned.push({ member, version });
  boxed.sides.push(minX, minY, maxX, maxY);
}

function lists(boxed: ReadonlyMap<string, Boxed>): BoxList[] {
  return [...boxed].map(([crs, { sides }]) => ({ crs, sides: Float64Array.from(sides) }));
}

/** Members of one audience, as a worker receives them: with boxes as numbers instead of sessions. */
export class BigGroup {
  readonly #view: Recipients['view'];
  readonly #area: string | null;
  #size = 0;
  readonly #open: Planned[] = [];
  readonly #held: Planned[] = [];
  readonly #boxed = new Map<string, Boxed>();
  readonly #trimmed = new Map<string, Boxed>();

  /**
   * @param view in which the message is written, whatever the members' own is
   * @param area to which all members are limited
   */
  constructor({ crs, axisOrder, precision }: View, area: Area | null) {
    this.#area = area?.json ?? null;
    this.#view = { crs: crs.id, axisOrder, precision };
  }

  /** Number of members. */
  get size(): number {
    return this.#size;
  }

  add(member: Member): void {
    const { view } = member;
    this.#size++;
    const planned = { member, version: view.version };
    if (view.held) this.#held.push(planned);
    else if (view.bbox === null) this.#open.push(planned);
    else add(view.boxOptions.trim ? this.#trimmed : this.#boxed, planned, view.bbox);
  }

  recipients(): Recipients {
    return {
      view: this.#view,
      area: this.#area,
      open: this.#open.length > 0,
      held: this.#held.length > 0,
      boxes: lists(this.#boxed),
      trimmed: lists(this.#trimmed),
    };
  }

  /** Every member with what it receives, according to a worker's answer to {@link recipients}. */
  *outcomes({ whole, inBoxes, trimmed }: Readings, isGeo: boolean): Generator<Outcome> {
    for (const planned of this.#open) yield { ...planned, bytes: whole };
    for (const planned of this.#held) yield { ...planned, bytes: isGeo ? null : whole };
    for (const [list, { planned }] of [...this.#boxed.values()].entries()) {
      const inside = new Set(inBoxes[list]);
      for (const [i, each] of planned.entries()) yield { ...each, bytes: inside.has(i) ? whole : null };
    }
    for (const [list, { planned }] of [...this.#trimmed.values()].entries()) {
      for (const [i, each] of planned.entries()) yield { ...each, bytes: trimmed[list]?.[i] ?? null };
    }
  }
}
