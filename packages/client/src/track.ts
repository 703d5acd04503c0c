import type { Position } from 'geojson';
import type { LiveFeature } from './features.js';
import { modulo } from './modulo.js';

/** A smaller turn is not visible, in degrees. */
const VISIBLE_DEGREES = 3;

/** How a point gets to its new place: in a straight line, at constant speed. */
export class Track {
  /** The feature to show at the end. */
  target: LiveFeature;
  /** Where the point was last shown. */
  shown: LiveFeature;
  readonly #from: Position;
  readonly #to: Position;
  readonly #turn: Turn | null;
  readonly #begun: number;
  readonly #ms: number;
  /** How long it takes until the point differs visibly from what was shown, in milliseconds. */
  readonly #stepMs: number;
  #shownAt: number;

  /**
   * @param from a point
   * @param to a point
   * @param heading name of a property with an angle in degrees
   * @param begun when the movement begins, on the clock of `performance.now()`
   * @param ms how long it takes
   * @param visible the shortest visible distance, in units of the projection
   */
  constructor(
    from: LiveFeature,
    to: LiveFeature,
    heading: string,
    begun: number,
    ms: number,
    visible: number,
  ) {
    this.target = to;
    this.shown = from;
    this.#from = placeOf(from) ?? [];
    this.#to = placeOf(to) ?? [];
    this.#turn = turnBetween(from.properties?.[heading], to.properties?.[heading], heading);
    this.#begun = begun;
    this.#ms = ms;
    const part = Math.min(visible / distance(from, to), VISIBLE_DEGREES / Math.abs(this.#turn?.by ?? 0));
    this.#stepMs = visible > 0 ? part * ms : 0;
    this.#shownAt = begun;
  }

  /** Whether nothing between its two places would be visible. */
  get isOneStep(): boolean {
    return this.#stepMs >= this.#ms;
  }

  /** Whether the point has arrived, or its movement would be visible. */
  isDue(now: number): boolean {
    return now - this.#shownAt >= this.#stepMs || now - this.#begun >= this.#ms;
  }

  /** Moves the point to its place at that time. Returns whether it has arrived. */
  moveTo(now: number): boolean {
    const part = Math.max(0, (now - this.#begun) / this.#ms);
    this.shown = part < 1 ? this.#between(part) : this.target;
    this.#shownAt = now;
    return part >= 1;
  }

  #between(part: number): LiveFeature {
    const coordinates = this.#to.map((value, axis) => {
      const from = this.#from[axis] ?? value;
      return from + (value - from) * part;
    });
    const { properties } = this.target;
    return {
      ...this.target,
      geometry: { type: 'Point', coordinates },
      ...(this.#turn !== null && {
        properties: { ...properties, [this.#turn.name]: modulo(this.#turn.from + this.#turn.by * part, 360) },
      }),
    };
  }
}

/** A property that turns: from which angle, and by which, in degrees. */
interface Turn {
  readonly name: string;
  readonly from: number;
  readonly by: number;
}

function turnBetween(from: unknown, to: unknown, name: string): Turn | null {
  if (typeof from !== 'number' || typeof to !== 'number' || from === to) return null;
  // The shorter way, which may lead across north.
  return { name, from, by: modulo(to - from + 180, 360) - 180 };
}

/** The place of a point; null for any other feature. */
function placeOf({ geometry }: LiveFeature): Position | null {
  return geometry.type === 'Point' ? geometry.coordinates : null;
}

/** Whether a point is where another one is, and looks in the same direction. */
export function isSame(a: LiveFeature, b: LiveFeature, heading: string): boolean {
  return distance(a, b) === 0 && a.properties?.[heading] === b.properties?.[heading];
}

/** Between two points, in units of their projection; infinite if one is not a point. */
export function distance(a: LiveFeature, b: LiveFeature): number {
  const [from, to] = [placeOf(a), placeOf(b)];
  if (from === null || to === null) return Number.POSITIVE_INFINITY;
  return Math.hypot((to[0] ?? 0) - (from[0] ?? 0), (to[1] ?? 0) - (from[1] ?? 0));
}
