import { Random, SEED } from '@viaduct/testkit/random';
import { describe, expect, it } from 'vitest';
import { windowOf } from '../src/box.js';
import { type Bbox, BoxIndex, type Crs, GeoMessage, resolveCrs } from '../src/index.js';
import type { PlacedLayout } from '../src/placed.js';
import { supported } from './support/table.js';

const VERTICES = 120;

/** Lines for each CRS. */
const LINES = 2;

/** Sizes in degrees; only those up to 30 have a rough envelope. */
const SIZES = [1e-6, 0.01, 1, 10, 29.9];

/** A line with random vertices in a random envelope, sometimes beyond the antimeridian or at a pole. */
function line(random: Random): GeoMessage {
  const [width, height] = [random.of(SIZES), random.of(SIZES)];
  const west = random.next() * 380 - 190;
  const south = random.of([-90, 90 - height, random.next() * (180 - height) - 90]);
  const coordinates = Array.from({ length: VERTICES }, () => [
    west + width * random.next(),
    south + height * random.next(),
  ]);
  return GeoMessage.parse(JSON.stringify({ type: 'LineString', coordinates }));
}

/** Whether every vertex that has a place, which comes from the full projection, is in one of the rectangles. */
function holdsAll(
  rectangles: readonly Readonly<Bbox>[],
  placed: PlacedLayout,
  { turn, middle }: Crs,
): boolean {
  const { xy } = placed;
  for (let at = 0; at < xy.length; at += 2) {
    const y = xy[at + 1] as number;
    let x = xy[at] as number;
    if (Number.isNaN(x)) continue;
    if (turn > 0) x -= turn * Math.floor((x - middle) / turn + 0.5);
    const slack = 1e-9 * Math.max(1, Math.abs(x));
    const holds = rectangles.some(
      (r) => x >= r.minX - slack && x <= r.maxX + slack && y >= r.minY && y <= r.maxY,
    );
    if (!holds) return false;
  }
  return true;
}

describe('the rough envelope of a message', () => {
  it('holds every projected vertex, in every CRS, wherever the message is', async () => {
    const random = new Random(SEED);
    let decided = 0;
    const wrong: string[] = [];
    for (const [code] of supported) {
      const crs = await resolveCrs(`epsg:${code}`);
      for (let i = 0; i < LINES; i++) {
        const message = line(random);
        const rectangles = message.roughlyIn(crs, crs.precision);
        if (rectangles === null) continue;
        decided++;
        if (!holdsAll(rectangles, message.placedIn(crs) as PlacedLayout, crs))
          wrong.push(`${crs.id} ${message.text.slice(0, 200)}`);
      }
    }
    expect(wrong).toEqual([]);

    expect(decided).toBeGreaterThan(supported.length);
  });

  it('changes no answer about a box near it, in it or far away', async () => {
    const random = new Random(SEED);
    for (const name of ['epsg:3857', 'epsg:2056', 'epsg:32632', 'epsg:3035', 'epsg:3031', 'epsg:4267']) {
      const crs = await resolveCrs(name);
      for (let i = 0; i < 200; i++) {
        const message = line(random);
        const placed = message.placedIn(crs) as PlacedLayout;
        const { minX, minY, maxX, maxY } = placed.envelopeOf(0);
        if (!(minX <= maxX)) continue;
        const size = Math.max(maxX - minX, maxY - minY, crs.precision);
        const west = minX + size * (6 * random.next() - 3);
        const south = minY + size * (6 * random.next() - 3);
        const box = {
          minX: west,
          minY: south,
          maxX: west + size * random.next(),
          maxY: south + size * random.next(),
        };
        const exact = placed.meets(0, windowOf(box, crs));
        expect(message.intersects(box, crs)).toBe(exact);
        const index = new BoxIndex<string>(crs);
        index.set('box', box);
        const found: string[] = [];
        index.match(message, (member) => found.push(member));
        expect(found).toEqual(exact ? ['box'] : []);
      }
    }
  });
});
