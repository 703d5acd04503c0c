/** @typedef {import('./projections.js').Box} Box */
/** @typedef {import('./projections.js').Point} Point */

/** How long a vehicle takes to fade away once it is no longer heard of, in milliseconds. */
const FADE_MS = 2000;

/** A vehicle goes on at its last speed for this part of the time between two updates, should the next one be late. */
const OVERSHOOT = 1.8;

/** Bounds of the time over which an update is spread, in milliseconds. */
const SHORTEST_MOVE = 100;
const LONGEST_MOVE = 8000;

/**
 * @typedef {object} VehicleFeature as the feed publishes it
 * @property {string} id
 * @property {{ coordinates: number[] }} geometry
 * @property {{ type: 'train' | 'plane', name: string, next: string, speed: number, heading: number }} properties
 *
 * @typedef {object} Vehicle
 * @property {VehicleFeature['properties']} properties
 * @property {Point} from where it was drawn when the last update came
 * @property {Point} to where the last update puts it
 * @property {number} updated when the last update came, in milliseconds
 * @property {number} moveMs how long it takes from one to the other
 * @property {number | null} gone when it began to fade; null while it is heard of
 */

/** The vehicles that the page knows, and where they are from one frame to the next. Times are of performance.now(). */
export class Traffic {
  /** @type {Map<string, Vehicle>} */
  #vehicles = new Map();

  /**
   * @param {VehicleFeature} feature
   * @param {number} now
   */
  update(feature, now) {
    const [x = 0, y = 0] = feature.geometry.coordinates;
    const known = this.#vehicles.get(feature.id);
    this.#vehicles.set(feature.id, {
      properties: feature.properties,
      from: known ? positionOf(known, now) : [x, y],
      to: [x, y],
      updated: now,
      moveMs: known ? Math.min(LONGEST_MOVE, Math.max(SHORTEST_MOVE, now - known.updated)) : SHORTEST_MOVE,
      gone: null,
    });
  }

  /** @param {string} id */
  remove(id) {
    this.#vehicles.delete(id);
  }

  clear() {
    this.#vehicles.clear();
  }

  /**
   * Lets those fade that have left the box or that have not been heard of for too long, and drops the faded.
   *
   * @param {Box} box
   * @param {number} silenceMs how long a vehicle may be silent
   * @param {number} now
   */
  tidy(box, silenceMs, now) {
    for (const [id, vehicle] of this.#vehicles) {
      const lost = !isInside(positionOf(vehicle, now), box) || now - vehicle.updated > silenceMs;
      if (!lost) vehicle.gone = null;
      else if (vehicle.gone === null) vehicle.gone = now;
      else if (now - vehicle.gone > FADE_MS) this.#vehicles.delete(id);
    }
  }

  /** How many are in the box, that is, not fading. */
  get present() {
    let count = 0;
    for (const vehicle of this.#vehicles.values()) if (vehicle.gone === null) count += 1;
    return count;
  }

  /**
   * Calls back for each vehicle with where it is and how strongly to draw it (0 to 1).
   *
   * @param {number} now
   * @param {boolean} moving false to put each where its last update says
   * @param {(vehicle: Vehicle, position: Point, strength: number) => void} callback
   */
  forEach(now, moving, callback) {
    for (const vehicle of this.#vehicles.values()) {
      const strength = vehicle.gone === null ? 1 : Math.max(0, 1 - (now - vehicle.gone) / FADE_MS);
      callback(vehicle, moving ? positionOf(vehicle, now) : vehicle.to, strength);
    }
  }
}

/**
 * @param {Vehicle} vehicle
 * @param {number} now
 * @returns {Point}
 */
function positionOf({ from, to, updated, moveMs }, now) {
  const part = Math.min(OVERSHOOT, (now - updated) / moveMs);
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
}

/**
 * @param {Point} point
 * @param {Box} box
 */
function isInside([x, y], { minX, minY, maxX, maxY }) {
  return x >= minX && x <= maxX && y >= minY && y <= maxY;
}
