import assert from 'node:assert/strict';
import { expectOk, expectRefused } from '../expect.js';
import { type Feature, feature, point } from '../geo.js';
import type { Cases, Scope } from '../scope.js';
import type { Client } from '../types.js';

const inside = feature('inside', point(5, 5));
const outside = feature('outside', point(50, 50));
const both: readonly Feature[] = [inside, outside];

/** The written forms of BBOX. */
export const bboxCases: Cases = {
  async 'BBOX keeps features outside away, and BBOX without sides ends that'(scope) {
    const client = await scope.subscribed();
    assert.deepEqual(await scope.received(client, both), both);
    expectOk(await client.run('BBOX 0 0 10 10'), 'BBOX');
    assert.deepEqual(await scope.received(client, both), [inside]);
    expectOk(await client.run('BBOX 40 40 60 60'), 'BBOX');
    assert.deepEqual(await scope.received(client, both), [outside]);
    expectOk(await client.run('BBOX'), 'BBOX');
    assert.deepEqual(await scope.received(client, both), both);
  },

  async 'BBOX accepts its sides by name, and numbers in any plain decimal form'(scope) {
    const client = await scope.subscribed();
    const forms = [
      'left=0 bottom=0 right=10 top=10',
      'top=10 right=10 bottom=0 left=0',
      '-0 +0 1e1 10.',
      '.5 0.5 100e-1 10.00',
    ];
    for (const form of forms) {
      await client.run('BBOX');
      expectOk(await client.run(`BBOX ${form}`), 'BBOX');
      assert.deepEqual(await scope.received(client, both), [inside], form);
    }
  },

  async 'BBOX accepts further arguments as hints'(scope) {
    const client = await scope.subscribed();
    for (const hints of ['11', '11 tenant=a mots=rail,bus gen_level=5', 'mots=rail', 'a b c d e f']) {
      await client.run('BBOX');
      expectOk(await client.run(`BBOX 0 0 10 10 ${hints}`), 'BBOX');
      assert.deepEqual(await scope.received(client, both), [inside], hints);
    }
  },

  async 'BBOX refuses what is not a valid box, and the old one stays'(scope) {
    const client = await scope.subscribed('BBOX 0 0 10 10');
    const refusals: readonly [line: string, code: 'invalid_argument' | 'missing_argument'][] = [
      ['BBOX 40', 'missing_argument'],
      ['BBOX 40 40 60', 'missing_argument'],
      ['BBOX left=40 top=60', 'missing_argument'],
      ['BBOX minX=40 minY=40 maxX=60 maxY=60', 'missing_argument'],
      ['BBOX west=40 south=40 east=60 north=60', 'missing_argument'],
      ['BBOX zoom=9', 'missing_argument'],
      ['BBOX nan 40 60 60', 'invalid_argument'],
      ['BBOX 40 40 60 NaN', 'invalid_argument'],
      ['BBOX -inf -inf inf inf', 'invalid_argument'],
      ['BBOX 40 40 Infinity 60', 'invalid_argument'],
      ['BBOX 1e400 0 60 60', 'invalid_argument'],
      ['BBOX 40 60 60 40', 'invalid_argument'],
      ['BBOX 0x28 40 60 60', 'invalid_argument'],
      ['BBOX 4_0 40 60 60', 'invalid_argument'],
      ['BBOX 40,40,60,60', 'invalid_argument'],
      ['BBOX a b c d', 'invalid_argument'],
      ['BBOX 40 40 60 60 left=40', 'invalid_argument'],
      ['BBOX 40 40 60 60 trim=maybe', 'invalid_argument'],
    ];
    for (const [line, code] of refusals) {
      await expectRefused(client, line, code);
      assert.deepEqual(await scope.received(client, both), [inside], `after ${line}`);
    }
  },

  async 'BBOX warns about a hint that looks like the option trim'(scope) {
    const client = await scope.subscribed();
    const { status } = await client.run('BBOX 0 0 10 10 trim');
    assert.ok(status.status === 'ok');
    assert.match(String(status.warning), /trim=true/u);
    const collection = { type: 'FeatureCollection', features: both };
    assert.deepEqual(await scope.received(client, [collection]), [collection]);
    expectOk(await client.run('BBOX 0 0 10 10 11'), 'BBOX');
  },

  async 'after RESET, a refused BBOX does not release features'(scope) {
    const client = await scope.subscribed('RESET');
    for (const line of ['BBOX minX=0 minY=0 maxX=10 maxY=10', 'BBOX zoom=9', 'BBOX 0 0 10']) {
      await expectRefused(client, line, 'missing_argument');
      assert.deepEqual(await scope.received(client, both), [], `after ${line}`);
    }
  },

  async 'a box of no width or height is valid'(scope) {
    const client = await scope.subscribed();
    for (const box of ['5 5 5 5', '0 5 10 5', '5 0 5 10']) await expectSees(scope, client, box, [inside]);
  },

  async 'a box with left beyond right crosses the antimeridian'(scope) {
    const client = await scope.subscribed();
    const fiji = feature('Fiji', point(178, -18));
    const samoa = feature('Samoa', point(-172, -14));
    const line = feature('date line', point(180, 0));
    const sent = [fiji, samoa, line, inside];
    await expectSees(scope, client, '170 -30 -170 10', [fiji, samoa, line], sent);
    await expectSees(scope, client, '179 -30 -170 10', [samoa, line], sent);
    await expectSees(scope, client, '-180 -30 -170 10', [samoa, line], sent);
  },

  async 'a box beyond 180 degrees continues around the earth'(scope) {
    const client = await scope.subscribed();
    const fiji = feature('Fiji', point(178, -18));
    const samoa = feature('Samoa', point(-172, -14));
    const sent = [fiji, samoa, inside];
    await expectSees(scope, client, '170 -30 190 10', [fiji, samoa], sent);
    await expectSees(scope, client, '-190 -30 -170 10', [fiji, samoa], sent);
    await expectSees(scope, client, '-400 -90 400 90', sent, sent);
  },

  async 'BBOX in metres means a place on the globe, too'(scope) {
    const client = await scope.subscribed();
    expectOk(await client.run('PROJECTION epsg:3857'), 'PROJECTION');
    const across = [feature('Fiji', point(178, -18)), feature('Samoa', point(-172, -14))];
    const names = async (box: string): Promise<string[]> => {
      expectOk(await client.run(`BBOX ${box}`), 'BBOX');
      const received = await scope.received(client, [...across, inside]);
      return received.map((each) => (each as Feature).properties.name);
    };
    assert.deepEqual(await names('19000000 -3000000 21000000 0'), ['Fiji', 'Samoa']);
    assert.deepEqual(await names('19000000 -3000000 -19000000 0'), ['Fiji', 'Samoa']);
    assert.deepEqual(await names('40200000 0 41000000 1000000'), ['inside']);
  },
};

async function expectSees(
  scope: Scope,
  client: Client,
  box: string,
  expected: readonly Feature[],
  sent: readonly Feature[] = both,
): Promise<void> {
  expectOk(await client.run(`BBOX ${box}`), 'BBOX');
  assert.deepEqual(await scope.received(client, sent), expected, `BBOX ${box}`);
}
