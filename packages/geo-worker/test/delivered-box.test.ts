import { fc } from '@viaduct/testkit/properties';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Bbox,
  BoxIndex,
  DATA_CRS,
  decidedByEnvelope,
  GeoMessage,
  Kind,
  resolveCrs,
} from '../src/index.js';
import { doMessage } from '../src/message-task.js';
import { doPortion } from '../src/portion-task.js';
import type { View } from '../src/view.js';

let views: View[];

beforeAll(async () => {
  const [mercator, swiss, feet, grads] = await Promise.all(
    ['epsg:3857', 'epsg:2056', 'epsg:2263', 'epsg:4807'].map(resolveCrs),
  );
  const view = (crs: View['crs'] | undefined, precision: number | null): View => ({
    crs: crs ?? DATA_CRS,
    axisOrder: 'xy',
    precision,
  });
  views = [
    view(mercator, null),
    view(mercator, 0.5),
    view(mercator, 1000),
    view(swiss, null),
    view(feet, 0.3),
    view(grads, null),
    view(DATA_CRS, null),
    view(DATA_CRS, 0.01),
  ];
});

const anyView = fc.nat().map((n) => () => views[n % views.length] as View);
/** A region in which all of these CRSs have coordinates. */
const place = fc.tuple(
  fc.double({ min: -60, max: 60, noNaN: true }),
  fc.double({ min: 0, max: 75, noNaN: true }),
);
const line = fc.uniqueArray(place, { minLength: 1, maxLength: 4, selector: String });

const point = (coordinates: unknown) => GeoMessage.parse(JSON.stringify({ type: 'Point', coordinates }));
const lineString = (coordinates: unknown) =>
  GeoMessage.parse(JSON.stringify({ type: 'LineString', coordinates }));
const delivered = (message: GeoMessage, view: View) => JSON.parse(message.render(view)).coordinates;

function inIndex(message: GeoMessage, box: Bbox, view: View): boolean {
  const index = new BoxIndex<string>(view.crs, view);
  index.set('box', box);
  let found = false;
  index.match(message, () => {
    found = true;
  });
  return found;
}

describe('a box in the projection in which coordinates are delivered', () => {
  it('holds a point exactly if it holds the delivered coordinates', () => {
    fc.assert(
      fc.property(place, anyView, fc.constantFrom(0, 1, -1), (at, choose, aside) => {
        const view = choose();
        const message = point(at);
        const [x, y] = delivered(message, view);
        const step = view.precision ?? view.crs.precision;
        const minX = x + aside * step;
        const box = { minX, minY: y, maxX: Math.max(minX, x) + step / 4, maxY: y };
        expect(message.intersects(box, view.crs, view)).toBe(aside <= 0);
        expect(inIndex(message, box, view)).toBe(aside <= 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('holds a line if it begins or ends at a delivered vertex', () => {
    fc.assert(
      fc.property(line, anyView, (coordinates, choose) => {
        const view = choose();
        const message = lineString(coordinates);
        for (const [x, y] of delivered(message, view)) {
          for (const box of [
            { minX: x, minY: y, maxX: x + 1e-4, maxY: y + 1e-4 },
            { minX: x - 1e-4, minY: y - 1e-4, maxX: x, maxY: y },
          ]) {
            expect(message.intersects(box, view.crs, view)).toBe(true);
            expect(inIndex(message, box, view)).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('holds coordinates in the default precision, if the view has no precision', async () => {
    const crs = await resolveCrs('epsg:3857');
    const message = point([7.4396, 46.9524]);
    const [x, y] = delivered(message, { crs, axisOrder: 'xy', precision: null });
    expect(message.intersects({ minX: x, minY: y, maxX: x, maxY: y }, crs)).toBe(true);
  });

  it('is compared with the published coordinates if it is in EPSG:4326 and the delivery is not', () => {
    const at: [number, number] = [7.123456789012345, 46.12345678901234];
    const box = { minX: at[0], minY: at[1], maxX: at[0], maxY: at[1] };
    for (const view of views.filter(({ crs }) => crs !== DATA_CRS)) {
      expect(point(at).intersects(box, DATA_CRS, view)).toBe(true);
    }
  });
});

describe('workers', () => {
  const frame = { room: 0, head: '', tail: '' };

  it('also test the coordinates that they send', async () => {
    await fc.assert(
      fc.asyncProperty(place, anyView, async (at, choose) => {
        const view = choose();
        const message = point(at);
        const [x, y] = delivered(message, view);
        const box = { minX: x, minY: y, maxX: x, maxY: y };
        const crs = view.crs.id;
        const sides = Float64Array.of(x, y, x, y);
        const name = { crs, axisOrder: view.axisOrder, precision: view.precision };
        const lists = { boxes: [{ crs, sides }], trimmed: [{ crs, sides }] };
        const recipients = [{ view: name, area: null, open: false, held: false, ...lists }];
        const read = await doMessage({ kind: 'message', text: message.text, frame, recipients });
        if (!read.valid) throw new Error(read.error);
        expect([...(read.readings[0]?.inBoxes[0] ?? [])]).toEqual([0]);
        expect(read.readings[0]?.trimmed[0]?.[0]).not.toBeNull();
        const task = { texts: [message.text], view: name, area: null, boxCrs: crs, frame };
        const { kinds, envelopes } = await doPortion({ kind: 'portion', ...task });
        expect((kinds[0] ?? 0) & Kind.everywhere).toBe(0);
        const [minX = 0, minY = 0, maxX = 0, maxY = 0] = envelopes ?? [];
        expect(decidedByEnvelope({ minX, minY, maxX, maxY }, box, view.crs)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
