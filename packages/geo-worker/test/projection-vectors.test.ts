import { describe, expect, it } from 'vitest';
import { type Crs, CrsError, GeoMessage, resolveCrs } from '../src/index.js';
import { type ProjectionCase, type ProjectionPoint, projectionVectors } from './support/vectors.js';

type Pair = readonly [number, number];

/** The distance between two positions, in the unit of the tolerances: metres, or degrees in geographic CRSs. */
function distance({ type, unitFactor }: ProjectionCase, [x, y]: Pair, [wantedX, wantedY]: Pair): number {
  if (type === 'projected') return Math.hypot(x - wantedX, y - wantedY) * unitFactor;
  const degrees = (unitFactor * 180) / Math.PI;
  const turns = Math.round(((x - wantedX) * degrees) / 360);
  return Math.max(Math.abs((x - wantedX) * degrees - 360 * turns), Math.abs(y - wantedY) * degrees);
}

function project(crs: Crs, point: ProjectionPoint): Pair {
  const out = new Float64Array(2);
  expect(crs.project(point.in[0], point.in[1], out, 0)).toBe(true);
  return [out[0] as number, out[1] as number];
}

function rendered(crs: Crs, point: Pair, axisOrder: 'xy' | 'crs'): Pair {
  const message = GeoMessage.parse(JSON.stringify({ type: 'Point', coordinates: point }));
  return JSON.parse(message.render({ crs, axisOrder, precision: null })).coordinates;
}

const served = projectionVectors.crs.filter(({ expect: kind }) => kind === 'match' || kind === 'flag');
const refused = projectionVectors.crs.filter(({ expect: kind }) => kind === 'refuse' || kind === 'error');

describe.each(served)('$crs', (vector) => {
  const points = vector.points.filter(({ tol }) => tol !== null);

  it('agrees with PROJ', async () => {
    const crs = await resolveCrs(vector.crs);
    for (const point of points) {
      expect(distance(vector, project(crs, point), point.xy)).toBeLessThanOrEqual(point.tol as number);
    }
  });

  it('agrees in messages, too, in both axis orders', async () => {
    const crs = await resolveCrs(vector.crs);
    for (const point of points) {
      const tolerance = point.tol as number;
      expect(distance(vector, rendered(crs, point.in, 'xy'), point.xy)).toBeLessThanOrEqual(tolerance);
      expect(distance(vector, rendered(crs, point.in, 'crs'), point.strict)).toBeLessThanOrEqual(tolerance);
    }
  });
});

it('warns of every CRS that the vectors flag', async () => {
  for (const { crs } of served.filter(({ expect: kind }) => kind === 'flag')) {
    expect((await resolveCrs(crs)).warning).toMatch(new RegExp(`^${crs} .* [\\d.]+ m$`));
  }
});

it.each(refused)('$crs is refused', async ({ crs }) => {
  await expect(resolveCrs(crs)).rejects.toThrow(CrsError);
  await expect(resolveCrs(crs)).rejects.toMatchObject({ code: 'unsupported_crs' });
});

it.each(projectionVectors.edge)(
  '$crs has a finite position or none for $in',
  async ({ crs: name, in: point }) => {
    const crs = await resolveCrs(name);
    const message = GeoMessage.parse(JSON.stringify({ type: 'Point', coordinates: point }));
    const geometry = JSON.parse(message.render({ crs, axisOrder: 'xy', precision: null }));
    if (message.unlocated(crs) === 1) expect(geometry).toBeNull();
    else expect(geometry.coordinates).toEqual([expect.any(Number), expect.any(Number)]);
  },
);
