import { geoGraticule } from 'd3-geo';
import { type LonLat, type MapCrs, projector, unprojector } from '../crs.js';
import type { Piece, Tracer } from './outlines.js';

/** Degrees between lines of the whole world, each from a number of metres per pixel on. */
const WORLDWIDE = [
  { from: 5000, step: 15 },
  { from: 1200, step: 5 },
] as const;

/** Degrees between finer lines, which are drawn around the view: so that lines are at least 90 pixels apart. */
const AROUND = [
  { from: 300, step: 1 },
  { from: 100, step: 0.25 },
  { from: 25, step: 0.1 },
  { from: 0, step: 0.02 },
] as const;

const METRES_PER_DEGREE = 111_320;

/** Half the width of the largest map, in CSS pixels. */
const HALF_WIDTH = 2000;

/** A crossing of two lines. */
export interface Crossing {
  /** Such as `47.25° N 8.5° E`. */
  readonly text: string;
  /** In units of the CRS, relative to the tracer's origin. */
  readonly position: readonly [x: number, y: number];
}

interface Around {
  readonly step: number;
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
  readonly lines: Piece[];
  readonly crossings: Crossing[];
}

/** Meridians and parallels on the map of one CRS: on close views narrow ones with their names, as nothing else may be there. */
export class Graticule {
  readonly #tracer: Tracer;
  readonly #project: ReturnType<typeof projector>;
  readonly #unproject: ReturnType<typeof unprojector>;
  readonly #worldwide = new Map<number, Piece[]>();
  #around: Around | null = null;

  constructor(tracer: Tracer, crs: MapCrs) {
    this.#tracer = tracer;
    this.#project = projector(crs);
    this.#unproject = unprojector(crs);
  }

  /** @param center of the map, in units of the CRS */
  at(
    center: readonly number[],
    metresPerPixel: number,
  ): { readonly lines: readonly Piece[]; readonly crossings: readonly Crossing[] } {
    const worldwide = WORLDWIDE.find(({ from }) => metresPerPixel > from);
    if (worldwide !== undefined) return { lines: this.#worldwideLines(worldwide.step), crossings: [] };
    const { step } = AROUND.find(({ from }) => metresPerPixel > from) ?? AROUND[3];
    const place = this.#unproject([...center]);
    if (!place.every(Number.isFinite)) return { lines: [], crossings: [] };
    const needed = extentAround(place, metresPerPixel, 1);
    if (this.#around === null || this.#around.step !== step || !contains(this.#around, needed))
      this.#around = this.#makeAround(extentAround(place, metresPerPixel, 2), step);
    return this.#around;
  }

  #worldwideLines(step: number): Piece[] {
    let lines = this.#worldwide.get(step);
    if (lines === undefined) {
      lines = this.#trace(geoGraticule().step([step, step]).lines());
      this.#worldwide.set(step, lines);
    }
    return lines;
  }

  #makeAround(extent: Extent, step: number): Around {
    const { west, south, east, north } = extent;
    const graticule = geoGraticule()
      .extent([
        [west, south],
        [east, north],
      ])
      .step([step, step])
      .precision(step / 2);
    const crossings: Crossing[] = [];
    const [originX, originY] = this.#tracer.origin;
    for (const latitude of multiples(south, north, step)) {
      for (const longitude of multiples(west, east, step)) {
        const [x, y] = this.#project([longitude, latitude]);
        const text = `${degrees(latitude, 'N', 'S')} ${degrees(longitude, 'E', 'W')}`;
        crossings.push({ text, position: [x - originX, y - originY] });
      }
    }
    return { ...extent, step, lines: this.#trace(graticule.lines()), crossings };
  }

  #trace(lines: Parameters<Tracer['trace']>[0][]): Piece[] {
    return lines.map((line) => this.#tracer.trace(line)).filter((piece) => piece !== null);
  }
}

type Extent = Pick<Around, 'west' | 'south' | 'east' | 'north'>;

/** @param times a multiple of what the largest map shows */
function extentAround([longitude, latitude]: LonLat, metresPerPixel: number, times: number): Extent {
  const height = (times * HALF_WIDTH * metresPerPixel) / METRES_PER_DEGREE;
  const [south, north] = [Math.max(latitude - height, -89), Math.min(latitude + height, 89)];
  const narrowest = Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180);
  const width = height / narrowest;
  return { west: Math.max(longitude - width, -180), south, east: Math.min(longitude + width, 180), north };
}

function contains(outer: Extent, inner: Extent): boolean {
  return (
    outer.west <= inner.west &&
    outer.south <= inner.south &&
    outer.east >= inner.east &&
    outer.north >= inner.north
  );
}

function multiples(from: number, to: number, step: number): number[] {
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step);
}

function degrees(value: number, positive: string, negative: string): string {
  const rounded = Number(Math.abs(value).toFixed(2));
  return `${rounded}°${rounded === 0 ? '' : ` ${value > 0 ? positive : negative}`}`;
}
