import { PLACES } from './places.js';

/** @typedef {import('./view.js').View} View */
/** @typedef {import('./projections.js').Projection} Projection */
/** @typedef {{ scale: number, land: number[][], borders: number[][] }} World */

/** Distances between the lines of the grid, in degrees, and how many pixels they should have at least. */
const GRID_STEPS = [1, 2, 5, 10, 20, 30];
const GRID_PIXELS = 110;

/** Land, borders, a grid of degrees, and the names of some cities. */
export class BaseMap {
  #world;
  /** @type {Map<string, { land: Path2D, borders: Path2D }>} */
  #paths = new Map();

  /** @param {World} world */
  constructor(world) {
    this.#world = world;
  }

  /** Loads the page's own data. */
  static async load() {
    const response = await fetch(new URL('../data/world.json', import.meta.url));
    if (!response.ok) throw new Error(`The base map could not be loaded (HTTP ${response.status}).`);
    return new BaseMap(await response.json());
  }

  /**
   * @param {CanvasRenderingContext2D} context scaled to CSS pixels
   * @param {View} view
   * @param {Record<'sea' | 'land' | 'coast' | 'border' | 'grid' | 'label' | 'place', string>} colours
   */
  draw(context, view, colours) {
    context.fillStyle = colours.sea;
    context.fillRect(0, 0, view.width, view.height);
    const paths = this.#pathsFor(view.projection);
    const matrix = screenMatrix(view);
    const land = placed(paths.land, matrix);
    context.fillStyle = colours.land;
    context.fill(land);
    context.lineJoin = 'round';
    context.lineWidth = 0.8;
    context.strokeStyle = colours.border;
    context.stroke(placed(paths.borders, matrix));
    context.strokeStyle = colours.coast;
    context.stroke(land);
    drawGrid(context, view, colours);
    drawPlaces(context, view, colours);
  }

  /** @param {Projection} projection */
  #pathsFor(projection) {
    const known = this.#paths.get(projection.code);
    if (known) return known;
    const { land, borders, scale } = this.#world;
    const made = { land: new Path2D(), borders: new Path2D() };
    for (const ring of land) trace(made.land, ring, scale, projection);
    for (const line of borders) trace(made.borders, line, scale, projection);
    this.#paths.set(projection.code, made);
    return made;
  }
}

/** @param {View} view */
function screenMatrix(view) {
  const [x, y] = view.toScreen(0, 0);
  return new DOMMatrix([1 / view.resolution, 0, 0, -1 / view.resolution, x, y]);
}

/**
 * The path in pixels, so that line widths are in pixels too.
 *
 * @param {Path2D} path
 * @param {DOMMatrix} matrix
 */
function placed(path, matrix) {
  const result = new Path2D();
  result.addPath(path, matrix);
  return result;
}

/**
 * Adds a line of the world file to a path.
 *
 * @param {Path2D} path
 * @param {number[]} numbers the first point, then differences
 * @param {number} scale
 * @param {Projection} projection
 */
function trace(path, numbers, scale, projection) {
  let [lon, lat] = [0, 0];
  for (let i = 0; i < numbers.length; i += 2) {
    lon += (numbers[i] ?? 0) / scale;
    lat += (numbers[i + 1] ?? 0) / scale;
    const point = projection.forward(lon, lat);
    if (i === 0) path.moveTo(...point);
    else path.lineTo(...point);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Record<'grid' | 'label', string>} colours
 */
function drawGrid(context, view, colours) {
  const { forward } = view.projection;
  const scale = pixelsPerDegree(view);
  const step = GRID_STEPS.find((degrees) => degrees * scale >= GRID_PIXELS) ?? 30;
  context.strokeStyle = colours.grid;
  context.fillStyle = colours.label;
  context.lineWidth = 0.6;
  context.font = '11px system-ui, sans-serif';
  context.beginPath();
  for (let lon = -180; lon <= 180; lon += step) {
    const [px] = view.toScreen(forward(lon, 0)[0], 0);
    if (px < 0 || px > view.width) continue;
    context.moveTo(px, 0);
    context.lineTo(px, view.height);
    context.fillText(degrees(lon, 'E', 'W'), px + 4, view.height - 28);
  }
  for (let lat = -80; lat <= 80; lat += step) {
    const [, py] = view.toScreen(0, forward(0, lat)[1]);
    if (py < 0 || py > view.height) continue;
    context.moveTo(0, py);
    context.lineTo(view.width, py);
    context.fillText(degrees(lat, 'N', 'S'), 28, py - 4);
  }
  context.stroke();
}

/**
 * @param {number} value
 * @param {string} positive
 * @param {string} negative
 */
function degrees(value, positive, negative) {
  return value === 0 ? '0°' : `${Math.abs(value)}° ${value > 0 ? positive : negative}`;
}

/**
 * Pixels between two meridians one degree apart.
 *
 * @param {View} view
 */
function pixelsPerDegree({ projection, resolution }) {
  return (projection.forward(1, 0)[0] - projection.forward(0, 0)[0]) / resolution;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Record<'land' | 'place', string>} colours
 */
function drawPlaces(context, view, colours) {
  const scale = pixelsPerDegree(view);
  context.font = '600 12px system-ui, sans-serif';
  context.lineWidth = 3;
  context.strokeStyle = colours.land;
  context.fillStyle = colours.place;
  for (const [name, lon, lat, fromScale] of PLACES) {
    if (scale < fromScale) continue;
    const [px, py] = view.toScreen(...view.projection.forward(lon, lat));
    if (px < -100 || py < -20 || px > view.width + 20 || py > view.height + 20) continue;
    context.strokeText(name, px + 7, py + 4);
    context.fillText(name, px + 7, py + 4);
    context.fillRect(px - 1.5, py - 1.5, 3, 3);
  }
}
