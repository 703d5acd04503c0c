import assert from 'node:assert/strict';
import { BUFFER_SOURCE, type Envelope, STATUS_SOURCE } from '../../envelope.js';
import { expectEnvelopes, expectOk, expectRefused, expectTimestamp } from '../expect.js';
import type { Cases, Scope } from '../scope.js';
import type { Client } from '../types.js';

/** Longer than any case may take: this limit of a buffer never applies. */
const NEVER_MS = 60_000;
const NEVER_SIZE = 10_000;

/** BUFFER. */
export const bufferCases: Cases = {
  async 'BUFFER sends a list when the configured number of messages is queued'(scope) {
    const client = await scope.subscribed(`BUFFER 3 ${NEVER_MS}`);
    const mark = client.inbox.length;
    await scope.publish(['1', '2', '3']);
    await bufferLists(client, mark, 3);
    await scope.publish(['4', '5', '6']);
    const lists = await bufferLists(client, mark, 6);
    assert.ok(lists.every((list) => list.length <= 3));
    expectEnvelopes(
      lists.flat(),
      [1, 2, 3, 4, 5, 6].map((content) => ({ source: scope.channel, content, client_reference: null })),
    );
    assert.deepEqual(contents(lists), [1, 2, 3, 4, 5, 6], 'a buffer keeps the order');
  },

  async 'BUFFER sends a list when the configured time has passed since its first message'(scope) {
    const client = await scope.subscribed(`BUFFER ${NEVER_SIZE} 100`);
    const mark = client.inbox.length;
    await scope.publish(['1', '2']);
    assert.deepEqual(contents(await bufferLists(client, mark, 2)), [1, 2]);
    await scope.publish(['3']);
    assert.deepEqual(contents(await bufferLists(client, mark, 3)), [1, 2, 3]);
  },

  async 'BUFFER does not hold back answers with a client reference'(scope) {
    const client = await scope.subscribed(`BUFFER ${NEVER_SIZE} ${NEVER_MS}`);
    const key = scope.name('hash');
    await scope.hset(key, { a: 1 });
    const whole = await client.run(`GET ${key} client_ref=r1`);
    expectEnvelopes(whole.envelopes, [{ source: key, content: 1, client_reference: 'r1' }]);
    const field = await client.run(`GET ${key} a r2`);
    expectEnvelopes(field.envelopes, [{ source: `${key} a`, content: 1, client_reference: 'r2' }]);
  },

  async 'BUFFER does not hold back statuses of the gateway'(scope) {
    const client = await scope.subscribed(`BUFFER ${NEVER_SIZE} ${NEVER_MS}`);
    const mark = client.inbox.length;
    client.send('PING');
    const { envelope } = await client.inbox.first('PONG', ({ source }) => source === STATUS_SOURCE, mark);
    assert.equal(envelope.content, 'PONG');
  },

  async 'BUFFER alone, or with a zero, ends it and sends the queued messages'(scope) {
    const client = await scope.subscribed();
    for (const end of ['BUFFER', 'BUFFER 0 0', `BUFFER 0 ${NEVER_MS}`, `BUFFER ${NEVER_SIZE} 0`]) {
      expectOk(await client.run(`BUFFER ${NEVER_SIZE} ${NEVER_MS}`), 'BUFFER');
      const mark = client.inbox.length;
      await publishUnseen(scope, '"waits"');
      expectOk(await client.run(end), 'BUFFER');
      assert.deepEqual(contents(await bufferLists(client, mark, 1)), ['waits'], end);
      assert.deepEqual(await scope.received(client, [1, 2]), [1, 2], `after ${end}`);
    }
  },

  async 'BUFFER can be changed at any time'(scope) {
    const client = await scope.subscribed(`BUFFER ${NEVER_SIZE} ${NEVER_MS}`);
    expectOk(await client.run(`BUFFER 2 ${NEVER_MS}`), 'BUFFER');
    const mark = client.inbox.length;
    await scope.publish(['1', '2']);
    assert.deepEqual(contents(await bufferLists(client, mark, 2)), [1, 2]);
  },

  async 'BUFFER does not affect box and projection'(scope) {
    const client = await scope.subscribed('BBOX 0 0 10 10', `BUFFER 2 ${NEVER_MS}`);
    const [inside, outside] = [
      [5, 5],
      [50, 50],
    ].map((coordinates) => ({ type: 'Point', coordinates }));
    const mark = client.inbox.length;
    await scope.publish([inside, outside, outside, inside].map((content) => JSON.stringify(content)));
    assert.deepEqual(contents(await bufferLists(client, mark, 2)), [inside, inside]);
  },

  async 'BUFFER refuses invalid arguments'(scope) {
    const client = await scope.connect();
    await expectRefused(client, 'BUFFER 10', 'missing_argument');
    await expectRefused(client, 'BUFFER 10 ms', 'invalid_argument');
    await expectRefused(client, 'BUFFER -1 100', 'invalid_argument');
    await expectRefused(client, 'BUFFER 1.5 100', 'invalid_argument');
    await expectRefused(client, 'BUFFER 1e9 100', 'invalid_argument');
    await expectRefused(client, 'BUFFER 10 1e9', 'invalid_argument');
    await expectRefused(client, 'BUFFER 10 100 ref more', 'too_many_arguments');
  },
};

/**
 * Waits until `buffer` envelopes have brought this many messages of the channel, and returns their lists. Fails if
 * such a message arrives outside a list.
 */
async function bufferLists(client: Client, mark: number, count: number): Promise<Envelope[][]> {
  const listsOf = (envelopes: readonly Envelope[]) =>
    envelopes.filter(({ source }) => source === BUFFER_SOURCE).map(({ content }) => content as Envelope[]);
  const arrivals = await client.inbox.until(
    `${count} messages in buffer envelopes`,
    (all) => listsOf(all.slice(mark).map(({ envelope }) => envelope)).flat().length >= count,
  );
  const envelopes = arrivals.slice(mark).map(({ envelope }) => envelope);
  for (const { source, client_reference: reference, timestamp } of envelopes) {
    assert.ok(
      [BUFFER_SOURCE, STATUS_SOURCE].includes(source),
      `an envelope from ${source} arrived outside a buffer`,
    );
    if (source === BUFFER_SOURCE) assert.equal(reference, null);
    expectTimestamp(timestamp);
  }
  return listsOf(envelopes);
}

function contents(lists: readonly Envelope[][]): unknown[] {
  return lists.flat().map(({ content }) => content);
}

/** Publishes to the channel, and resolves when the server has certainly received it: another client has it. */
async function publishUnseen(scope: Scope, text: string): Promise<void> {
  const witness = await scope.subscribed();
  const mark = witness.inbox.length;
  await scope.publish([text]);
  await witness.inbox.first('the message', ({ source }) => source === scope.channel, mark);
  await witness.close();
}
