import { webMercator } from './projections.js';

/** @typedef {import('./projections.js').Box} Box */
/** @typedef {import('./projections.js').Point} Point */
/** @typedef {import('./projections.js').Projection} Projection */

/** How far one can zoom in: at the finest, a pixel is this part of the world's width. */
const FINEST = 1 / 250_000;

/** What the map shows: a projection, a centre and a resolution, for a size in pixels. Sends `change` events. */
export class View extends EventTarget {
  /** @type {Projection} */
  projection = webMercator;
  /** Of the centre, in the projection's units. */
  x = 0;
  y = 0;
  /** Projection units in one pixel. */
  resolution = 1;
  width = 1;
  height = 1;

  /**
   * @param {number} width in CSS pixels
   * @param {number} height
   */
  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.#settle();
  }

  /**
   * Shows a part of the world, as large as it fits.
   *
   * @param {{ west: number, south: number, east: number, north: number }} bounds in degrees
   */
  show({ west, south, east, north }) {
    const [minX, minY] = this.projection.forward(west, south);
    const [maxX, maxY] = this.projection.forward(east, north);
    this.x = (minX + maxX) / 2;
    this.y = (minY + maxY) / 2;
    this.resolution = Math.max((maxX - minX) / this.width, (maxY - minY) / this.height);
    this.#settle();
  }

  /**
   * Shows the same part of the world in another projection.
   *
   * @param {Projection} projection
   */
  reproject(projection) {
    const before = this.projection.extent;
    // Longitude is linear in every projection of this map, so the width says it all; the centre keeps its latitude.
    const partX = (this.x - before.minX) / (before.maxX - before.minX);
    const width = this.resolution / (before.maxX - before.minX);
    const lat = this.#latitude();
    const [, y] = projection.forward(0, lat);
    const { minX, maxX } = projection.extent;
    this.projection = projection;
    this.x = minX + partX * (maxX - minX);
    this.y = y;
    this.resolution = width * (maxX - minX);
    this.#settle();
  }

  /**
   * @param {number} dx pixels to the right by which the world moves
   * @param {number} dy pixels downwards
   */
  pan(dx, dy) {
    this.x -= dx * this.resolution;
    this.y += dy * this.resolution;
    this.#settle();
  }

  /**
   * Zooms and keeps what is at one pixel there.
   *
   * @param {number} factor above 1 to see more detail
   * @param {number} px
   * @param {number} py
   */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.toWorld(px, py);
    this.resolution = this.#allowed(this.resolution / factor);
    this.x = x - (px - this.width / 2) * this.resolution;
    this.y = y + (py - this.height / 2) * this.resolution;
    this.#settle();
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Point} in pixels from the top left corner
   */
  toScreen(x, y) {
    return [
      (x - this.x) / this.resolution + this.width / 2,
      (this.y - y) / this.resolution + this.height / 2,
    ];
  }

  /**
   * @param {number} px
   * @param {number} py
   * @returns {Point} in the projection's units
   */
  toWorld(px, py) {
    return [
      this.x + (px - this.width / 2) * this.resolution,
      this.y - (py - this.height / 2) * this.resolution,
    ];
  }

  /**
   * What is in view, in the projection's units.
   *
   * @param {number} inset pixels to leave out on every side
   * @returns {Box}
   */
  box(inset = 0) {
    const [minX, maxY] = this.toWorld(inset, inset);
    const [maxX, minY] = this.toWorld(this.width - inset, this.height - inset);
    return { minX, minY, maxX, maxY };
  }

  /** The centre's latitude in degrees, found by halving: that needs no inverse of the projection. */
  #latitude() {
    let [low, high] = [-90, 90];
    for (let step = 0; step < 40; step += 1) {
      const middle = (low + high) / 2;
      if (this.projection.forward(0, middle)[1] < this.y) low = middle;
      else high = middle;
    }
    return low;
  }

  /** @param {number} resolution */
  #allowed(resolution) {
    const { minX, minY, maxX, maxY } = this.projection.extent;
    const coarsest = Math.min((maxX - minX) / this.width, (maxY - minY) / this.height);
    return Math.min(coarsest, Math.max(resolution, (maxX - minX) * FINEST));
  }

  /** Keeps the view inside of the world, and tells of the change. */
  #settle() {
    const { minX, minY, maxX, maxY } = this.projection.extent;
    this.resolution = this.#allowed(this.resolution);
    const halfWidth = (this.width * this.resolution) / 2;
    const halfHeight = (this.height * this.resolution) / 2;
    this.x = Math.min(maxX - halfWidth, Math.max(minX + halfWidth, this.x));
    this.y = Math.min(maxY - halfHeight, Math.max(minY + halfHeight, this.y));
    this.dispatchEvent(new Event('change'));
  }
}
