import { readFileSync } from 'node:fs';

/** One case of box-vectors.json; the file says where its answers come from. */
export interface BoxCase {
  readonly id: string;
  readonly note?: string;
  readonly box?: readonly [left: number, bottom: number, right: number, top: number];
  /** The words of a BBOX command, if the case is about its form. */
  readonly args?: readonly string[];
  readonly msg: unknown;
  readonly boxCrs?: string;
  readonly expect: {
    readonly intersects: boolean | null;
    readonly trim?: readonly number[];
    readonly boxError?: true;
  };
}

export interface ProjectionPoint {
  readonly in: readonly [lon: number, lat: number];
  readonly xy: readonly [number, number];
  readonly strict: readonly [number, number];
  readonly tol: number | null;
}

/** One CRS of projection-vectors.json. */
export interface ProjectionCase {
  readonly crs: string;
  readonly type: 'projected' | 'geographic';
  readonly expect: 'match' | 'flag' | 'refuse' | 'error';
  readonly unitFactor: number;
  readonly points: readonly ProjectionPoint[];
}

export interface EdgeCase {
  readonly crs: string;
  readonly in: readonly [lon: number, lat: number];
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8'));
}

export const boxVectors = read('box-vectors.json') as { readonly cases: readonly BoxCase[] };

export const projectionVectors = read('projection-vectors.json') as {
  readonly crs: readonly ProjectionCase[];
  readonly edge: readonly EdgeCase[];
};

/** One case of area-vectors.json. */
export interface AreaCase {
  readonly geometry: { readonly type: string; readonly coordinates: unknown };
  /** By how many turns of longitude each part of the geometry can be moved. */
  readonly turns: readonly number[];
  readonly meets: boolean;
}

export const areaVectors = read('area-vectors.json') as { area: unknown; cases: readonly AreaCase[] };
