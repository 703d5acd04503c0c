import { type Layout, Part } from './layout.js';

const RADIANS = Math.PI / 180;

/**
 * Whether a polygon of an item goes around a point that has no image, as Antarctica does around the south pole: a drawing
 * would show its outline around the map, and the whole map as its inside. If all of a ring is within 90 degrees of the
 * point, the point is on the smaller side of the ring.
 *
 * @param point longitude and latitude in degrees
 */
export function isInsideOut(
  layout: Layout,
  item: number,
  point: readonly [lon: number, lat: number],
): boolean {
  const { itemParts, partKinds } = layout;
  let around: Around | null = null;
  const end = itemParts[item + 1] as number;
  for (let part = itemParts[item] as number; part < end; part++) {
    if (partKinds[part] !== Part.shell) continue;
    around ??= new Around(point);
    if (around.isEncircledBy(layout, part)) return true;
  }
  return false;
}

/** Directions from a point on the globe. */
class Around {
  readonly #lon: number;
  readonly #sine: number;
  readonly #cosine: number;

  constructor([lon, lat]: readonly [lon: number, lat: number]) {
    this.#lon = lon;
    this.#sine = Math.sin(lat * RADIANS);
    this.#cosine = Math.cos(lat * RADIANS);
  }

  isEncircledBy({ lonLat, partVertices }: Layout, part: number): boolean {
    const end = partVertices[part + 1] as number;
    let before = this.#direction(lonLat, end - 1);
    let turned = 0;
    for (let vertex = partVertices[part] as number; vertex < end; vertex++) {
      const direction = this.#direction(lonLat, vertex);
      // Further than 90 degrees away.
      if (Number.isNaN(direction)) return false;
      const change = direction - before;
      turned += change - 2 * Math.PI * Math.round(change / (2 * Math.PI));
      before = direction;
    }
    return Math.abs(turned) > Math.PI;
  }

  /** Direction to a vertex in radians; NaN if it is further than 90 degrees away. */
  #direction(lonLat: readonly number[], vertex: number): number {
    const lam = ((lonLat[2 * vertex] as number) - this.#lon) * RADIANS;
    const phi = (lonLat[2 * vertex + 1] as number) * RADIANS;
    const [sine, cosine] = [Math.sin(phi), Math.cos(phi)];
    const near = this.#sine * sine + this.#cosine * cosine * Math.cos(lam);
    if (!(near > 0)) return Number.NaN;
    return Math.atan2(cosine * Math.sin(lam), this.#cosine * sine - this.#sine * cosine * Math.cos(lam));
  }
}
