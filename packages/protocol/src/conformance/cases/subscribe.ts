import assert from 'node:assert/strict';
import { expectAlive, expectError, expectNear, expectOk, expectTimestamp } from '../expect.js';
import { feature, inMercator, PROJECTED_TOLERANCE, point } from '../geo.js';
import type { Cases, Scope } from '../scope.js';
import type { Client } from '../types.js';

/** SUB and DEL. */
export const subscribeCases: Cases = {
  async 'SUB brings every message of the channel, as it was published'(scope) {
    const client = await scope.subscribed();
    const contents = [
      feature('a', point(7.5, 47)),
      { no: 'geometry' },
      'text with "quotes", \\ and \u2028',
      -1.5,
      true,
      [],
      {},
      { ü: ['€', '😀', { deep: [null] }] },
      'x'.repeat(100_000),
    ];
    const mark = client.inbox.length;
    assert.deepEqual(await scope.received(client, contents), contents);
    for (const { envelope } of client.inbox.since(mark)) {
      assert.deepEqual(Object.keys(envelope).sort(), ['client_reference', 'content', 'source', 'timestamp']);
      assert.equal(envelope.source, scope.channel);
      assert.equal(envelope.client_reference, null);
      expectTimestamp(envelope.timestamp);
    }
  },

  async 'SUB keeps the order of a channel, large messages among small ones'(scope) {
    const client = await scope.subscribed();
    const size = (n: number) => (n % 50 === 49 ? 200_000 : 10);
    const contents = Array.from({ length: 200 }, (_, n) => ({ n, fill: 'x'.repeat(size(n)) }));
    const received = await scope.received(client, contents);
    assert.deepEqual(received.map(numberOf), contents.map(numberOf));
  },

  async 'SUB twice brings each message once, and one DEL ends it'(scope) {
    const client = await scope.subscribed();
    expectOk(await client.run(`SUB ${scope.channel}`), 'SUB');
    assert.deepEqual(await scope.received(client, [1, 2]), [1, 2]);
    expectOk(await client.run(`DEL ${scope.channel}`), 'DEL');
    await expectSilent(scope, client);
  },

  async 'DEL ends a subscription, and SUB begins it again'(scope) {
    const client = await scope.subscribed();
    assert.deepEqual(await scope.received(client, [1]), [1]);
    expectOk(await client.run(`DEL ${scope.channel}`), 'DEL');
    await expectSilent(scope, client);
    expectOk(await client.run(`SUB ${scope.channel}`), 'SUB');
    assert.deepEqual(await scope.received(client, [2]), [2]);
  },

  async 'DEL of a channel without subscription is not an error'(scope) {
    const client = await scope.connect();
    expectOk(await client.run(`DEL ${scope.channel}`), 'DEL');
    await expectAlive(client);
  },

  async 'SUB takes a channel name as it is: a pattern is only a name'(scope) {
    const client = await scope.connect();
    const pattern = scope.name('*');
    await client.run(`SUB ${pattern}`);
    await scope.publish(['"seen through the pattern"'], scope.name('one'));
    const [arrivals] = await scope.arrivals([client], ['1'], pattern);
    assert.equal(arrivals?.length, 1);
    const sources = new Set(client.inbox.since(0).map((arrival) => arrival.envelope.source));
    assert.ok(!sources.has(scope.name('one')), 'SUB must not subscribe to a pattern');
  },

  async 'clients on one channel have each their own projection and box'(scope) {
    const boxed = await scope.subscribed('BBOX 0 0 10 10');
    const projected = await scope.subscribed('PROJECTION epsg:3857', 'BBOX 4000000 4000000 7000000 7000000');
    const plain = await scope.subscribed();
    const near = feature('near', point(5, 5));
    const far = feature('far', point(50, 40));
    const [a, b, c] = await scope.receivedByEach([boxed, projected, plain], [near, far]);
    assert.deepEqual(a, [near]);
    expectNear(b, [inMercator(far)], PROJECTED_TOLERANCE);
    assert.deepEqual(c, [near, far]);
  },

  async 'a message that is not JSON harms nobody'(scope) {
    const plain = await scope.subscribed();
    const projected = await scope.subscribed('PROJECTION epsg:3857', 'BBOX 0 0 10 10');
    const broken = ['not json', '', '{"a":', '[1,]', 'NaN', "{'a': 1}", '{"a":1}}', '{"type":"Feature"'];
    for (const arrivals of await scope.arrivals([plain, projected], [...broken, '{"n":1}'])) {
      assert.deepEqual(
        arrivals.map((arrival) => arrival.envelope.content),
        [{ n: 1 }],
      );
    }
    await expectAlive(plain);
    await expectAlive(projected);
  },

  async 'a channel that is not allowed can be neither subscribed nor read'(scope) {
    const client = await scope.connect();
    const { forbidden, backend } = scope.conformance;
    for (const command of ['SUB', 'GET', 'PGET']) {
      expectError(await client.run(`${command} ${forbidden}`), 'not_allowed');
      await expectAlive(client);
    }
    assert.equal(await backend.numsub(forbidden), 0);
  },

  async 'DEL leaves no subscription behind in the source'(scope) {
    const client = await scope.subscribed();
    assert.ok((await numsub(scope)) > 0, 'SUB must subscribe to the channel in the source');
    await client.run(`DEL ${scope.channel}`);
    await scope.eventually('the subscription to end', async () => (await numsub(scope)) === 0);
  },

  async 'a client that goes leaves no subscription behind in the source'(scope) {
    const closes = await scope.subscribed();
    const vanishes = await scope.subscribed();
    await scope.within('the connection to end', closes.close());
    assert.deepEqual(await scope.received(vanishes, [1]), [1]);
    vanishes.terminate();
    await scope.eventually('the subscription to end', async () => (await numsub(scope)) === 0);
  },
};

function numsub(scope: Scope): Promise<number> {
  return scope.conformance.backend.numsub(scope.channel);
}

function numberOf(content: unknown): number {
  return (content as { n: number }).n;
}

/** Fails if a message of the case's channel still arrives, though one that is published after it elsewhere does. */
async function expectSilent(scope: Scope, client: Client): Promise<void> {
  const other = scope.name('other');
  await client.run(`SUB ${other}`);
  const mark = client.inbox.length;
  await scope.publish(['"must not arrive"']);
  for (const text of ['1', '2']) assert.equal((await scope.arrivals([client], [text], other))[0]?.length, 1);
  const sources = client.inbox.since(mark).map((arrival) => arrival.envelope.source);
  assert.ok(!sources.includes(scope.channel), 'the channel still brings messages after DEL');
}
