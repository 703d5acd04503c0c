import type { Redis } from 'ioredis';
import { type Box, boxText, contains, pointX, pointY, random } from './world.js';

/** Fields in one HSET. */
const PORTION = 1000;

/** An independent sequence of random numbers, see `random`. */
const DRIFT_STREAM = 17;
/** A feature moves by at most this per change, in micro-degrees: some 100 m. */
const DRIFT = 1000;

/** Features that move a little with each change. Lengths are micro-degrees. */
export class LiveWorld {
  readonly #xs: Float64Array;
  readonly #ys: Float64Array;
  #changes = 0;

  readonly #drift: number;

  /** @param drift the longest way of one change, in micro-degrees */
  constructor(
    readonly size: number,
    drift = DRIFT,
  ) {
    this.#drift = drift;
    this.#xs = Float64Array.from({ length: size }, (_, i) => pointX(i));
    this.#ys = Float64Array.from({ length: size }, (_, i) => pointY(i));
  }

  /** The feature as JSON text, about 250 bytes. */
  text(i: number): string {
    const [x, y] = [this.#xs[i] ?? 0, this.#ys[i] ?? 0].map((value) => (value / 1e6).toFixed(6));
    return `{"type":"Feature","id":"${idOf(i)}","properties":{"line":"IR 75","speed":80,"note":"${'x'.repeat(120)}"},"geometry":{"type":"Point","coordinates":[${x},${y}]}}`;
  }

  /** Writes all features into a hash, in place of what it holds. */
  async store(redis: Pick<Redis, 'del' | 'hset'>, key: string): Promise<void> {
    await redis.del(key);
    for (let i = 0; i < this.size; i += PORTION) {
      const fields: string[] = [];
      for (let j = i; j < Math.min(this.size, i + PORTION); j++) fields.push(idOf(j), this.text(j));
      await redis.hset(key, ...fields);
    }
  }

  /** Moves one feature after the other; returns which one. */
  move(): number {
    const change = this.#changes++;
    const i = change % this.size;
    this.#xs[i] = (this.#xs[i] ?? 0) + (random(DRIFT_STREAM, change) - 0.5) * 2 * this.#drift;
    this.#ys[i] = (this.#ys[i] ?? 0) + (random(DRIFT_STREAM + 1, change) - 0.5) * 2 * this.#drift;
    return i;
  }

  /** Ids of the features in a box. */
  idsIn(box: Box): Set<string> {
    const ids = new Set<string>();
    for (let i = 0; i < this.size; i++) {
      // As they are written: to the micro-degree.
      if (contains(box, Math.round(this.#xs[i] ?? 0), Math.round(this.#ys[i] ?? 0))) ids.add(idOf(i));
    }
    return ids;
  }
}

function idOf(i: number): string {
  return `f${i}`;
}

/** A BBOX command in degrees. */
export function boxCommand(box: Box): string {
  return `BBOX ${boxText(box)}`;
}

/** Radius of the sphere of EPSG:3857, in metres. */
const RADIUS = 6_378_137;
const RADIANS = Math.PI / 180 / 1e6;

/** A BBOX command in EPSG:3857. */
export function mercatorBoxCommand({ left, bottom, right, top }: Box): string {
  const north = (y: number): number => RADIUS * Math.log(Math.tan(Math.PI / 4 + (y * RADIANS) / 2));
  const sides = [RADIUS * left * RADIANS, north(bottom), RADIUS * right * RADIANS, north(top)];
  return `BBOX ${sides.map((side) => side.toFixed(3)).join(' ')}`;
}
