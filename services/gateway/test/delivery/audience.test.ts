import { DATA_CRS, GeoMessage, resolveCrs } from '@viaduct/geo-worker';
import { describe, expect, test } from 'vitest';
import { passes, renderFor } from '../../src/delivery/audience.js';
import { SessionView } from '../../src/session/view.js';

const MERCATOR = await resolveCrs('epsg:3857');
const BOX = { minX: 0, minY: 0, maxX: 10, maxY: 10 };

function point(x: number, y: number): string {
  return `{"type":"Feature","properties":{"x":${x}},"geometry":{"type":"Point","coordinates":[${x},${y}]}}`;
}

const INSIDE = point(5, 5);
const OUTSIDE = point(50, 5);
const NOWHERE = '{"type":"Feature","properties":{},"geometry":null}';
const COLLECTION = `{"type":"FeatureCollection","features":[${INSIDE},${OUTSIDE},${NOWHERE}]}`;
const OTHER = '{"departures":3}';

/** The messages that pass the view. */
function passing(view: SessionView, texts: readonly string[]): string[] {
  return texts.filter((text) => passes(GeoMessage.parse(text), view));
}

const ALL = [INSIDE, OUTSIDE, NOWHERE, COLLECTION, OTHER, 'null', '[]', '"text"'];

describe('a view passes', () => {
  test('everything by default', () => {
    expect(passing(new SessionView(DATA_CRS), ALL)).toEqual(ALL);
  });

  test('with a box, features inside it, collections with any such feature, and content without a place', () => {
    const view = new SessionView(DATA_CRS);
    view.setBox(BOX);
    expect(passing(view, ALL)).toEqual(ALL.filter((text) => text !== OUTSIDE));
  });

  test('messages in a box that has its own CRS', () => {
    const view = new SessionView(MERCATOR);
    view.setBox(BOX);
    expect(passing(view, [INSIDE, point(0.00005, 0.00005)])).toEqual([point(0.00005, 0.00005)]);
  });

  test('only content other than GeoJSON while features are held back', () => {
    const view = new SessionView(DATA_CRS);
    view.hold();
    expect(passing(view, ALL)).toEqual([OTHER, 'null', '[]', '"text"']);
    view.setBox(BOX);
    expect(passing(view, ALL)).toEqual(ALL.filter((text) => text !== OUTSIDE));
  });

  test('with filters, messages that pass all of them and the box', () => {
    const view = new SessionView(DATA_CRS);
    const atLeast = (min: number) => (content: unknown) =>
      Number((content as { properties?: { x?: number } } | null)?.properties?.x) >= min;
    view.setFilter('low', atLeast(5));
    view.setFilter('high', (content) => !atLeast(20)(content));
    expect(passing(view, [INSIDE, OUTSIDE, point(3, 3), point(12, 3)])).toEqual([INSIDE, point(12, 3)]);
    view.setBox(BOX);
    expect(passing(view, [INSIDE, point(12, 3)])).toEqual([INSIDE]);
    view.setFilter('high', null);
    expect(passing(view, [INSIDE, OUTSIDE, point(12, 3)])).toEqual([INSIDE]);
    view.setFilter('low', null);
    expect(passing(view, [INSIDE, point(3, 3)])).toEqual([INSIDE, point(3, 3)]);
  });
});

describe('the content that is sent', () => {
  const rendered = (text: string, view: SessionView): unknown =>
    JSON.parse(renderFor(GeoMessage.parse(text), view));

  test('is the whole collection, unless the session wants it trimmed to its box', () => {
    const view = new SessionView(DATA_CRS);
    view.setBox(BOX);
    expect(rendered(COLLECTION, view)).toEqual(JSON.parse(COLLECTION));
    view.setBox(BOX, { trim: true, hints: [], namedHints: {} });
    expect(rendered(COLLECTION, view)).toEqual({
      type: 'FeatureCollection',
      features: [JSON.parse(INSIDE), JSON.parse(NOWHERE)],
    });
    view.clearBox();
    expect(rendered(COLLECTION, view)).toEqual(JSON.parse(COLLECTION));
  });

  test('has the coordinates of the session, or of another view if one is given', () => {
    const view = new SessionView(MERCATOR);
    const message = GeoMessage.parse(INSIDE);
    const coordinates = (json: string): number[] => JSON.parse(json).geometry.coordinates;
    expect(coordinates(renderFor(message, view))[0]).toBeCloseTo(556_597.454, 3);
    expect(renderFor(message, view, { crs: DATA_CRS, axisOrder: 'xy', precision: null })).toBe(INSIDE);
  });
});

describe('a geometry that does not exist in the projection', () => {
  const POLE = '{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[0,95]}}';
  const rendered = (text: string, view: SessionView) => renderFor(GeoMessage.parse(text), view);

  test('is null, and the envelope says so after the content', () => {
    const view = new SessionView(MERCATOR);
    expect(rendered(POLE, view)).toBe(`${NOWHERE},"unlocated":true`);
    view.setBox(BOX, { trim: true, hints: [], namedHints: {} });
    const some = `{"type":"FeatureCollection","features":[${POLE},${point(0.00005, 0)}]}`;
    expect(rendered(some, view)).toMatch(/\},"unlocated":true$/);
  });

  test('does not include geometries that were published as null, or are sent unchanged', () => {
    expect(rendered(NOWHERE, new SessionView(MERCATOR))).toBe(NOWHERE);
    expect(rendered(POLE, new SessionView(DATA_CRS))).toBe(POLE);
  });
});
