import { resolveCrs } from '@viaduct/geo-worker';
import Feature from 'ol/Feature.js';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  crsOf,
  isInArea,
  type LonLat,
  MAP_CRSS,
  projector,
  registerCrss,
  unprojector,
} from '../page/src/crs.js';
import { Glide } from '../page/src/map/glide.js';
import { turner } from '../page/src/map/heading.js';
import { byteSize, heading, milliseconds, percent, position } from '../page/src/panel/format.js';
import { History } from '../page/src/panel/history.js';

const DEGREES = 180 / Math.PI;

beforeAll(() => registerCrss());

describe('the CRSs of the map', () => {
  const places: LonLat[] = [
    [8.54, 47.38],
    [-0.13, 51.53],
    [24.94, 60.17],
    [-22.6, 64],
  ];

  it.each(MAP_CRSS.map(({ code }) => code))(
    '%s matches what the gateway sends, in both directions',
    async (code) => {
      const crs = crsOf(code);
      const sent = await resolveCrs(code);
      const tolerance = code === 'EPSG:4326' ? 1e-9 : 0.01;
      for (const place of places) {
        const out = new Float64Array(2);
        expect(sent.project(...place, out, 0)).toBe(true);
        const [x, y] = projector(crs)(place);
        expect(Math.hypot(x - (out[0] ?? 0), y - (out[1] ?? 0))).toBeLessThan(tolerance);
        const [longitude, latitude] = unprojector(crs)([x, y]);
        expect(longitude).toBeCloseTo(place[0], 6);
        expect(latitude).toBeCloseTo(place[1], 6);
      }
    },
  );

  it('end at the edge of the world, also where Mercator is infinite', () => {
    const crs = crsOf('EPSG:3857');
    expect(projector(crs)([10, -89.9])[1]).toBe(crs.extent[1]);
    expect(projector(crs)([10, 89.9])[1]).toBe(crs.extent[3]);
  });

  it('know the area that they are meant for; other CRSs are unknown', () => {
    expect(isInArea(crsOf('EPSG:2056'), [7.44, 46.95])).toBe(true);
    expect(isInArea(crsOf('EPSG:2056'), [2.36, 48.87])).toBe(false);
    expect(() => crsOf('EPSG:27700')).toThrow('not drawn in EPSG:27700');
  });
});

describe('a heading on the map', () => {
  it.each([
    ['EPSG:3857', [8, 47], 0, 0],
    ['EPSG:3857', [8, 47], 135, 135],
    // A degree east is as wide as one north on this map, and shorter on the ground.
    ['EPSG:4326', [8, 60], 45, DEGREES * Math.atan2(2, 1)],
    // Around the pole, north is to the middle: to the left from 90 degrees east, down from 180.
    ['EPSG:3995', [90, 75], 0, -90],
    ['EPSG:3995', [180, 75], 0, 180],
    ['EPSG:3995', [0, 75], 90, 90],
    ['EPSG:3031', [90, -75], 180, -90],
  ] as const)('in %s at %j, %i degrees from north', (code, place, course, expected) => {
    const crs = crsOf(code);
    const turned = turner(crs)([...projector(crs)(place)], course) * DEGREES;
    const difference = Math.abs(((turned - expected + 540) % 360) - 180);
    expect(difference).toBeLessThan(0.5);
  });
});

describe('gliding', () => {
  it('reaches the newest position after the interval of the last update, not before', () => {
    const glide = new Glide(() => false);
    const feature = new Feature();
    expect(glide.at(feature, 0)).toBe(null);
    glide.moveTo(feature, [0, 0], 0, 1000);
    expect(glide.at(feature, 0)).toEqual([0, 0]);
    glide.moveTo(feature, [100, 50], 1000, 1000);
    expect(glide.at(feature, 1000)).toEqual([0, 0]);
    const [x = 0, y = 0] = glide.at(feature, 1575) ?? [];
    expect([x, y]).toEqual([50, 25]);
    expect(glide.at(feature, 5000)).toEqual([100, 50]);
  });

  it('continues from the displayed position', () => {
    const glide = new Glide(() => false);
    const feature = new Feature();
    glide.moveTo(feature, [0, 0], 0, 1000);
    glide.moveTo(feature, [100, 0], 1000, 1000);
    glide.moveTo(feature, [0, 100], 1575, 1000);
    expect(glide.at(feature, 1575)).toEqual([50, 0]);
  });

  it('does not happen if it would be a leap, or if the user prefers reduced motion', () => {
    const leaping = new Feature();
    const glide = new Glide(() => false);
    glide.moveTo(leaping, [0, 0], 0, 99);
    glide.moveTo(leaping, [100, 0], 1000, 99);
    expect(glide.at(leaping, 1000)).toEqual([100, 0]);
    const calm = new Feature();
    const still = new Glide(() => true);
    still.moveTo(calm, [0, 0], 0, 1000);
    still.moveTo(calm, [100, 0], 1000, 1000);
    expect(still.at(calm, 1000)).toEqual([100, 0]);
  });
});

describe('the figures', () => {
  it('are averages of the last seconds, at most a minute', () => {
    const history = new History();
    expect(history.recent()).toEqual({ published: 0, received: 0, bytes: 0 });
    history.publish(400);
    for (let second = 1; second <= 70; second += 1) {
      history.receive(second);
      history.receiveBytes(second * 100);
      history.tick();
    }
    expect(history.seconds).toHaveLength(60);
    expect(history.recent()).toEqual({ published: 400, received: 69, bytes: 6900 });
  });

  it.each([
    [percent(0), '0 %'],
    [percent(0.004), '0.4 %'],
    [percent(0.61), '61 %'],
    [percent(0.9999), '99.9 %'],
    [percent(1), '100 %'],
    [byteSize(999), '999 B'],
    [byteSize(45_240), '45.2 kB'],
    [byteSize(1_250_000), '1.3 MB'],
    [milliseconds(4.25), '4.3 ms'],
    [milliseconds(1234), '1,234 ms'],
    [position(8.541, 47.378), '47.38° N, 8.54° E'],
    [position(-70.79, -33.39), '33.39° S, 70.79° W'],
    [heading(214), '214° SW'],
    [heading(359), '359° N'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});
