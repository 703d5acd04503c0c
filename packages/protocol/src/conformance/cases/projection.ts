import assert from 'node:assert/strict';
import { expectNear, expectOk, expectRefused } from '../expect.js';
import {
  collection,
  EVERY_TYPE,
  type Feature,
  feature,
  inMercator,
  mercator,
  PROJECTED_TOLERANCE,
  point,
} from '../geo.js';
import type { Cases } from '../scope.js';

/**
 * Points of Switzerland in EPSG:2056, computed with PROJ 9.1.1 and the EPSG dataset v10.076. Other versions and
 * implementations differ by far less than the tolerance.
 */
const SWISS: readonly [degrees: readonly [number, number], metres: readonly [number, number]][] = [
  [
    [6.6395, 46.1185],
    [2538221.816, 1107760.258],
  ],
  [
    [8.225, 46.1185],
    [2660789.201, 1107748.813],
  ],
  [
    [9.8105, 46.1185],
    [2783331.387, 1110215.883],
  ],
];

const bern = feature('Bern', point(7.5, 47));

/** PROJECTION. */
export const projectionCases: Cases = {
  async 'PROJECTION transforms every type of geometry and keeps heights'(scope) {
    const client = await scope.subscribed('PROJECTION epsg:3857');
    const received = await scope.received(client, EVERY_TYPE);
    expectNear(received, EVERY_TYPE.map(inMercator), PROJECTED_TOLERANCE);
  },

  async 'PROJECTION transforms collections and bare geometries'(scope) {
    const client = await scope.subscribed('PROJECTION epsg:3857');
    const sent = [collection(...EVERY_TYPE, feature('nowhere', null)), point(7.5, 47, 450)];
    const expected = [
      collection(...EVERY_TYPE.map(inMercator), feature('nowhere', null)),
      point(...mercator(7.5, 47), 450),
    ];
    expectNear(await scope.received(client, sent), expected, PROJECTED_TOLERANCE);
  },

  async 'PROJECTION distinguishes what does not exist in it from what is gone'(scope) {
    // Lambert's cone opens to the south: the south pole is infinitely far away.
    const client = await scope.subscribed('PROJECTION epsg:2154');
    const pole = feature('pole', point(0, -90));
    const sent = [pole, collection(bern, pole), feature('gone', null), bern];
    const [arrivals = []] = await scope.arrivals(
      [client],
      sent.map((content) => JSON.stringify(content)),
    );
    const unlocated = arrivals.map(({ envelope }) => envelope.unlocated ?? false);
    assert.deepEqual(unlocated, [true, true, false, false]);
    assert.deepEqual(arrivals[0]?.envelope.content, { ...pole, geometry: null });
    assert.deepEqual(arrivals[2]?.envelope.content, feature('gone', null));
  },

  async 'PROJECTION changes nothing else'(scope) {
    const client = await scope.subscribed('PROJECTION epsg:3857');
    const others = [
      feature('null', null),
      feature('empty', { type: 'LineString', coordinates: [] }),
      feature('unknown', { type: 'Circle', coordinates: [7.5, 47] }),
      { coordinates: [7.5, 47] },
      [7.5, 47],
      'text',
    ];
    assert.deepEqual(await scope.received(client, others), others);
    const rich = {
      type: 'Feature',
      id: 'train-17',
      properties: { speed: 7.5, at: [7.5, 47], ü: '€' },
      geometry: point(7.5, 47),
      extra: { coordinates: [7.5, 47] },
    };
    const expected = [{ ...rich, geometry: point(...mercator(7.5, 47)) }];
    expectNear(await scope.received(client, [rich]), expected, PROJECTED_TOLERANCE);
  },

  async 'PROJECTION removes members that describe the published coordinates'(scope) {
    const client = await scope.subscribed('PROJECTION epsg:3857');
    const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:OGC:1.3:CRS84' } };
    const described = { ...bern, bbox: [7.5, 47, 7.5, 47], crs };
    const sent = [described, { ...collection(bern), bbox: [7.5, 47, 7.5, 47], crs }];
    const expected = [inMercator(bern), collection(inMercator(bern))];
    expectNear(await scope.received(client, sent), expected, PROJECTED_TOLERANCE);
    await client.run('PROJECTION epsg:4326');
    assert.deepEqual(await scope.received(client, sent), sent);
  },

  async 'PROJECTION supports national grids'(scope) {
    const client = await scope.subscribed('PROJECTION epsg:2056');
    const sent = SWISS.map(([degrees]) => point(...degrees));
    const expected = SWISS.map(([, metres]) => point(...metres));
    expectNear(await scope.received(client, sent), expected, PROJECTED_TOLERANCE);
  },

  async "PROJECTION sends the CRS's own axis order to a session that asks for it"(scope) {
    const client = await scope.subscribed('PROJECTION epsg:4258 axis_order=crs');
    const tolerance = 1e-6;
    expectNear(await scope.received(client, [point(7.5, 47, 450)]), [point(47, 7.5, 450)], tolerance);
    expectOk(await client.run('PROJECTION epsg:4258 axis_order=xy'), 'PROJECTION');
    expectNear(await scope.received(client, [point(7.5, 47, 450)]), [point(7.5, 47, 450)], tolerance);
    expectOk(await client.run('PROJECTION epsg:4258 axis_order=crs'), 'PROJECTION');
    expectOk(await client.run('PROJECTION epsg:4258'), 'PROJECTION');
    expectNear(await scope.received(client, [point(7.5, 47)]), [point(7.5, 47)], tolerance);
  },

  async 'PROJECTION rounds to the step that a session asks for'(scope) {
    const client = await scope.subscribed('PROJECTION epsg:3857 precision=1000');
    const [x = 0, y = 0] = mercator(7.5, 47);
    const [received] = await scope.received(client, [point(7.5, 47)]);
    expectNear(received, point(Math.round(x / 1000) * 1000, Math.round(y / 1000) * 1000), 1e-6);
  },

  async "PROJECTION with the data's own CRS sends the data unchanged"(scope) {
    const client = await scope.subscribed('PROJECTION epsg:3857');
    expectNear(await scope.received(client, [bern]), [inMercator(bern)], PROJECTED_TOLERANCE);
    expectOk(await client.run('PROJECTION epsg:4326'), 'PROJECTION');
    assert.deepEqual(await scope.received(client, [bern]), [bern]);
  },

  async 'PROJECTION refuses an unknown or unsupported CRS, and the old one stays'(scope) {
    const client = await scope.subscribed('PROJECTION epsg:3857');
    const refusals = [
      ['PROJECTION epsg:99999', 'unknown_crs'],
      ['PROJECTION banana', 'unknown_crs'],
      ['PROJECTION epsg:__proto__', 'unknown_crs'],
      ['PROJECTION constructor', 'unknown_crs'],
      ['PROJECTION epsg:6247', 'unsupported_crs'],
      ['PROJECTION', 'missing_argument'],
      ['PROJECTION epsg:2056 axis_order=yx', 'invalid_argument'],
      ['PROJECTION epsg:2056 precision=0', 'invalid_argument'],
    ] as const;
    for (const [line, code] of refusals) {
      await expectRefused(client, line, code);
      expectNear(await scope.received(client, [bern]), [inMercator(bern)], PROJECTED_TOLERANCE);
    }
  },

  async 'PROJECTION warns about a CRS with limited accuracy'(scope) {
    const client = await scope.subscribed();
    const { status } = await client.run('PROJECTION epsg:23032');
    assert.equal(status.status, 'ok');
    const warning = status.status === 'ok' ? status.warning : undefined;
    assert.match(warning ?? 'no warning', /\d\s*(?:m\b|metres?\b|km\b)/u, 'the warning names the accuracy');
    const [received] = await scope.received(client, [point(9, 43.7)]);
    expectNear(received, point(500082.6, 4838749.5), 1000);
    expectOk(await client.run('PROJECTION epsg:3857'), 'PROJECTION');
  },

  async 'PROJECTION never sends a coordinate that is not a number: such a feature has no geometry'(scope) {
    const client = await scope.subscribed('PROJECTION epsg:3857');
    const places = [
      [0, 90],
      [0, -90],
      [540, 0],
      [0, 1e6],
      [1e300, 1e300],
    ];
    const sent = places.map(([x = 0, y = 0]) => feature(`${x} ${y}`, point(x, y)));
    const received = (await scope.received(client, sent)) as Feature[];
    assert.equal(received.length, sent.length);
    for (const { properties, geometry } of received) {
      const coordinates = geometry === null ? [] : geometry.coordinates;
      const numeric = Array.isArray(coordinates) && coordinates.every(Number.isFinite);
      assert.ok(numeric, `${properties.name} became ${JSON.stringify(geometry)}`);
    }
  },
};
