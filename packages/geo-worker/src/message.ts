import type { Bbox } from './box.js';
import type { Crs } from './crs.js';
import { isIdentity, type View } from './view.js';

type Json = Record<string, unknown>;
const KNOWN = /^(Multi)?(Point|LineString|Polygon)$|^GeometryCollection$/;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const isGeometry = (value: unknown): value is Json => isObject(value) && KNOWN.test(String(value.type));

export class GeoMessage {
  readonly text: string;
  readonly value: unknown;

  private constructor(text: string, value: unknown) {
    this.text = text;
    this.value = value;
  }

  /** @throws {SyntaxError} where text is not JSON */
  static parse(text: string): GeoMessage {
    return new GeoMessage(text, JSON.parse(text));
  }

  get isGeo(): boolean {
    const value = this.value;
    return isGeometry(value) || (isObject(value) && (value.type === 'Feature' || value.type === 'FeatureCollection'));
  }

  #features(): unknown[] {
    const value = this.value;
    if (isObject(value) && value.type === 'FeatureCollection' && Array.isArray(value.features)) return value.features;
    return [value];
  }

  render(view: View): string {
    return isIdentity(view) ? this.text : JSON.stringify(convert(this.value, view));
  }

  renderTrimmed(view: View, box: Bbox, boxCrs: Crs): string {
    const value = this.value;
    if (!isObject(value) || value.type !== 'FeatureCollection') return this.render(view);
    const features = this.#features().filter((feature) => hits(feature, box, boxCrs));
    return JSON.stringify(convert({ ...value, features }, view));
  }

  intersects(box: Bbox, boxCrs: Crs): boolean {
    const features = this.#features();
    return features.length === 0 || features.some((feature) => hits(feature, box, boxCrs));
  }

  unlocated(_crs: Crs): number {
    return 0;
  }
}

function convert(value: unknown, view: View): unknown {
  if (!isObject(value)) return value;
  if (Array.isArray(value.features)) return { ...value, features: value.features.map((f) => convert(f, view)) };
  if (value.type === 'Feature') return { ...value, geometry: convert(value.geometry, view) };
  if (Array.isArray(value.geometries)) return { ...value, geometries: value.geometries.map((g) => convert(g, view)) };
  if (!isGeometry(value)) return value;
  const step = view.precision ?? view.crs.precision;
  const out = new Float64Array(2);
  const walk = (c: unknown): unknown => {
    if (!Array.isArray(c)) return c;
    if (typeof c[0] !== 'number') return c.map(walk);
    if (!view.crs.project(c[0], c[1], out, 0)) return null;
    const xy = [...out].map((n) => Number((Math.round(n / step) * step).toPrecision(15)));
    return [...(view.axisOrder === 'crs' && view.crs.swapsAxes ? xy.reverse() : xy), ...c.slice(2)];
  };
  return { ...value, coordinates: walk(value.coordinates) };
}

function hits(feature: unknown, box: Bbox, crs: Crs): boolean {
  const geometry = isObject(feature) && feature.type === 'Feature' ? feature.geometry : feature;
  if (!isGeometry(geometry)) return true;
  const out = new Float64Array(2);
  let seen = false;
  let inside = false;
  const walk = (c: unknown): void => {
    if (!Array.isArray(c)) return;
    if (typeof c[0] !== 'number') return c.forEach(walk);
    seen = true;
    crs.project(c[0], Number(c[1]), out, 0);
    const [x = 0, y = 0] = out;
    inside ||= x >= box.minX && x <= box.maxX && y >= box.minY && y <= box.maxY;
  };
  walk(geometry.coordinates);
  return inside || !seen;
}
