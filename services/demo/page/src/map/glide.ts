import type { Coordinate } from 'ol/coordinate.js';
import type Feature from 'ol/Feature.js';

/** Longest time that a feature takes to get to where it was last heard of, in milliseconds. */
const LONGEST_MS = 6000;

/** How much longer than the last update took to come a feature is under way, so that it need not stop and wait. */
const MARGIN = 1.15;

interface Track {
  from: Coordinate;
  to: Coordinate;
  /** When it set out, and how long it takes, in milliseconds. */
  start: number;
  duration: number;
}

/**
 * Lets features glide to the position last received instead of leaping there: each in as long as its last update took
 * to come. What is shown is so at most one update behind, and never a place where nothing was.
 */
export class Glide {
  readonly #tracks = new WeakMap<Feature, Track>();
  readonly #isCalm: () => boolean;

  /** @param isCalm whether nothing should move that need not */
  constructor(isCalm: () => boolean) {
    this.#isCalm = isCalm;
  }

  /**
   * Takes a new position of a feature.
   *
   * @param now in milliseconds
   * @param longest leaps further than this, in units of the map, are not shown as a movement
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

  /** Where a feature is shown at a time; null for one that never got a position. */
  at(feature: Feature, now: number): Coordinate | null {
    const track = this.#tracks.get(feature);
    return track === undefined ? null : positionAt(track, now);
  }
}

function positionAt({ from, to, start, duration }: Track, now: number): Coordinate {
  const part = duration === 0 ? 1 : Math.min(1, Math.max(0, (now - start) / duration));
  return from.map((value, index) => value + ((to[index] ?? value) - value) * part);
}
