import { type Bbox, DATA_CRS, resolveCrs } from '@viaduct/geo-worker';
import { describe, expect, test } from 'vitest';
import { SessionView } from '../../src/session/view.js';

const MERCATOR = await resolveCrs('epsg:3857');
const SWISS = await resolveCrs('epsg:2056');
const BOX: Bbox = { minX: 0, minY: 0, maxX: 10, maxY: 10 };
const OTHER_BOX: Bbox = { minX: 5, minY: 5, maxX: 6, maxY: 6 };

/** The steps of a client, by the letters of the tests below. */
const STEPS: Record<string, (view: SessionView) => void> = {
  P: (view) => view.setProjection({ crs: MERCATOR, axisOrder: 'xy', precision: null }),
  S: (view) => view.setProjection({ crs: SWISS, axisOrder: 'xy', precision: null }),
  D: (view) => view.setProjection({ crs: DATA_CRS, axisOrder: 'xy', precision: null }),
  B: (view) => view.setBox(BOX),
  C: (view) => view.clearBox(),
  R: (view) => view.hold(),
};

function after(steps: string, view = new SessionView(DATA_CRS)): SessionView {
  for (const step of steps) STEPS[step]?.(view);
  return view;
}

describe('P = PROJECTION epsg:3857, S = epsg:2056, D = epsg:4326, B = BBOX, C = BBOX alone, R = RESET', () => {
  test.each([
    ['B', 'EPSG:4326'],
    ['PB', 'EPSG:3857'],
    ['BP', 'EPSG:4326'],
    ['BPB', 'EPSG:4326'],
    ['BPCB', 'EPSG:3857'],
    ['PBS', 'EPSG:2056'],
    ['PBDP', 'EPSG:4326'],
    ['BPS', 'EPSG:4326'],
    ['PSB', 'EPSG:2056'],
    ['DB', 'EPSG:4326'],
    ['DBP', 'EPSG:4326'],
    ['PBD', 'EPSG:4326'],
    ['PDBP', 'EPSG:4326'],
    ['BPRB', 'EPSG:3857'],
    ['PBRB', 'EPSG:3857'],
  ])('after %s the box is in %s', (steps, crs) => {
    const { boxCrs, bbox } = after(steps);
    expect(boxCrs.id.toUpperCase()).toBe(crs);
    expect(bbox).toEqual(BOX);
  });

  test.each([
    ['B', 'EPSG:3857'],
    ['BS', 'EPSG:2056'],
    ['BD', 'EPSG:4326'],
    ['BDP', 'EPSG:4326'],
    ['CB', 'EPSG:3857'],
  ])('with the default projection epsg:3857, after %s the box is in %s', (steps, crs) => {
    expect(after(steps, new SessionView(MERCATOR)).boxCrs.id.toUpperCase()).toBe(crs);
  });
});

test('a new session sees everything, in the default projection', () => {
  const view = new SessionView(MERCATOR);
  expect(view).toMatchObject({ crs: MERCATOR, axisOrder: 'xy', precision: null });
  expect(view).toMatchObject({ bbox: null, held: false, filters: null });
  expect(view.boxOptions).toEqual({ trim: false, hints: [], namedHints: {} });
});

test('a change of projection does not change the numbers of a box', () => {
  expect(after('PBSDP').bbox).toEqual(BOX);
});

test('a box replaces the previous box and its options', () => {
  const view = after('B');
  view.setBox(OTHER_BOX, { trim: true, hints: ['12'], namedHints: { mots: 'rail' } });
  expect(view.bbox).toEqual(OTHER_BOX);
  expect(view.boxOptions).toEqual({ trim: true, hints: ['12'], namedHints: { mots: 'rail' } });
  view.setBox(BOX);
  expect(view.bbox).toEqual(BOX);
  expect(view.boxOptions).toEqual({ trim: false, hints: [], namedHints: {} });
});

test('clearing the box clears its options', () => {
  const view = new SessionView(DATA_CRS);
  view.setBox(BOX, { trim: true, hints: ['12'], namedHints: {} });
  view.clearBox();
  expect(view.bbox).toBeNull();
  expect(view.boxOptions.trim).toBe(false);
  expect(view.boxOptions.hints).toEqual([]);
});

test('hold clears the box and lasts until a box is set or cleared', () => {
  expect(after('BR')).toMatchObject({ held: true, bbox: null });
  expect(after('BRP').held).toBe(true);
  expect(after('BRB')).toMatchObject({ held: false, bbox: BOX });
  expect(after('BRC')).toMatchObject({ held: false, bbox: null });
});

test('a filter is added, replaced and removed by its name', () => {
  const view = new SessionView(DATA_CRS);
  const [first, second] = [() => true, () => false];
  view.setFilter('a', first);
  view.setFilter('b', first);
  view.setFilter('a', second);
  expect([...(view.filters ?? [])]).toEqual([
    ['a', second],
    ['b', first],
  ]);
  view.setFilter('a', null);
  view.setFilter('missing', null);
  expect([...(view.filters ?? [])]).toEqual([['b', first]]);
  view.setFilter('b', null);
  expect(view.filters).toBeNull();
  view.setFilter('b', null);
  expect(view.filters).toBeNull();
});

test('filters stay when box and hold change', () => {
  const view = after('B');
  view.setFilter('a', () => true);
  for (const step of 'CRBPD') STEPS[step]?.(view);
  expect(view.filters?.size).toBe(1);
});

test.each([
  ['coarser than that of the gateway', MERCATOR, 0.5, 0.5],
  ['finer than that of the gateway', MERCATOR, 1e-6, null],
  ['coarser, in the CRS of the data', DATA_CRS, 0.01, 0.01],
  ['finer, in the CRS of the data', DATA_CRS, 1e-12, null],
])('a precision %s', (_what, crs, precision, used) => {
  const view = new SessionView(DATA_CRS);
  view.setProjection({ crs, axisOrder: 'xy', precision });
  expect(view.precision).toBe(used);
});

test('views share a key exactly if they give the same bytes', () => {
  const crs = MERCATOR;
  const key = (axisOrder: 'xy' | 'crs', precision: number | null): string => {
    const view = new SessionView(DATA_CRS);
    view.setProjection({ crs, axisOrder, precision });
    return view.key;
  };
  expect(after('BP').key).toBe(key('xy', null));
  expect(after('P', new SessionView(SWISS)).key).toBe(key('xy', null));
  const keys = [
    after('S').key,
    after('').key,
    key('xy', null),
    key('crs', null),
    key('xy', 1),
    key('xy', 0.1),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test('box, hold and filters do not change the key', () => {
  const view = after('P');
  const { key } = view;
  for (const step of 'BRC') STEPS[step]?.(view);
  view.setFilter('a', () => true);
  expect(view.key).toBe(key);
});

test.each([
  [1, 1],
  [1.9, 1],
  [2, 2],
  [4.99, 2],
  [5, 5],
  [9.9, 5],
  [10, 10],
  [0.03, 0.02],
  [0.05, 0.05],
  [0.3, 0.2],
  [1000, 1000],
  [1e6, 1e6],
])('clients share a few precisions: %d is served as %d', (requested, used) => {
  const view = new SessionView(DATA_CRS);
  for (const crs of [MERCATOR, DATA_CRS]) {
    view.setProjection({ crs, axisOrder: 'xy', precision: requested });
    expect(view.precision).toBe(used);
  }
});
