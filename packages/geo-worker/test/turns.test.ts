import { expect, test } from 'vitest';
import { type Bbox, BoxIndex, DATA_CRS, decidedByEnvelope, GeoMessage, PlaceIndex } from '../src/index.js';

const VIEW = { crs: DATA_CRS, precision: null };

/** Distances that may get lost when turns are added, as shares of a number: some times that between two doubles. */
const DISTANCES = Array.from({ length: 81 }, (_, i) => (i - 40) * 2 ** -52);

/** A polygon between two longitudes. */
function polygon(west: number, east: number): GeoMessage {
  const ring = [
    [west, 50],
    [east, 50],
    [east, 51],
    [west, 51],
    [west, 50],
  ];
  const geometry = { type: 'Polygon', coordinates: [ring] };
  return GeoMessage.parse(JSON.stringify({ type: 'Feature', geometry, properties: {} }));
}

function isInBoxIndex(message: GeoMessage, box: Bbox): boolean {
  const index = new BoxIndex<string>(DATA_CRS);
  index.set('box', box);
  let found = 0;
  index.match(message, () => found++);
  return found === 1;
}

/** The answers of a search, of which those that only the geometry can give are left out. */
async function inPlaceIndex(
  message: GeoMessage,
  box: Bbox,
  exact: boolean,
): Promise<(boolean | undefined)[]> {
  const index = new PlaceIndex(() => message.text);
  index.set(0, message);
  await index.prepare(DATA_CRS, VIEW, null);
  const search = index.search(box, DATA_CRS, VIEW);
  const isFound = search?.inside.includes(0) === true || (search?.unsure.includes(0) === true && exact);
  return [isFound, search?.has(0) ?? exact];
}

test.each([
  ['a polygon beyond the antimeridian and a box in the one world', -200, -199, 160],
  ['a polygon beyond the antimeridian on the other side', 199, 200, -160],
  ['a polygon in the one world and a box beyond it', 160, 161, -200],
  ['a polygon that ends at the antimeridian, and a box there on the other side', 179, 180, -180],
  ['a polygon that begins at the antimeridian, and a box there on the other side', -180, -179, 180],
  ['a polygon five turns away', 1960, 1961, 160],
  ['a polygon in the one world and a box a thousand turns away', -180, -179, 360_180],
])('every way to search agrees about %s', async (_name, west, east, side) => {
  const answers = new Set<boolean>();
  const farthest = Math.max(...[west, east, side].map(Math.abs));
  for (const share of DISTANCES) {
    const distance = share * farthest;
    for (const [minX, maxX, at] of [
      [west + distance, east, side],
      [west, east + distance, side],
      [west, east, side + distance],
    ] as const) {
      const message = polygon(minX, maxX);
      const box = { minX: at, maxX: at, minY: 40, maxY: 60 };
      const exact = message.intersects(box, DATA_CRS);
      answers.add(exact);
      const where = `from ${minX} to ${maxX}, in a box at ${at}`;
      expect(isInBoxIndex(message, box), where).toBe(exact);
      expect(await inPlaceIndex(message, box, exact), where).toEqual([exact, exact]);
      const byEnvelope = decidedByEnvelope({ minX, maxX, minY: 50, maxY: 51 }, box, DATA_CRS);
      expect(byEnvelope ?? exact, where).toBe(exact);
    }
  }
  // The distances reach across the side of the box.
  expect(answers).toEqual(new Set([true, false]));
});
