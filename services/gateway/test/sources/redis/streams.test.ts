import { persistentRedis } from '@viaduct/testkit/persistent-redis';
import { eventually, scaled } from '@viaduct/testkit/wait';
import type { ChainableCommander, Redis } from 'ioredis';
import { beforeEach, describe, expect, test } from 'vitest';
import { calls, connections, testRedis } from '../../support/source-redis.js';
import { readyStreams, type StreamRecorder } from '../../support/stream-harness.js';

const STREAM = 'ships';

/** Cuts the gateway's connections and changes the stream in the same transaction, before they can reconnect. */
async function whileAway(admin: Redis, act: (transaction: ChainableCommander) => unknown): Promise<void> {
  const transaction = admin.multi().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  act(transaction);
  for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
}

function addAll(to: ChainableCommander, from: number, end: number, maxLength = 1_000_000): void {
  for (let i = from; i < end; i++) to.xadd(STREAM, 'MAXLEN', '=', maxLength, '*', 'data', String(i));
}

const numbers = (from: number, end: number): string[] =>
  Array.from({ length: end - from }, (_, i) => String(from + i));

async function untilReceived(
  recorder: StreamRecorder,
  texts: readonly string[],
  stream = STREAM,
): Promise<void> {
  await eventually(() => expect(recorder.texts(stream)).toEqual(texts));
}

describe('a stream whose connections are cut', () => {
  let admin: Redis;
  let recorder: StreamRecorder;

  beforeEach(async () => {
    const redis = await testRedis();
    admin = redis.admin;
    const streams = await readyStreams(redis.server.url);
    recorder = streams.recorder;
    await admin.xadd(STREAM, '*', 'data', 'before');
    await streams.store.follow(STREAM);
    await admin.xadd(STREAM, '*', 'data', '0');
    await untilReceived(recorder, ['0']);
  });

  test('continues after the last entry, even if one read does not return all that follow', async () => {
    await whileAway(admin, (transaction) => addAll(transaction, 1, 2500));
    await untilReceived(recorder, numbers(0, 2500));
    expect(recorder.losses).toEqual([]);
  });

  test('has lost entries if it was trimmed beyond the last one', async () => {
    await whileAway(admin, (transaction) => addAll(transaction, 1, 100, 5));
    await untilReceived(recorder, ['0', ...numbers(95, 100)]);
    expect(recorder.losses).toEqual([[STREAM, 'trimmed']]);
    await admin.xadd(STREAM, '*', 'data', 'live');
    await untilReceived(recorder, ['0', ...numbers(95, 100), 'live']);
  });

  test('has lost entries if one was removed by XDEL', async () => {
    await whileAway(admin, (transaction) => {
      transaction.xadd(STREAM, '9999999999998-0', 'data', '1');
      transaction.xadd(STREAM, '9999999999999-0', 'data', '2');
      transaction.xdel(STREAM, '9999999999998-0');
    });
    await untilReceived(recorder, ['0', '2']);
    expect(recorder.losses).toEqual([[STREAM, 'trimmed']]);
  });

  test('continues if it was recreated with smaller ids', async () => {
    await whileAway(admin, (transaction) => {
      transaction.del(STREAM);
      transaction.xadd(STREAM, '5-0', 'data', 'unseen');
    });
    await eventually(() => expect(recorder.losses).toEqual([[STREAM, 'unknown_id']]));
    await admin.xadd(STREAM, '6-0', 'data', 'seen');
    await untilReceived(recorder, ['0', 'seen']);
  });

  test('continues if it was removed', async () => {
    await whileAway(admin, (transaction) => transaction.del(STREAM));
    await eventually(() => expect(recorder.losses).toEqual([[STREAM, 'unknown_id']]));
    await admin.xadd(STREAM, '1-0', 'data', 'first');
    await untilReceived(recorder, ['0', 'first']);
  });
});

describe('a stream whose connections last', () => {
  test.each([
    [
      'created again with smaller ids',
      (admin: Redis) => admin.multi().del(STREAM).xadd(STREAM, '5-0', 'data', 'unseen').exec(),
    ],
    [
      'replaced by one with smaller ids',
      (admin: Redis) => admin.multi().xadd('other', '5-0', 'data', 'unseen').rename('other', STREAM).exec(),
    ],
    ['removed', (admin: Redis) => admin.del(STREAM)],
  ])('continues if it is %s', async (_what, replace) => {
    const { server, admin } = await testRedis();
    const { store, recorder } = await readyStreams(server.url, scaled(500));
    await admin.xadd(STREAM, '*', 'data', 'before');
    await store.follow(STREAM);
    await admin.xadd(STREAM, '*', 'data', '0');
    await untilReceived(recorder, ['0']);
    await replace(admin);
    await eventually(() => expect(recorder.losses).toEqual([[STREAM, 'unknown_id']]));
    await admin.xadd(STREAM, '6-0', 'data', 'seen');
    await untilReceived(recorder, ['0', 'seen']);
  });

  test('has lost nothing if it is silent', async () => {
    const { server, admin } = await testRedis();
    const { store, recorder } = await readyStreams(server.url, scaled(500));
    await admin.xadd(STREAM, '*', 'data', 'before');
    for (const stream of [STREAM, 'none']) await store.follow(stream);
    const before = await calls(admin, 'xinfo\\|stream');
    await eventually(async () =>
      expect(await calls(admin, 'xinfo\\|stream')).toBeGreaterThanOrEqual(before + 4),
    );
    await admin.xadd(STREAM, '*', 'data', '1');
    await untilReceived(recorder, ['1']);
    expect(recorder.losses).toEqual([]);
  });
});

test('a restart of a Redis that keeps its data loses no entry', async () => {
  const { server, redis: admin } = await persistentRedis();
  const { store, recorder } = await readyStreams(server.url);
  await store.follow(STREAM);
  let n = 0;
  for (let round = 1; round <= 3; round++) {
    for (; n < 200 * round; n++) await admin.xadd(STREAM, '*', 'data', String(n));
    await server.kill();
    await server.start();
    await admin.xadd(STREAM, '*', 'data', String(n++));
    await eventually(() => expect(store.ready).toBe(true));
  }
  await untilReceived(recorder, numbers(0, n));
  expect(recorder.losses).toEqual([]);
});

test('the message of an entry is its field "data", or its only field', async () => {
  const { server, admin } = await testRedis();
  const { store, recorder } = await readyStreams(server.url);
  await store.follow(STREAM);
  await admin.xadd(STREAM, '*', 'only', '1');
  await admin.xadd(STREAM, '*', 'kind', 'x', 'data', '2', 'more', 'y');
  await admin.xadd(STREAM, '*', 'kind', 'x', 'more', 'y');
  await untilReceived(recorder, ['1', '2', '']);
});

test('a key that is not a stream cannot be followed, and does not affect followed streams', async () => {
  const { server, admin } = await testRedis();
  const { store, recorder, log } = await readyStreams(server.url);
  await admin.hset('hash', 'a', '1');
  const wrong = {
    name: 'SourceError',
    code: 'wrong_type',
    message: expect.stringContaining('not a stream'),
  };
  await expect(store.follow('hash')).rejects.toMatchObject(wrong);
  await expect(store.after('hash', '0-0', 1)).rejects.toMatchObject(wrong);
  await store.follow(STREAM);
  await store.follow('spoilt');
  await admin.set('spoilt', 'a string');
  for (let i = 0; i < 3; i++) {
    await admin.xadd(STREAM, '*', 'data', String(i));
    await untilReceived(recorder, numbers(0, i + 1));
  }
  await eventually(() => {
    expect(log.errors.filter((line) => line.includes('is not a stream'))).toHaveLength(1);
  });
});

test('two connections serve any number of streams, and wait in Redis instead of asking again', async () => {
  const { server, admin } = await testRedis();
  const { store, recorder } = await readyStreams(server.url);
  const streams = Array.from({ length: 300 }, (_, i) => `stream-${i}`);
  await Promise.all(streams.map((stream) => store.follow(stream)));
  expect(await connections(admin)).toEqual(['viaduct:stream_reader', 'viaduct:stream_tail']);
  const before = await calls(admin, 'xread');
  for (const stream of streams.slice(0, 10)) {
    await admin.xadd(stream, '*', 'data', 'hello');
    await untilReceived(recorder, ['hello'], stream);
  }
  // One for each entry and one for each second meanwhile: far from a busy loop.
  expect((await calls(admin, 'xread')) - before).toBeLessThan(200);
});
