import type { Feature, Geometry, Position } from 'geojson';
import { html } from 'hono/html';
import { idText } from './html.js';
import type { NamedCrs } from './named-crs.js';

/** Size of the picture, in pixels. */
const WIDTH = 720;
const HEIGHT = 480;
/** Space around the features, in pixels. */
const MARGIN = 20;
/** Width of the area around a single point, in degrees and in metres. */
const POINT_DEGREES = 0.1;
const POINT_METRES = 10_000;

/** A feature on a page for people. */
export interface Shown {
  readonly feature: Pick<Feature, 'id' | 'geometry'>;
  /** Address of its own page; null if it has none. */
  readonly href: string | null;
}

/** What a geometry looks like: points, lines, and areas with holes. */
interface Shapes {
  readonly points: Position[];
  readonly lines: Position[][];
  readonly areas: Position[][][];
}

/** A picture of features, north up, without a script; empty if they have no place. */
export function mapOf(
  all: readonly Shown[],
  { crs, axisOrder, uri }: NamedCrs,
): ReturnType<typeof html> | '' {
  const isSwapped = axisOrder === 'crs' && crs.swapsAxes;
  const drawn = all.map(({ feature, href }) => {
    const shapes: Shapes = { points: [], lines: [], areas: [] };
    // The type of GeoJSON has no features without a place.
    collect(feature.geometry as Geometry | null, shapes);
    return { shapes, href, name: idText(feature.id) };
  });
  const extent = new Extent();
  for (const { shapes } of drawn) {
    for (const line of [shapes.points, ...shapes.lines, ...shapes.areas.flat()])
      for (const [a, b] of line) extent.add(isSwapped ? [b, a] : [a, b]);
  }
  if (extent.isEmpty) return '';
  const toPixels = extent.projection(crs.isDataCrs);
  const pixels = (position: Position): string => toPixels(isSwapped ? [position[1], position[0]] : position);
  const path = (line: readonly Position[], end: string): string => `M${line.map(pixels).join('L')}${end}`;
  const pictures = drawn.map(({ shapes: { points, lines, areas }, href, name }) => {
    const parts = [
      ...areas.map(
        (rings) => html`<path class="area" d="${rings.map((ring) => path(ring, 'Z')).join('')}"/>`,
      ),
      ...lines.map((line) => html`<path class="line" d="${path(line, '')}"/>`),
      // A line without length, with round ends.
      ...points.map((point) => html`<path class="point" d="M${pixels(point)}h0"/>`),
    ];
    const content = html`<title>${name}</title>${parts}`;
    return href === null ? html`<g>${content}</g>` : html`<a href="${href}">${content}</a>`;
  });
  return html`<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="Map of these features">${pictures}</svg>
<figcaption>${extent.text} (${uri})</figcaption></figure>`;
}

/**
 * Publishers may write anything: what is not a place is left out. Only short features are drawn, so their lists can be passed as
 * arguments.
 */
function collect(geometry: Geometry | null, shapes: Shapes): void {
  const { points, lines, areas } = shapes;
  switch (geometry?.type) {
    case 'Point':
      points.push(...placesOf([geometry.coordinates]));
      break;
    case 'MultiPoint':
      points.push(...placesOf(geometry.coordinates));
      break;
    case 'LineString':
      lines.push(placesOf(geometry.coordinates));
      break;
    case 'MultiLineString':
      lines.push(...listOf(geometry.coordinates).map(placesOf));
      break;
    case 'Polygon':
      areas.push(listOf(geometry.coordinates).map(placesOf));
      break;
    case 'MultiPolygon':
      areas.push(...listOf(geometry.coordinates).map((rings) => listOf(rings).map(placesOf)));
      break;
    case 'GeometryCollection':
      for (const part of listOf(geometry.geometries)) collect(part as Geometry | null, shapes);
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function placesOf(value: unknown): Position[] {
  return listOf(value).filter(
    (place): place is Position =>
      Array.isArray(place) && Number.isFinite(place[0]) && Number.isFinite(place[1]),
  );
}

/** The rectangle around positions. */
class Extent {
  #west = Number.POSITIVE_INFINITY;
  #south = Number.POSITIVE_INFINITY;
  #east = Number.NEGATIVE_INFINITY;
  #north = Number.NEGATIVE_INFINITY;

  get isEmpty(): boolean {
    return this.#west > this.#east;
  }

  /** Its sides, for people. */
  get text(): string {
    const [west, east, south, north] = [this.#west, this.#east, this.#south, this.#north].map((side) =>
      side.toFixed(3),
    );
    return `west ${west}, south ${south}, east ${east}, north ${north}`;
  }

  add([x = 0, y = 0]: readonly (number | undefined)[]): void {
    this.#west = Math.min(this.#west, x);
    this.#east = Math.max(this.#east, x);
    this.#south = Math.min(this.#south, y);
    this.#north = Math.max(this.#north, y);
  }

  /**
   * Converts positions to pixels, as text.
   *
   * @param isDegrees whether a unit is shorter from west to east than from south to north
   */
  projection(isDegrees: boolean): (position: readonly (number | undefined)[]) => string {
    const [midX, midY] = [(this.#west + this.#east) / 2, (this.#south + this.#north) / 2];
    const shrink = isDegrees ? Math.max(0.05, Math.cos((midY * Math.PI) / 180)) : 1;
    const [width, height] = [(this.#east - this.#west) * shrink, this.#north - this.#south];
    const scale = Math.min(
      (WIDTH - 2 * MARGIN) / width,
      (HEIGHT - 2 * MARGIN) / height,
      WIDTH / (isDegrees ? POINT_DEGREES : POINT_METRES),
    );
    return ([x = 0, y = 0]) =>
      `${(WIDTH / 2 + (x - midX) * shrink * scale).toFixed(1)},${(HEIGHT / 2 - (y - midY) * scale).toFixed(1)}`;
  }
}
