import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { makeWorld } from '../tools/make-world.mjs';

interface World {
  licence: string;
  scale: number;
  land: number[][];
  borders: number[][];
}

const FILE = new URL('../page/data/world.json', import.meta.url);

describe('the base map', () => {
  it('is what the tool makes of the installed world-atlas', async () => {
    // Compared as a whole, because a difference of two such files is too long to be read.
    expect(makeWorld() === (await readFile(FILE, 'utf8'))).toBe(true);
  });

  it('has land all around the Earth, without leaps across the map', async () => {
    const { licence, scale, land, borders } = JSON.parse(await readFile(FILE, 'utf8')) as World;
    expect(licence).toContain('Public domain');
    const lons: number[] = [];
    for (const line of [...land, ...borders]) {
      expect(line.length % 2).toBe(0);
      let lon = 0;
      line.forEach((value, index) => {
        if (index % 2 === 1) return;
        // Only the edge that closes Antarctica along the pole may be as long as the map is wide.
        const alongPole = Math.abs(line[index + 1] ?? 0) === 0 && Math.abs(value) === 360 * scale;
        if (index > 0 && !alongPole) expect(Math.abs(value)).toBeLessThan(30 * scale);
        lon += value / scale;
        lons.push(lon);
      });
    }
    for (let west = -180; west < 180; west += 30) {
      expect(lons.some((lon) => lon >= west && lon < west + 30)).toBe(true);
    }
  });
});
