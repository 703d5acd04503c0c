import { bearing, distanceKm, interpolate, type LonLat } from './great-circle.js';

/** Position and direction at one point of a course. */
export interface CoursePoint {
  position: LonLat;
  /** Degrees clockwise from north, 0 to below 360. */
  heading: number;
}

interface Leg {
  from: LonLat;
  to: LonLat;
  /** Kilometres from the course's start to the leg's. */
  startKm: number;
  lengthKm: number;
}

/** A way over the sphere through two or more places; each leg is a great circle. */
export class Course {
  readonly lengthKm: number;
  /** Kilometres from the start to each place, including the first (0) and the last. */
  readonly stopsKm: readonly number[];
  readonly #legs: readonly Leg[];

  /** @throws RangeError for fewer than two places */
  constructor(places: readonly LonLat[]) {
    const legs: Leg[] = [];
    let km = 0;
    places.slice(1).forEach((to, index) => {
      const from = places[index] ?? to;
      const lengthKm = distanceKm(from, to);
      legs.push({ from, to, startKm: km, lengthKm });
      km += lengthKm;
    });
    if (legs.length === 0) throw new RangeError(`A course needs two places or more, not ${places.length}.`);
    this.#legs = legs;
    this.lengthKm = km;
    this.stopsKm = [...legs.map((leg) => leg.startKm), km];
  }

  /**
   * The point at a distance from the start, in kilometres; distances outside the course return its ends.
   *
   * @throws RangeError for NaN
   */
  at(km: number): CoursePoint {
    const along = Math.min(Math.max(km, 0), this.lengthKm);
    const leg = this.#legAt(along);
    const position = interpolate(leg.from, leg.to, (along - leg.startKm) / leg.lengthKm);
    // At the very end of a leg there is no point ahead, so the direction of arrival applies.
    const remaining = leg.startKm + leg.lengthKm - along;
    const heading = remaining > 0.001 ? bearing(position, leg.to) : (bearing(leg.to, leg.from) + 180) % 360;
    return { position, heading };
  }

  /** Kilometres to the nearest place of the course, in either direction. */
  distanceToStop(km: number): number {
    return this.stopsKm.reduce(
      (nearest, stop) => Math.min(nearest, Math.abs(stop - km)),
      Number.POSITIVE_INFINITY,
    );
  }

  #legAt(km: number): Leg {
    const leg = this.#legs.findLast(({ startKm }) => startKm <= km);
    if (leg === undefined)
      throw new RangeError(`A distance along a course is a number of kilometres, not ${km}.`);
    return leg;
  }
}
