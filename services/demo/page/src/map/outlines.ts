import { type GeoContext, type GeoProjection, geoPath, geoProjection, geoRotation } from 'd3-geo';
import type { Geometry } from 'geojson';
import type { Extent } from 'ol/extent.js';
import { type MapCrs, projector } from '../crs.js';

const DEGREES = 180 / Math.PI;

/** Maximum error of a drawn line, as a share of the map's width. */
const PRECISION = 5e-5;

/** A part of the base map, ready to draw. */
export interface Piece {
  /** In units of the CRS, relative to {@link Tracer.origin}: small numbers, because canvases compute with 32 bits. */
  path: Path2D;
  /** Its extent, in the same coordinates. */
  extent: Extent;
}

/**
 * Draws geometry in longitude and latitude as paths on a map, cut on the sphere before it is projected: along the
 * antimeridian, or around the part of the sphere that the map shows. So nothing leaps across the map, and lines are
 * the shortest way between their points (great circles) in every projection.
 */
export class Tracer {
  /** Coordinates on the map that are 0, 0 in the paths. */
  readonly origin: readonly [x: number, y: number];
  readonly #projection: GeoProjection;

  constructor(crs: MapCrs) {
    const { center, radius } = crs.cap ?? { center: [0, 0] as const, radius: null };
    const project = projector(crs);
    this.origin = project(center);
    const rotation = geoRotation([-center[0], -center[1]]);
    const [minX = 0, , maxX = 0] = crs.extent;
    // The library turns the sphere so that the centre of the cap is at 0, 0, clips there, and leaves the rest to us.
    this.#projection = geoProjection((lambda, phi) => {
      const [longitude, latitude] = rotation.invert([lambda * DEGREES, phi * DEGREES]);
      return project([longitude, latitude]);
    })
      .rotate([-center[0], -center[1]])
      .clipAngle(radius)
      .scale(1)
      .translate([0, 0])
      .reflectY(true)
      .precision((maxX - minX) * PRECISION);
  }

  /** The path of a geometry; null if none of it is on the map. */
  trace(geometry: Geometry): Piece | null {
    const pen = new Pen();
    geoPath(this.#projection, pen)(geometry);
    return pen.piece();
  }
}

/** Receives what the library draws, and records its extent. */
class Pen implements GeoContext {
  readonly #path = new Path2D();
  #minX = Number.POSITIVE_INFINITY;
  #minY = Number.POSITIVE_INFINITY;
  #maxX = Number.NEGATIVE_INFINITY;
  #maxY = Number.NEGATIVE_INFINITY;

  piece(): Piece | null {
    if (this.#minX > this.#maxX) return null;
    return { path: this.#path, extent: [this.#minX, this.#minY, this.#maxX, this.#maxY] };
  }

  beginPath(): void {
    // A new Path2D has already begun.
  }

  moveTo(x: number, y: number): void {
    this.#path.moveTo(x, y);
    this.#note(x, y);
  }

  lineTo(x: number, y: number): void {
    this.#path.lineTo(x, y);
    this.#note(x, y);
  }

  arc(x: number, y: number, radius: number, start: number, end: number): void {
    this.#path.arc(x, y, radius, start, end);
    this.#note(x, y);
  }

  closePath(): void {
    this.#path.closePath();
  }

  #note(x: number, y: number): void {
    this.#minX = Math.min(this.#minX, x);
    this.#minY = Math.min(this.#minY, y);
    this.#maxX = Math.max(this.#maxX, x);
    this.#maxY = Math.max(this.#maxY, y);
  }
}
