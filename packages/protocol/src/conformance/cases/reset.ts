import assert from 'node:assert/strict';
import { expectEnvelopes, expectNear, expectOk } from '../expect.js';
import { collection, feature, inMercator, PROJECTED_TOLERANCE, point } from '../geo.js';
import type { Cases } from '../scope.js';

const inside = feature('inside', point(5, 5));
const outside = feature('outside', point(50, 50));
const other = { no: 'geometry' };

/** RESET. */
export const resetCases: Cases = {
  async 'RESET holds GeoJSON back until the next BBOX, and nothing else'(scope) {
    const client = await scope.subscribed('BBOX 0 0 10 10');
    const sent = [inside, outside, other, collection(inside), point(5, 5), feature('nowhere', null), 'text'];
    expectOk(await client.run('RESET'), 'RESET');
    assert.deepEqual(await scope.received(client, sent), [other, 'text']);
    expectOk(await client.run('BBOX 40 40 60 60'), 'BBOX');
    assert.deepEqual(await scope.received(client, [inside, outside, other]), [outside, other]);
  },

  async 'BBOX without sides ends RESET too, and the old box is gone'(scope) {
    const client = await scope.subscribed('BBOX 0 0 10 10');
    await client.run('RESET');
    assert.deepEqual(await scope.received(client, [inside, outside]), []);
    expectOk(await client.run('BBOX'), 'BBOX');
    assert.deepEqual(await scope.received(client, [inside, outside]), [inside, outside]);
  },

  async 'a refused BBOX does not end RESET'(scope) {
    const client = await scope.subscribed('RESET');
    assert.equal((await client.run('BBOX 0 0 10')).status.status, 'error');
    assert.deepEqual(await scope.received(client, [inside, other]), [other]);
  },

  async 'RESET keeps projection and subscriptions'(scope) {
    const client = await scope.subscribed('PROJECTION epsg:3857');
    await client.run('RESET');
    await client.run('BBOX');
    expectNear(await scope.received(client, [inside]), [inMercator(inside)], PROJECTED_TOLERANCE);
  },

  async 'RESET holds features back from GET as well'(scope) {
    const client = await scope.connect();
    const [features, mixed] = [scope.name('features'), scope.name('mixed')];
    await scope.hset(features, { a: inside, b: outside });
    await scope.hset(mixed, { a: inside, b: other });
    await client.run('RESET');
    const none = await client.run(`GET ${features}`);
    expectEnvelopes(none.envelopes, [{ source: features, content: null, client_reference: null }]);
    const some = await client.run(`GET ${mixed} client_ref=r1`);
    expectEnvelopes(some.envelopes, [{ source: mixed, content: other, client_reference: 'r1' }]);
    await client.run('BBOX');
    assert.equal((await client.run(`GET ${features}`)).envelopes.length, 2);
  },

  async 'RESET drops the messages in a buffer'(scope) {
    const client = await scope.subscribed('BUFFER 10000 60000');
    const witness = await scope.subscribed();
    assert.deepEqual(await scope.received(witness, ['waits']), ['waits']);
    expectOk(await client.run('RESET'), 'RESET');
    expectOk(await client.run('BUFFER'), 'BUFFER');
    assert.deepEqual(await scope.received(client, ['after']), ['after']);
    const texts = client.inbox.since(0).map(({ envelope }) => JSON.stringify(envelope));
    assert.ok(!texts.some((text) => text.includes('waits')), 'the queued message must not arrive');
  },

  async 'RESET confirms with the client reference like any command'(scope) {
    const client = await scope.connect();
    expectOk(await client.run('RESET r1'), 'RESET');
    expectOk(await client.run('RESET client_ref=r1'), 'RESET');
  },
};
