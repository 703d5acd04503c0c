import { describe, expect, it } from 'vitest';
import { AIRPORTS } from '../src/airports.js';
import { Course } from '../src/course.js';
import { bearing, distanceKm, interpolate, type LonLat } from '../src/great-circle.js';
import { LINES } from '../src/railways.js';

const PARIS: LonLat = [2.3522, 48.8566];
const LONDON: LonLat = [-0.1276, 51.5072];
const TOKYO: LonLat = [139.78, 35.55];
const LOS_ANGELES: LonLat = [-118.41, 33.94];

describe('great circles', () => {
  it.each([
    ['a quarter of the equator', [0, 0], [90, 0], (Math.PI / 2) * 6371.0088],
    ['half a meridian', [20, -90], [20, 90], Math.PI * 6371.0088],
    ['one degree over the antimeridian', [179.5, 0], [-179.5, 0], (Math.PI / 180) * 6371.0088],
    ['no way at all', [7, 46], [7, 46], 0],
  ] satisfies [string, LonLat, LonLat, number][])('measure %s', (_name, from, to, km) => {
    expect(distanceKm(from, to)).toBeCloseTo(km, 6);
  });

  it('give the distance from Paris to London that atlases give', () => {
    expect(distanceKm(PARIS, LONDON)).toBeGreaterThan(342);
    expect(distanceKm(PARIS, LONDON)).toBeLessThan(345);
  });

  it.each([
    ['north', [5, 40], [5, 41], 0],
    ['south', [5, 40], [5, 39], 180],
    ['east on the equator', [5, 0], [6, 0], 90],
    ['west over the antimeridian', [-179, 0], [179, 0], 270],
  ] satisfies [string, LonLat, LonLat, number][])('point %s', (_name, from, to, degrees) => {
    expect(bearing(from, to)).toBeCloseTo(degrees, 9);
  });

  it('divide the distance in proportion', () => {
    for (const fraction of [0, 0.1, 0.5, 0.9, 1]) {
      const between = interpolate(TOKYO, LOS_ANGELES, fraction);
      const whole = distanceKm(TOKYO, LOS_ANGELES);
      expect(distanceKm(TOKYO, between)).toBeCloseTo(fraction * whole, 6);
      expect(distanceKm(between, LOS_ANGELES)).toBeCloseTo((1 - fraction) * whole, 6);
    }
  });

  it('cross the Pacific from Tokyo to Los Angeles, not Asia', () => {
    const [lon, lat] = interpolate(TOKYO, LOS_ANGELES, 0.5);
    expect(Math.abs(lon)).toBeGreaterThan(150);
    expect(lat).toBeGreaterThan(40);
  });
});

describe('a course', () => {
  const course = new Course([PARIS, LONDON, TOKYO]);

  it('is as long as its legs', () => {
    expect(course.lengthKm).toBeCloseTo(distanceKm(PARIS, LONDON) + distanceKm(LONDON, TOKYO), 6);
    expect(course.stopsKm).toHaveLength(3);
  });

  it('passes its places, and stays at its ends', () => {
    const places = [PARIS, LONDON, TOKYO];
    course.stopsKm.forEach((km, index) => {
      expect(distanceKm(course.at(km).position, places[index] ?? PARIS)).toBeLessThan(0.001);
    });
    expect(distanceKm(course.at(-5).position, PARIS)).toBeLessThan(0.001);
    expect(distanceKm(course.at(1e6).position, TOKYO)).toBeLessThan(0.001);
  });

  it('heads in the direction of its movement, up to its end', () => {
    for (let km = 1; km < course.lengthKm - 20; km += 97) {
      const { position, heading } = course.at(km);
      const ahead = course.at(km + 1).position;
      const turn = Math.abs(bearing(position, ahead) - heading);
      const atStop = course.distanceToStop(km) <= 1;
      if (!atStop) expect(Math.min(turn, 360 - turn)).toBeLessThan(0.5);
    }
    const arrival = course.at(course.lengthKm).heading;
    expect(Math.abs(arrival - course.at(course.lengthKm - 0.5).heading)).toBeLessThan(0.5);
  });

  it('refuses an invalid course or distance', () => {
    expect(() => new Course([PARIS])).toThrow('two places or more, not 1');
    expect(() => course.at(Number.NaN)).toThrow(RangeError);
  });
});

describe('the places of the demo', () => {
  it('are on the Earth, and each airport is listed once', () => {
    const places = [
      ...AIRPORTS.map((airport) => airport.position),
      ...LINES.flatMap(({ stops }) => stops.map((stop) => stop.position)),
    ];
    for (const [lon, lat] of places) {
      expect(Math.abs(lon)).toBeLessThanOrEqual(180);
      expect(Math.abs(lat)).toBeLessThan(80);
    }
    expect(new Set(AIRPORTS.map(({ code }) => code)).size).toBe(AIRPORTS.length);
  });

  it('are as far apart along the railways as real cities', () => {
    for (const { stops } of LINES) {
      const { stopsKm } = new Course(stops.map((stop) => stop.position));
      const legs = stopsKm.slice(1).map((km, index) => km - (stopsKm[index] ?? 0));
      for (const km of legs) {
        expect(km).toBeGreaterThan(15);
        expect(km).toBeLessThan(650);
      }
    }
  });
});
