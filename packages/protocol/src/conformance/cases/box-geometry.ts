import assert from 'node:assert/strict';
import { collection, type Feature, feature, geometries, line, point, polygon, ring } from '../geo.js';
import type { Cases, Scope } from '../scope.js';

const BOX = 'BBOX 10 10 20 20';

/** Which features pass the box: those that touch it, including its edges. */
export const boxGeometryCases: Cases = {
  async 'a point on an edge or corner of the box is in, one beside it is not'(scope) {
    await expectInBox(scope, {
      in: [
        feature('left edge', point(10, 15)),
        feature('top edge', point(15, 20)),
        feature('corner', point(20, 20)),
        feature('middle', point(15, 15)),
      ],
      out: [
        feature('beside the left edge', point(9.999999, 15)),
        feature('above the top edge', point(15, 20.000001)),
        feature('beside the corner', point(20.000001, 20.000001)),
      ],
    });
  },

  async 'a line is in if it crosses the box, with or without a vertex inside'(scope) {
    await expectInBox(scope, {
      in: [
        feature('through', line([0, 15], [30, 15])),
        feature('across the corner', line([5, 16], [16, 5])),
        feature('touches a corner', line([5, 15], [15, 5])),
        feature('along an edge', line([10, 0], [10, 30])),
        feature('ends on an edge', line([0, 12], [10, 12])),
        feature('inside', line([12, 12], [13, 13])),
      ],
      out: [
        feature('past the corner', line([5, 14.9], [14.9, 5])),
        feature('around', line([5, 5], [5, 25], [25, 25], [25, 5])),
      ],
    });
  },

  async 'a polygon is in if it encloses the box or crosses it'(scope) {
    await expectInBox(scope, {
      in: [
        feature('encloses', polygon(ring(0, 0, 30, 30))),
        feature('inside', polygon(ring(12, 12, 13, 13))),
        feature('overlaps', polygon(ring(15, 15, 30, 30))),
        feature('touches', polygon(ring(20, 10, 30, 20))),
      ],
      out: [
        feature('beside', polygon(ring(21, 10, 30, 20))),
        feature(
          'L around the corner',
          polygon([
            [0, 0],
            [30, 0],
            [30, 9],
            [9, 9],
            [9, 30],
            [0, 30],
            [0, 0],
          ]),
        ),
      ],
    });
  },

  async "a box in a polygon's hole is not in the polygon; the hole's edge belongs to it"(scope) {
    const outer = ring(0, 0, 30, 30);
    await expectInBox(scope, {
      in: [
        feature('hole smaller than the box', polygon(outer, ring(12, 12, 18, 18))),
        feature('hole whose edge is the box', polygon(outer, ring(10, 10, 20, 20))),
        feature('hole elsewhere', polygon(outer, ring(1, 1, 2, 2))),
        feature('island in the hole', {
          type: 'MultiPolygon',
          coordinates: [[outer, ring(5, 5, 25, 25)], [ring(14, 14, 16, 16)]],
        }),
      ],
      out: [feature('hole around the box', polygon(outer, ring(5, 5, 25, 25)))],
    });
  },

  async 'a geometry of several parts is in if one part is'(scope) {
    await expectInBox(scope, {
      in: [
        feature('MultiPoint', {
          type: 'MultiPoint',
          coordinates: [
            [0, 0],
            [15, 15],
          ],
        }),
        feature('MultiLineString', {
          type: 'MultiLineString',
          coordinates: [
            [
              [0, 0],
              [1, 1],
            ],
            [
              [0, 15],
              [30, 15],
            ],
          ],
        }),
        feature('MultiPolygon', {
          type: 'MultiPolygon',
          coordinates: [[ring(0, 0, 1, 1)], [ring(9, 9, 30, 30)]],
        }),
        feature('GeometryCollection', geometries(point(0, 0), line([0, 15], [30, 15]))),
        feature('nested GeometryCollection', geometries(point(0, 0), geometries(point(15, 15)))),
      ],
      out: [
        feature('MultiPoint around', {
          type: 'MultiPoint',
          coordinates: [
            [0, 0],
            [30, 30],
          ],
        }),
        feature('MultiLineString beside', {
          type: 'MultiLineString',
          coordinates: [
            [
              [0, 0],
              [1, 1],
            ],
            [
              [5, 0],
              [5, 30],
            ],
          ],
        }),
        feature('MultiPolygon beside', {
          type: 'MultiPolygon',
          coordinates: [[ring(0, 0, 1, 1)], [ring(22, 0, 30, 30)]],
        }),
        feature('GeometryCollection beside', geometries(point(0, 0), line([0, 5], [30, 5]))),
      ],
    });
  },

  async 'heights do not count'(scope) {
    await expectInBox(scope, {
      in: [feature('point', point(15, 15, 9000)), feature('line', line([0, 15, -5], [30, 15, 9000]))],
      out: [feature('beside', point(0, 0, 15))],
    });
  },

  async 'messages without a place pass: null and empty geometries, unknown types'(scope) {
    await expectInBox(scope, {
      in: [
        feature('null', null),
        feature('empty point', { type: 'Point', coordinates: [] }),
        feature('empty line', { type: 'LineString', coordinates: [] }),
        feature('empty multipolygon', { type: 'MultiPolygon', coordinates: [] }),
        feature('empty collection', geometries()),
        feature('unknown type', { type: 'Circle', coordinates: [0, 0] }),
      ],
      out: [],
    });
  },

  async 'messages that are not GeoJSON pass'(scope) {
    const client = await scope.subscribed(BOX);
    const others = [
      { n: 1 },
      'text',
      0,
      false,
      [1, 2],
      { type: 'Train', geometry: { type: 'Point' } },
      { type: 7 },
    ];
    assert.deepEqual(await scope.received(client, others), others);
  },

  async 'a geometry without a feature is filtered like a feature'(scope) {
    const client = await scope.subscribed(BOX);
    const inside = point(15, 15);
    const through = line([0, 15], [30, 15]);
    assert.deepEqual(await scope.received(client, [inside, point(0, 0), through, line([0, 0], [1, 1])]), [
      inside,
      through,
    ]);
  },

  async 'a FeatureCollection passes as a whole if one of its features is in'(scope) {
    const client = await scope.subscribed(BOX);
    const [inside, outside] = [feature('inside', point(15, 15)), feature('outside', point(0, 0))];
    const mixed = collection(outside, inside, outside);
    const empty = collection();
    assert.deepEqual(await scope.received(client, [mixed, collection(outside), empty]), [mixed, empty]);
  },

  async 'a FeatureCollection is reduced to the box for a session that asks for trim=true'(scope) {
    const client = await scope.subscribed(`${BOX} trim=true`);
    const [inside, outside] = [feature('inside', point(15, 15)), feature('outside', point(0, 0))];
    const nowhere = feature('nowhere', null);
    const sent = [collection(outside, inside, outside, nowhere), collection(outside), inside, outside];
    assert.deepEqual(await scope.received(client, sent), [collection(inside, nowhere), inside]);
    await client.run(BOX);
    assert.deepEqual(await scope.received(client, sent), [sent[0], inside]);
  },
};

async function expectInBox(
  scope: Scope,
  features: { in: readonly Feature[]; out: readonly Feature[] },
): Promise<void> {
  const client = await scope.subscribed(BOX);
  const received = await scope.received(client, [...features.out, ...features.in]);
  assert.deepEqual(received, features.in);
}
