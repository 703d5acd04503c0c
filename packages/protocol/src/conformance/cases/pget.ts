import assert from 'node:assert/strict';
import { expectEnvelopes, expectNear, expectOk, expectRefused, expectSame } from '../expect.js';
import { feature, inMercator, PROJECTED_TOLERANCE, point } from '../geo.js';
import type { Cases } from '../scope.js';

const inside = feature('inside', point(5, 5));
const outside = feature('outside', point(50, 50));

/** GET in another projection than the session's. */
export const pgetCases: Cases = {
  async "PGET sends the data's own coordinates, whatever the session's projection"(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { a: inside });
    await client.run('PROJECTION epsg:3857');
    const reply = await client.run(`PGET ${key}`);
    expectOk(reply, 'PGET');
    expectEnvelopes(reply.envelopes, [{ source: key, content: inside, client_reference: null }]);
    const field = await client.run(`PGET ${key} a r1`);
    expectEnvelopes(field.envelopes, [{ source: `${key} a`, content: inside, client_reference: 'r1' }]);
  },

  async "PGET sends the projection that it names, and the session's does not change"(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { a: inside });
    const lines = [
      `PGET ${key} projection=epsg:3857`,
      `PGET ${key} a projection=epsg:3857`,
      `PGET ${key} a r1 epsg:3857`,
    ];
    for (const line of lines) {
      const { envelopes } = await client.run(line);
      assert.equal(envelopes.length, 1);
      expectNear(envelopes[0]?.content, inMercator(inside), PROJECTED_TOLERANCE);
    }
    const { envelopes } = await client.run(`GET ${key}`);
    expectEnvelopes(envelopes, [{ source: key, content: inside, client_reference: null }]);
  },

  async 'PGET of a hash applies the box, PGET of a field does not'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { in: inside, out: outside });
    await client.run('BBOX 0 0 10 10');
    const own = await client.run(`PGET ${key}`);
    expectEnvelopes(own.envelopes, [{ source: key, content: inside, client_reference: null }]);
    const projected = await client.run(`PGET ${key} projection=epsg:3857 client_ref=r1`);
    assert.deepEqual(
      projected.envelopes.map((envelope) => envelope.client_reference),
      ['r1'],
    );
    expectNear(projected.envelopes[0]?.content, inMercator(inside), PROJECTED_TOLERANCE);
    const field = await client.run(`PGET ${key} out`);
    expectEnvelopes(field.envelopes, [{ source: `${key} out`, content: outside, client_reference: null }]);
  },

  async "PGET reads the box in the session's projection if that was set first"(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { in: inside, out: outside });
    await client.run('PROJECTION epsg:3857');
    await client.run('BBOX 500000 500000 600000 600000');
    const { envelopes } = await client.run(`PGET ${key}`);
    expectSame(
      envelopes.map((envelope) => envelope.content),
      [inside],
    );
  },

  async 'PGET of a missing key is answered with one null'(scope) {
    const client = await scope.connect();
    const key = scope.name('nothing');
    const { envelopes } = await client.run(`PGET ${key} client_ref=r1`);
    expectEnvelopes(envelopes, [{ source: key, content: null, client_reference: 'r1' }]);
  },

  async 'PGET refuses invalid arguments'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await expectRefused(client, `PGET ${key} projection=epsg:99999`, 'unknown_crs');
    await expectRefused(client, `PGET ${key} projection=epsg:6247`, 'unsupported_crs');
    await expectRefused(client, `PGET ${scope.conformance.forbidden}`, 'not_allowed');
  },
};
