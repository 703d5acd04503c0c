import { fc } from '@viaduct/testkit/properties';
import { describe, expect, it } from 'vitest';
import { coordinatesText } from '../src/coordinate-writer.js';
import { Rounding } from '../src/rounding.js';

const decimalSteps = fc.integer({ min: 0, max: 9 }).map((decimals) => Number(`1e-${decimals}`));
const anyStep = fc.oneof(
  decimalSteps,
  fc.constantFrom(0.5, 0.25, 0.05, 0.3, 2, 5, 10, 1000, 1e-12, 1e20),
  fc.double({ min: 1e-9, max: 1e6, noNaN: true }),
);
const coordinate = fc.oneof(
  fc.double({ min: -3e7, max: 3e7, noNaN: true }),
  fc.double({ min: -180, max: 180, noNaN: true }),
  fc.integer({ min: -1e9, max: 1e9 }),
);

function written(value: number, rounding: Rounding): string {
  const geometry = { coordinates: [0, 0], depth: 0, firstVertex: 0 };
  const text = coordinatesText(geometry, {
    xy: Float64Array.of(value, 0),
    rounding,
    swapped: false,
    published: null,
  });
  return text.slice(1, text.indexOf(','));
}

describe('rounding', () => {
  it('goes to the nearest multiple of the step', () => {
    fc.assert(
      fc.property(coordinate, anyStep, (value, step) => {
        const rounded = new Rounding(step).round(value);
        const slack = Math.abs(value) * 4e-15;
        expect(Math.abs(rounded - value)).toBeLessThanOrEqual(step / 2 + slack);
        if (Math.abs(value / step) < 1e12) {
          const steps = rounded / step;
          expect(Math.abs(steps - Math.round(steps))).toBeLessThan(Math.max(1e-3, Math.abs(steps) * 1e-14));
        }
      }),
    );
  });

  it('does not change a rounded number', () => {
    fc.assert(
      fc.property(coordinate, anyStep, (value, step) => {
        const rounding = new Rounding(step);
        const once = rounding.round(value);
        expect(rounding.round(once)).toBe(once);
      }),
    );
  });

  it.each([
    [1234567.8910000001, 0.001, 1234567.891],
    [2600000.1, 0.05, 2600000.1],
    [0.30000000000000004, 0.1, 0.3],
    [7.439583333333333, 1e-8, 7.43958333],
    [12345.678, 10, 12350],
    [-0.0004, 0.001, -0],
    [1e300, 0.001, 1e300],
    [5, 1e300, 0],
  ])('of %d to %d gives %d', (value, step, wanted) => {
    expect(new Rounding(step).round(value)).toBe(wanted);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('to %d does nothing', (step) => {
    expect(new Rounding(step).round(1.23456789012345)).toBe(1.23456789012345);
  });
});

describe('a written number', () => {
  it('is the rounded one, in JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(coordinate, fc.double({ noNaN: true, noDefaultInfinity: true })),
        fc.oneof(anyStep, fc.constant(0)),
        (value, step) => {
          const rounding = new Rounding(step);
          expect(JSON.parse(written(value, rounding)) + 0).toBe(rounding.round(value) + 0);
        },
      ),
      { numRuns: 800 },
    );
  });

  it('has at most the decimals of the step, and no trailing zeros', () => {
    fc.assert(
      fc.property(coordinate, fc.integer({ min: 0, max: 8 }), (value, decimals) => {
        // A double cannot distinguish numbers of more than 15 digits.
        fc.pre(Math.abs(value) < 10 ** (15 - decimals));
        const text = written(value, new Rounding(Number(`1e-${decimals}`)));
        expect(text).toMatch(/^(0|-?[1-9]\d*|-?(0|[1-9]\d*)\.\d*[1-9])$/);
        expect((text.split('.')[1] ?? '').length).toBeLessThanOrEqual(decimals);
      }),
      { numRuns: 600 },
    );
  });

  it.each([
    [0, '0'],
    [-0.0001, '0'],
    [-0.5, '-0.5'],
    [9.9996, '10'],
    [99999.9999, '100000'],
    [2147483647.123, '2147483647.123'],
    [2147483648.123, '2147483648.123'],
    [1000000.001, '1000000.001'],
    [1e21, '1e+21'],
  ])('%d to 0.001 is %s', (value, text) => {
    expect(written(value, new Rounding(0.001))).toBe(text);
  });

  it('fits into the buffer, even in very long geometries', () => {
    const coordinates = Array.from({ length: 100_000 }, () => [0, 0, 1e-300]);
    const xy = new Float64Array(200_000).fill(-123456.789);
    const geometry = { coordinates, depth: 1, firstVertex: 0 };
    const text = coordinatesText(geometry, {
      xy,
      rounding: new Rounding(0.001),
      swapped: false,
      published: null,
    });
    expect(text).toBe(`[${coordinates.map(() => '[-123456.789,-123456.789,1e-300]').join(',')}]`);
  });
});
