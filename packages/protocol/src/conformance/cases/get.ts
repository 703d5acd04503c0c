import assert from 'node:assert/strict';
import { expectEnvelopes, expectError, expectNear, expectOk, expectSame } from '../expect.js';
import { feature, inMercator, PROJECTED_TOLERANCE, point } from '../geo.js';
import type { Cases } from '../scope.js';

const inside = feature('inside', point(5, 5));
const outside = feature('outside', point(50, 50));

/** GET of a whole hash and of one field. */
export const getCases: Cases = {
  async 'GET of an empty key is answered with one null'(scope) {
    const client = await scope.connect();
    const key = scope.name('nothing');
    const reply = await client.run(`GET ${key}`);
    expectOk(reply, 'GET');
    expectEnvelopes(reply.envelopes, [{ source: key, content: null, client_reference: null }]);
    const referenced = await client.run(`GET ${key} client_ref=r1`);
    expectEnvelopes(referenced.envelopes, [{ source: key, content: null, client_reference: 'r1' }]);
  },

  async 'GET of a hash sends one envelope for each value, with the key as source'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    const values = { a: inside, b: 'text', c: 17, d: [1, { deep: true }], e: { ü: '€😀' }, f: true };
    await scope.hset(key, values);
    const reply = await client.run(`GET ${key}`);
    expectOk(reply, 'GET');
    const expected = Object.values(values).map((content) => ({
      source: key,
      content,
      client_reference: null,
    }));
    expectEnvelopes(reply.envelopes, expected);
  },

  async 'GET repeats a client reference in every envelope of the answer'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { a: 1, b: 2, c: 3 });
    for (const line of [`GET ${key} client_ref=r1`, `GET client_ref=r1 key=${key}`]) {
      const { envelopes } = await client.run(line);
      expectEnvelopes(
        envelopes,
        [1, 2, 3].map((content) => ({ source: key, content, client_reference: 'r1' })),
      );
    }
  },

  async 'GET of a field is answered with exactly one envelope whose source is key and field'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { a: inside, b: outside });
    const reply = await client.run(`GET ${key} b`);
    expectOk(reply, 'GET');
    expectEnvelopes(reply.envelopes, [{ source: `${key} b`, content: outside, client_reference: null }]);
    for (const line of [
      `GET ${key} b r1`,
      `GET ${key} b client_ref=r1`,
      `GET field=b key=${key} client_ref=r1`,
    ]) {
      const { envelopes } = await client.run(line);
      expectEnvelopes(envelopes, [{ source: `${key} b`, content: outside, client_reference: 'r1' }]);
    }
  },

  async 'GET of a missing field is answered with one null'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { a: 1 });
    for (const [line, source] of [
      [`GET ${key} missing`, `${key} missing`],
      [`GET ${key}-missing a`, `${key}-missing a`],
    ] as const) {
      const { envelopes } = await client.run(line);
      expectEnvelopes(envelopes, [{ source, content: null, client_reference: null }]);
    }
  },

  async 'GET of a hash keeps to the box, GET of a field does not'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { in: inside, out: outside, other: { no: 'geometry' } });
    await client.run('BBOX 0 0 10 10');
    const all = await client.run(`GET ${key}`);
    expectSame(
      all.envelopes.map((envelope) => envelope.content),
      [inside, { no: 'geometry' }],
    );
    const one = await client.run(`GET ${key} out`);
    expectEnvelopes(one.envelopes, [{ source: `${key} out`, content: outside, client_reference: null }]);
  },

  async 'GET of a hash with nothing in the box is answered with one null'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { a: outside, b: outside });
    await client.run('BBOX 0 0 10 10');
    const { envelopes } = await client.run(`GET ${key} client_ref=r1`);
    expectEnvelopes(envelopes, [{ source: key, content: null, client_reference: 'r1' }]);
  },

  async "GET sends features in the session's projection, with a field or without"(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { a: inside });
    await client.run('PROJECTION epsg:3857');
    for (const line of [`GET ${key}`, `GET ${key} a`]) {
      const { envelopes } = await client.run(line);
      assert.equal(envelopes.length, 1);
      expectNear(envelopes[0]?.content, inMercator(inside), PROJECTED_TOLERANCE);
    }
  },

  async 'GET ignores values that are not JSON'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hsetText(key, { good: '{"n":1}', bad: '{"n":', empty: '', nan: 'NaN' });
    const all = await client.run(`GET ${key}`);
    expectOk(all, 'GET');
    expectEnvelopes(all.envelopes, [{ source: key, content: { n: 1 }, client_reference: null }]);
    const one = await client.run(`GET ${key} bad`);
    expectEnvelopes(one.envelopes, [{ source: `${key} bad`, content: null, client_reference: null }]);
  },

  async 'GET of 2,000 values arrives whole'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    const values = Array.from({ length: 2000 }, (_, i) => feature(`f${i}`, point(i / 20, i / 40)));
    await scope.hset(key, Object.fromEntries(values.map((value, i) => [`f${i}`, value])));
    const { envelopes } = await client.run(`GET ${key} client_ref=all`);
    expectSame(
      envelopes.map((envelope) => envelope.content),
      values,
    );
  },

  async 'GET gives the hash as it is at the time'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    const contents = async () => (await client.run(`GET ${key}`)).envelopes.map(({ content }) => content);
    await scope.hset(key, { a: 1, b: 2 });
    expectSame(await contents(), [1, 2]);
    await scope.hset(key, { b: 3, c: 4 });
    expectSame(await contents(), [1, 3, 4]);
    await scope.conformance.backend.hdel(key, ['a', 'b']);
    expectSame(await contents(), [4]);
    await scope.conformance.backend.hdel(key, ['c']);
    expectSame(await contents(), [null]);
  },

  async 'GET at the same time gives each client its own view'(scope) {
    const [plain, boxed, projected] = [await scope.connect(), await scope.connect(), await scope.connect()];
    const key = scope.name('hash');
    await scope.hset(key, { a: inside, b: outside });
    await boxed.run('BBOX 40 40 60 60');
    await projected.run('PROJECTION epsg:3857');
    const [all, some, mercator] = await Promise.all(
      [plain, boxed, projected].map(async (client) => (await client.run(`GET ${key}`)).envelopes),
    );
    expectSame(all?.map((envelope) => envelope.content) ?? [], [inside, outside]);
    expectSame(some?.map((envelope) => envelope.content) ?? [], [outside]);
    assert.equal(mercator?.length, 2);
    for (const { content } of mercator ?? []) {
      const isInside = JSON.stringify(content).includes('inside');
      expectNear(content, inMercator(isInside ? inside : outside), PROJECTED_TOLERANCE);
    }
  },

  async 'GET of a key that holds no hash is refused as wrong_type'(scope) {
    const client = await scope.connect();
    const key = scope.name('string');
    await scope.set(key, '{"n":1}');
    expectError(await client.run(`GET ${key}`), 'wrong_type');
    expectError(await client.run(`GET ${key} a`), 'wrong_type');
    expectError(await client.run(`PGET ${key}`), 'wrong_type');
  },
};
