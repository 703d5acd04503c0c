import type { Coordinate } from 'ol/coordinate.js';
import type Feature from 'ol/Feature.js';

/** Longest time in which a feature glides to its latest position, in milliseconds. */
const LONGEST_MS = 6000;

/** How much longer than the interval of its updates a feature glides, so that it does not stop and wait. */
const MARGIN = 1.15;

interface Track {
  from: Coordinate;
  to: Coordinate;
  /** Start and duration, in milliseconds. */
  start: number;
  duration: number;
}

/**
 * Makes features glide to their latest position instead of leaping there, each in the interval of its last two
 * updates. So the map is at most one update behind, and shows no feature where it never was.
 */
export class Glide {
  readonly #tracks = new WeakMap<Feature, Track>();
  readonly #isCalm: () => boolean;

  /** @param isCalm whether the user wants as little motion as possible */
  constructor(isCalm: () => boolean) {
    this.#isCalm = isCalm;
  }

  /**
   * Sets a new position of a feature.
   *
   * @param now in milliseconds
   * @param longest longer leaps, in units of the map, are not shown as a movement
   */
  moveTo(feature: Feature, to: Coordinate, now: number, longest: number): void {
    const before = this.#tracks.get(feature);
    if (before === undefined || this.#isCalm()) {
      this.#tracks.set(feature, { from: to, to, start: now, duration: 0 });
      return;
    }
    const from = positionAt(before, now);
    const isLeap = Math.hypot((to[0] ?? 0) - (from[0] ?? 0), (to[1] ?? 0) - (from[1] ?? 0)) > longest;
    const duration = Math.min((now - before.start) * MARGIN, LONGEST_MS);
    this.#tracks.set(feature, { from: isLeap ? to : from, to, start: now, duration });
  }

  /** The shown position of a feature at a time; null for a feature without a position. */
  at(feature: Feature, now: number): Coordinate | null {
    const track = this.#tracks.get(feature);
    return track === undefined ? null : positionAt(track, now);
  }
}

function positionAt({ from, to, start, duration }: Track, now: number): Coordinate {
  const part = duration === 0 ? 1 : Math.min(1, Math.max(0, (now - start) / duration));
  return from.map((value, index) => value + ((to[index] ?? value) - value) * part);
}
