import { describe, expect, it } from 'vitest';
import { Area } from '../src/index.js';

describe('Area.of', () => {
  const ring = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ];

  it.each([
    null,
    'CH',
    {},
    [],
    [1, 2, 3],
    [1, 2, 3, 4, 5],
    [1, 2, 3, '4'],
    [0, 5, 1, 4],
    [0, 0, 1, 91],
    [-541, 0, 1, 1],
    { type: 'Point', coordinates: [1, 2] },
    { type: 'Polygon' },
    { type: 'Polygon', coordinates: [] },
    { type: 'Polygon', coordinates: [[]] },
    { type: 'Polygon', coordinates: [ring.slice(1)] },
    {
      type: 'Polygon',
      coordinates: [
        ring,
        [
          [0, 0],
          [1, 1],
        ],
      ],
    },
    {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      ],
    },
    {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 'x'],
          [1, 1],
          [0, 0],
        ],
      ],
    },
    { type: 'MultiPolygon', coordinates: [ring] },
    { type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] } },
  ])('refuses %j, and says what is valid', (value) => {
    expect(() => Area.of(value)).toThrow(
      /the area cannot be read; it must be \[minX.*Polygon or MultiPolygon/u,
    );
  });

  it('refuses more vertices than the bound, and says what to do', () => {
    const round = (vertices: number): number[][] => {
      const open = Array.from({ length: vertices - 1 }, (_, i) => {
        const angle = (2 * Math.PI * i) / (vertices - 1);
        return [Math.cos(angle), Math.sin(angle)];
      });
      return [...open, ...open.slice(0, 1)];
    };
    const polygon = (...rings: number[][][]) => ({ type: 'Polygon', coordinates: rings });
    expect(() => Area.of(polygon(round(10_000)))).not.toThrow();
    expect(() => Area.of(polygon(round(10_001)))).toThrow(
      'the area has 10001 vertices; it may have at most 10000, so simplify it',
    );
    expect(() => Area.of(polygon(round(6_000), round(5_000)))).toThrow('11000 vertices');
    const parts = { type: 'MultiPolygon', coordinates: [[round(6_000)], [round(5_000)]] };
    expect(() => Area.of(parts)).toThrow('11000 vertices');
  });

  it('gives equal areas the same id, and different areas different ids', () => {
    expect(Area.of({ type: 'Polygon', coordinates: [ring] }).id).toBe(
      Area.of({ type: 'Polygon', coordinates: [ring] }).id,
    );
    expect(Area.of([0, 0, 1, 1]).id).not.toBe(Area.of([0, 0, 1, 2]).id);
  });
});
