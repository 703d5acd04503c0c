import {
  asCollection,
  asFeatures,
  asSimpleGeometry,
  type Drawing,
  isFeature,
  isGeometry,
  isMalformed,
  isObject,
  MAX_NESTING,
  type SimpleGeometry,
} from './geojson.js';

/** What the vertices of a part form. A shell opens a polygon; the holes after it belong to that polygon. */
export const Part = { points: 0, line: 1, shell: 2, hole: 3 } as const;

/** How much is known about the place of an item. */
export const Place = {
  /** Every position could be read. */
  known: 0,
  /** It has a geometry of a type that GeoJSON does not have, or is not GeoJSON: it is sent as published. */
  foreign: 1,
  /** It has a geometry without coordinates, or with coordinates that are not the positions that its type demands. */
  broken: 2,
} as const;

/** A geometry with coordinates, and where its vertices begin in the layout. */
export interface LayoutGeometry {
  readonly coordinates: readonly unknown[];
  /** How deep positions are nested in the coordinates: 0 for a Point. */
  readonly depth: number;
  readonly firstVertex: number;
}

/** Whether only numbers, such as a height, follow x and y in a position. */
export function isNumeric(position: readonly unknown[]): boolean {
  for (let i = 2; i < position.length; i++) if (typeof position[i] !== 'number') return false;
  return true;
}

/** Whether a number after x and y, such as nanoseconds, is so large that it may have lost digits. */
export function hasLongNumbers(position: readonly unknown[]): boolean {
  for (let i = 2; i < position.length; i++) {
    if (Math.abs(position[i] as number) > Number.MAX_SAFE_INTEGER) return true;
  }
  return false;
}

/**
 * The geometries of a message in flat lists. An item is a feature, or the message itself if it is a bare geometry; parts
 * are the point sets, lines and rings of its geometry. Item i begins at `itemParts[i]`, part p at `partVertices[p]`; one
 * more number at the end of each list says where the last one ends.
 */
export class Layout {
  /** Longitude and latitude of each vertex as published, in the order of the message. */
  readonly lonLat: number[] = [];
  readonly partKinds: number[] = [];
  readonly partVertices: number[] = [0];
  readonly itemParts: number[] = [0];
  readonly itemPlaces: number[] = [];
  readonly geometries: LayoutGeometry[] = [];
  /** Whether the readable positions hold numbers only. */
  numeric = true;
  /** Whether a number in one of them, at any index, has more digits than doubles hold. */
  hasLongNumbers = false;
  #place: number = Place.known;

  /** Lays out a JSON value; one that is not GeoJSON has no items. */
  static of(value: unknown): Layout {
    const layout = new Layout();
    const features = asFeatures(value);
    if (features !== null) {
      for (const feature of features) layout.#addItem(feature);
    } else if (isFeature(value) || isGeometry(value)) {
      layout.#addItem(value);
    }
    return layout;
  }

  get items(): number {
    return this.itemPlaces.length;
  }

  get vertices(): number {
    return this.lonLat.length / 2;
  }

  /** Whether an item has at least one vertex, and all of its geometry is readable. */
  isLocated(item: number): boolean {
    const first = this.partVertices[this.itemParts[item] ?? 0] ?? 0;
    const end = this.partVertices[this.itemParts[item + 1] ?? 0] ?? 0;
    return end > first && this.itemPlaces[item] === Place.known;
  }

  #addItem(item: unknown): void {
    this.#place = Place.known;
    if (isFeature(item)) this.#addGeometry(item.geometry, 0);
    else if (item === null) this.#place = Place.foreign;
    else this.#addGeometry(item, 0);
    this.itemParts.push(this.partKinds.length);
    this.itemPlaces.push(this.#place);
  }

  #addGeometry(value: unknown, nesting: number): void {
    if (value === null || value === undefined) return;
    const simple = isObject(value) ? asSimpleGeometry(value) : null;
    const members = isObject(value) ? asCollection(value) : null;
    if (simple !== null) this.#addSimple(simple);
    else if (members === null) this.#reached(isMalformed(value) ? Place.broken : Place.foreign);
    else if (nesting === MAX_NESTING) this.#reached(Place.broken);
    else for (const member of members) this.#addGeometry(member, nesting + 1);
  }

  #addSimple({ drawing, depth, coordinates }: SimpleGeometry): void {
    this.geometries.push({ coordinates, depth, firstVertex: this.vertices });
    if (depth > 0) this.#addNested(drawing, depth, coordinates);
    else if (coordinates.length > 0) {
      this.#addPosition(coordinates);
      this.#endPart(Part.points);
    }
  }

  #addNested(drawing: Drawing, depth: number, coordinates: readonly unknown[]): void {
    if (depth === 1) {
      this.#addPart(drawing === 'points' ? Part.points : Part.line, coordinates);
      return;
    }
    let kind: number = depth === 2 && drawing === 'rings' ? Part.shell : Part.line;
    for (const child of coordinates) {
      if (!Array.isArray(child)) this.#reached(Place.broken);
      else if (depth === 3) this.#addNested(drawing, 2, child);
      else this.#addPart(kind, child);
      if (kind === Part.shell) kind = Part.hole;
    }
  }

  #addPart(kind: number, positions: readonly unknown[]): void {
    for (const position of positions) this.#addPosition(position);
    this.#endPart(kind);
  }

  #addPosition(position: unknown): void {
    if (Array.isArray(position)) {
      const lon: unknown = position[0];
      const lat: unknown = position[1];
      if (typeof lon === 'number' && typeof lat === 'number') {
        this.lonLat.push(lon, lat);
        if (!isNumeric(position)) this.numeric = false;
        else if (hasLongNumbers(position)) this.hasLongNumbers = true;
        return;
      }
    }
    this.#reached(Place.broken);
  }

  #endPart(kind: number): void {
    this.partKinds.push(kind);
    this.partVertices.push(this.vertices);
  }

  #reached(place: number): void {
    if (place > this.#place) this.#place = place;
  }
}
