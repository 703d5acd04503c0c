import assert from 'node:assert/strict';
import { type Envelope, STATUS_SOURCE } from '../../envelope.js';
import { expectAlive, expectError, expectNear, expectRefused, expectSame } from '../expect.js';
import { feature, inMercator, PROJECTED_TOLERANCE, point } from '../geo.js';
import type { Cases, Scope } from '../scope.js';
import type { Client } from '../types.js';

const near = feature('near', point(5, 5));
const far = feature('far', point(50, 40));

/** SUB with `snapshot` and `since`, on channels that are not Redis Streams. */
export const snapshotCases: Cases = {
  async 'SUB with snapshot sends the hash of the same name between begin and end'(scope) {
    await scope.hset(scope.channel, { near, far, text: 'no feature' });
    const client = await scope.connect();
    const values = await snapshotOf(client, scope, `SUB ${scope.channel} snapshot=true`);
    expectSame(contents(values), [near, far, 'no feature']);
    for (const { source, client_reference: reference } of values) {
      assert.equal(source, scope.channel);
      assert.equal(reference, null);
    }
    assert.deepEqual(await scope.received(client, [1, 2]), [1, 2]);
  },

  async 'the envelopes that begin and end a snapshot carry the client reference'(scope) {
    await scope.hset(scope.channel, { near });
    const client = await scope.connect();
    const line = `SUB ${scope.channel} snapshot=true client_ref=s1`;
    assert.deepEqual(contents(await snapshotOf(client, scope, line, 's1')), [near]);
  },

  async 'a snapshot of a hash that does not exist is empty, and the subscription is live'(scope) {
    const client = await scope.connect();
    assert.deepEqual(await snapshotOf(client, scope, `SUB ${scope.channel} snapshot=true`), []);
    assert.deepEqual(await scope.received(client, ['live']), ['live']);
  },

  async 'a snapshot has what is in the box, in the projection'(scope) {
    await scope.hset(scope.channel, { near, far });
    const client = await scope.connect();
    await client.run('BBOX 0 0 10 10');
    await client.run('PROJECTION epsg:3857');
    const values = await snapshotOf(client, scope, `SUB ${scope.channel} snapshot=true`);
    expectNear(contents(values), [inMercator(near)], PROJECTED_TOLERANCE);
  },

  async 'SUB with snapshot again sends the state in the current box, and messages still come once'(scope) {
    await scope.hset(scope.channel, { near, far });
    const client = await scope.subscribed();
    const line = `SUB ${scope.channel} snapshot=true`;
    expectSame(contents(await snapshotOf(client, scope, line)), [near, far]);
    await client.run('BBOX 0 0 10 10');
    await scope.hset(scope.channel, { other: near });
    assert.deepEqual(contents(await snapshotOf(client, scope, line)), [near, near]);
    assert.deepEqual(await scope.received(client, [far, near]), [near]);
  },

  async 'what is published while snapshots are sent comes once, in order, after them'(scope) {
    const values = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, { i }]));
    await scope.hset(scope.channel, values);
    const client = await scope.subscribed();
    const mark = client.inbox.length;
    const numbers = Array.from({ length: 300 }, (_, i) => i);
    for (let i = 0; i < 3; i++) client.send(`SUB ${scope.channel} snapshot=true`);
    for (const n of numbers) await scope.publish([JSON.stringify({ n })]);
    const arrived = await client.inbox.until('three snapshots and all messages', (all) => {
      const envelopes = all.slice(mark).map(({ envelope }) => envelope);
      return envelopes.filter(isEnd).length === 3 && envelopes.filter(isNumbered).length === numbers.length;
    });
    const envelopes = arrived.slice(mark).map(({ envelope }) => envelope);
    assert.deepEqual(
      contents(envelopes.filter(isNumbered)),
      numbers.map((n) => ({ n })),
    );
    let inSnapshot = false;
    for (const envelope of envelopes) {
      if (isBegin(envelope)) inSnapshot = true;
      else if (isEnd(envelope)) inSnapshot = false;
      else assert.equal(isNumbered(envelope), !inSnapshot, 'nothing but values comes in a snapshot');
    }
  },

  async 'after DEL nothing comes, although a snapshot was requested just before'(scope) {
    await scope.hset(scope.channel, { near });
    const client = await scope.connect();
    client.send(`SUB ${scope.channel} snapshot=true`);
    await client.run(`DEL ${scope.channel}`);
    const mark = client.inbox.length;
    await scope.publish(['"unseen"']);
    await expectAlive(client);
    const sources = client.inbox.since(mark).map(({ envelope }) => envelope.source);
    assert.ok(!sources.includes(scope.channel), 'a message came after DEL');
  },

  async 'SUB with snapshot of a key that is not a hash is refused, and subscribes to nothing'(scope) {
    await scope.set(scope.channel, 'a string');
    const client = await scope.connect();
    expectError(await client.run(`SUB ${scope.channel} snapshot=true`), 'wrong_type');
    await scope.eventually(
      'the subscription to end',
      async () => (await scope.conformance.backend.numsub(scope.channel)) === 0,
    );
  },

  async 'SUB with an invalid snapshot or since is refused'(scope) {
    const client = await scope.connect();
    const { forbidden } = scope.conformance;
    await expectRefused(client, `SUB ${scope.channel} snapshot=perhaps`, 'invalid_argument');
    for (const id of ['', 'latest', '-1', '1-', '1-2-3', '18446744073709551616']) {
      await expectRefused(client, `SUB ${scope.channel} since=${id}`, 'invalid_argument');
    }
    await expectRefused(client, `SUB ${forbidden} snapshot=true`, 'not_allowed');
    await expectRefused(client, `SUB ${forbidden} since=1-0`, 'not_allowed');
  },

  async 'SUB with since of a channel that is not a stream says so, and the subscription is live'(scope) {
    const client = await scope.connect();
    const { status, envelopes } = await client.run(
      `SUB ${scope.channel} since=1753100000000-0 client_ref=s1`,
    );
    assert.equal(status.status, 'ok');
    assert.deepEqual(
      envelopes.map(({ source, content, client_reference: reference }) => [source, content, reference]),
      [[STATUS_SOURCE, notAStream(scope.channel), 's1']],
    );
    assert.deepEqual(await scope.received(client, ['live']), ['live']);
  },

  async 'with since and snapshot, a recovery that fails is followed by a snapshot'(scope) {
    await scope.hset(scope.channel, { near });
    const client = await scope.connect();
    const { envelopes } = await client.run(`SUB ${scope.channel} since=1 snapshot=true`);
    const [recovery, begin, value, end] = envelopes;
    assert.equal(envelopes.length, 4);
    assert.deepEqual(recovery?.content, notAStream(scope.channel));
    assert.deepEqual(begin?.content, begun(scope.channel));
    assert.deepEqual(value?.content, near);
    assert.deepEqual(end?.content, { status: 'snapshot_end', channel: scope.channel, count: 1 });
  },
};

function begun(channel: string) {
  return { status: 'snapshot_begin', channel, reason: 'subscribed' };
}

function notAStream(channel: string) {
  return { status: 'recovery', channel, recovered: false, reason: 'not_a_stream' };
}

/** Sends a command that is answered with a snapshot, and returns the envelopes between its beginning and its end. */
async function snapshotOf(
  client: Client,
  { channel }: Scope,
  line: string,
  reference: string | null = null,
): Promise<Envelope[]> {
  const { status, envelopes } = await client.run(line);
  assert.equal(status.status, 'ok', JSON.stringify(status));
  const [begin, ...rest] = envelopes;
  const end = rest.pop();
  const expected = [begun(channel), { status: 'snapshot_end', channel, count: rest.length }];
  assert.deepEqual([begin?.content, end?.content], expected);
  for (const envelope of [begin, end]) {
    assert.equal(envelope?.source, STATUS_SOURCE);
    assert.equal(envelope?.client_reference, reference);
  }
  return rest;
}

function contents(envelopes: readonly Envelope[]): unknown[] {
  return envelopes.map(({ content }) => content);
}

function hasStatus({ source, content }: Envelope, status: string): boolean {
  return source === STATUS_SOURCE && typeof content === 'object' && content !== null
    ? 'status' in content && content.status === status
    : false;
}

const isBegin = (envelope: Envelope): boolean => hasStatus(envelope, 'snapshot_begin');
const isEnd = (envelope: Envelope): boolean => hasStatus(envelope, 'snapshot_end');

const isNumbered = ({ content }: Envelope): boolean =>
  typeof content === 'object' && content !== null && 'n' in content;
