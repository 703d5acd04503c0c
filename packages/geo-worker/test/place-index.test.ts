import { fc } from '@viaduct/testkit/properties';
import { describe, expect, test } from 'vitest';
import { type Bbox, type Crs, GeoMessage, PlaceIndex, resolveCrs } from '../src/index.js';

const lon = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: -200, max: 200, noNaN: true }) },
  // Some are the same place, a turn away.
  { weight: 1, arbitrary: fc.constantFrom(-200, -180, -160, 160, 180, 200) },
);
const lat = fc.double({ min: -90, max: 90, noNaN: true });
const near = fc.double({ min: -3, max: 3, noNaN: true });

/** Points, lines and polygons of a few degrees, and features without a place. */
const feature = fc
  .tuple(fc.constantFrom('Point', 'Point', 'Point', 'LineString', 'Polygon', 'null'), lon, lat, near, near)
  .map(([type, x, y, dx, dy]) => {
    const [end, corner] = [
      [x + dx, Math.max(-90, Math.min(90, y + dy))],
      [x + dx, y],
    ];
    const coordinates = {
      Point: [x, y],
      LineString: [[x, y], end],
      Polygon: [[[x, y], corner, end, [x, y]]],
    };
    const geometry = type === 'null' ? null : { type, coordinates: coordinates[type as 'Point'] };
    return JSON.stringify({ type: 'Feature', geometry, properties: {} });
  });

/** Boxes around the places of a CRS, some across the edge of the world or a world away. */
function boxIn(crs: Crs): fc.Arbitrary<Bbox> {
  const xy = new Float64Array(2);
  return fc
    .tuple(
      lon,
      lat,
      fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.2, noNaN: true })),
      fc.constantFrom(-1, 0, 0, 0, 1),
    )
    .map(([x, y, size, worlds]) => {
      if (!crs.project(x, y, xy, 0)) xy.fill(0);
      const width = (crs.geographic ? 360 : 4e7) * size;
      const minX = (xy[0] as number) - width / 2 + worlds * crs.turn;
      const minY = (xy[1] as number) - width / 4;
      return { minX, minY, maxX: minX + width, maxY: minY + width / 2 };
    });
}

/** Slots that a search finds: those that it is sure of, and those of the others that are in the box. */
function found(index: PlaceIndex, texts: ReadonlyMap<number, string>, box: Bbox, crs: Crs): number[] {
  const search = index.search(box, crs, { crs, precision: null });
  if (search === null) throw new Error('not prepared');
  const unsure = search.unsure.filter((slot) => GeoMessage.parse(texts.get(slot) ?? '').intersects(box, crs));
  for (const [slot, text] of texts) {
    const has = search.has(slot);
    if (has !== undefined) expect(has, text).toBe(GeoMessage.parse(text).intersects(box, crs));
  }
  return [...search.inside, ...unsure].sort((a, b) => a - b);
}

describe.each(['epsg:4326', 'epsg:3857', 'epsg:2056', 'epsg:3413', 'epsg:3832'])('in %s', (name) => {
  test('a search finds exactly the features that intersect the box, whatever was added and removed', async () => {
    const crs = await resolveCrs(name);
    const step = fc.tuple(fc.nat(60), fc.option(feature, { freq: 5 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 150 }),
        fc.nat(150),
        fc.array(boxIn(crs), { minLength: 5, maxLength: 5 }),
        async (steps, preparedAt, boxes) => {
          const texts = new Map<number, string>();
          const index = new PlaceIndex((slot) => texts.get(slot) ?? null);
          for (const [i, [slot, text]] of steps.entries()) {
            if (i === preparedAt) await index.prepare(crs, { crs, precision: null }, null);
            if (text === null) {
              texts.delete(slot);
              index.delete(slot);
            } else {
              texts.set(slot, text);
              index.set(slot, GeoMessage.parse(text));
            }
          }
          await index.prepare(crs, { crs, precision: null }, null);
          for (const box of boxes) {
            const expected = [...texts].filter(([, text]) => GeoMessage.parse(text).intersects(box, crs));
            expect(found(index, texts, box, crs)).toEqual(
              expected.map(([slot]) => slot).sort((a, b) => a - b),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('places that are prepared in portions include changes made meanwhile', async () => {
  const crs = await resolveCrs('epsg:3857');
  const point = (x: number): string =>
    `{"type":"Feature","geometry":{"type":"Point","coordinates":[${x},46]},"properties":{}}`;
  const texts = Array.from({ length: 3000 }, (_, i) => point(i / 1000));
  const index = new PlaceIndex((slot) => texts[slot] ?? null);
  for (const [slot, text] of texts.entries()) index.set(slot, GeoMessage.parse(text));
  const put = (slot: number, x: number): void => {
    texts[slot] = point(x);
    index.set(slot, GeoMessage.parse(texts[slot]));
  };
  let pauses = 0;
  await index.prepare(crs, { crs, precision: null }, async () => {
    expect(index.search({ minX: 0, minY: 0, maxX: 1, maxY: 1 }, crs, { crs, precision: null })).toBeNull();
    pauses++;
    put(1, 100 + pauses);
    put(2999, 100 + pauses);
    index.delete(2);
  });
  expect(pauses).toBeGreaterThan(2);
  // PROJ 9.1.1: 100 degrees are 11131949.079 m.
  const all = index.search({ minX: 11_131_949, minY: 0, maxX: 2e7, maxY: 1e7 }, crs, {
    crs,
    precision: null,
  });
  expect(all?.inside).toEqual(expect.arrayContaining([1, 2999]));
  expect(all?.inside).toHaveLength(2);
});

test('if boxes come in more CRSs than are kept, those with the most users are searched', async () => {
  const text = '{"type":"Feature","geometry":{"type":"Point","coordinates":[9,46]},"properties":{}}';
  const index = new PlaceIndex(() => text);
  index.set(0, GeoMessage.parse(text));
  const everywhere = { minX: -1e9, minY: -1e9, maxX: 1e9, maxY: 1e9 };
  const view = (crs: Crs) => ({ crs, precision: null });
  const enter = async (crs: Crs): Promise<string> => {
    const user = index.enter(crs, view(crs));
    await index.prepare(crs, view(crs), null);
    return user;
  };
  const crss = await Promise.all(Array.from({ length: 10 }, (_, i) => resolveCrs(`epsg:${32_629 + i}`)));
  const isSearched = (crs: Crs): boolean => index.search(everywhere, crs, view(crs)) !== null;
  const kept = crss.slice(0, 8);
  const [ninth, tenth] = crss.slice(8) as [Crs, Crs];
  const users: string[] = [];
  for (const crs of kept) users.push(await enter(crs));
  await enter(ninth);
  expect(crss.filter(isSearched)).toEqual(kept);
  // One that has more users than another one takes its place, and one that no longer has a user makes room.
  await enter(ninth);
  expect(crss.filter(isSearched)).toEqual([...kept.slice(1), ninth]);
  index.leave(users.at(-1) ?? '');
  await enter(tenth);
  expect(crss.filter(isSearched)).toEqual([...kept.slice(1, -1), ninth, tenth]);
});
