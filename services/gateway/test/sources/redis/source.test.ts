import { startLocalRedis } from '@viaduct/testkit/redis';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { describe, expect, onTestFinished, test } from 'vitest';
import { untilReady } from '../../support/source-harness.js';
import {
  connections,
  readySource,
  subscribers,
  testRedis,
  untilChanges,
  watchedSource,
} from '../../support/source-redis.js';

const AWAY = { name: 'SourceError', code: 'source_unavailable' };

/** Far longer than a test may take: a request that fails during a test has not waited for it. */
const NO_TIMEOUT_MS = 3_600_000;

/** For tests that wait for the timeout itself: a Redis that is only slow must not exceed it. */
const SHORT_TIMEOUT_MS = scaled(300);

describe('a restart of Redis', () => {
  test('is reported, fails requests at once, and restores subscriptions', async () => {
    const { server, admin } = await testRedis();
    const { source, recorder } = await readySource(server.url, NO_TIMEOUT_MS);
    await source.subscribe('a');
    await source.subscribe('b');
    await server.kill();
    await untilChanges(recorder, 'ready', 'away');
    expect(source.ready).toBe(false);
    await expect(source.hashEntries('hash')).rejects.toMatchObject(AWAY);
    await expect(source.hashField('hash', 'field')).rejects.toMatchObject(AWAY);
    await server.start();
    await untilChanges(recorder, 'ready', 'away', 'resumed', 'ready');
    expect(source.ready).toBe(true);
    expect(await subscribers(admin, 'a', 'b')).toEqual([1, 1]);
    await admin.publish('a', 'again');
    await eventually(() => expect(recorder.messages).toEqual([['a', 'again']]));
    expect((await source.hashEntries('hash')).values).toEqual([]);
  });

  test('leaves no trace of the requests made meanwhile', async () => {
    const { server, admin } = await testRedis();
    const { source, recorder } = await readySource(server.url, NO_TIMEOUT_MS);
    await source.subscribe('kept');
    await source.subscribe('ended');
    await server.stop();
    await untilReady(source, false);
    await expect(source.subscribe('refused')).rejects.toMatchObject(AWAY);
    await expect(source.subscribe('kept')).rejects.toMatchObject(AWAY);
    await expect(source.unsubscribe('ended')).resolves.toBeUndefined();
    await server.start();
    await untilChanges(recorder, 'ready', 'away', 'resumed', 'ready');
    expect(await subscribers(admin, 'kept', 'ended', 'refused')).toEqual([1, 0, 0]);
  });

  test('fails pending requests, and leaves no trace of them', async () => {
    const { server, admin } = await testRedis();
    const { source } = await readySource(server.url, NO_TIMEOUT_MS);
    process.kill(server.pid, 'SIGSTOP');
    const underWay = Promise.allSettled([
      source.hashEntries('hash'),
      source.subscribe('a'),
      source.unsubscribe('b'),
    ]);
    await server.kill();
    expect(await underWay).toMatchObject([
      { status: 'rejected', reason: AWAY },
      { status: 'rejected', reason: AWAY },
      { status: 'fulfilled' },
    ]);
    await server.start();
    await untilReady(source);
    expect(await subscribers(admin, 'a')).toEqual([0]);
  });

  test('that repeats is survived', async () => {
    const { server, admin } = await testRedis();
    const { source } = await readySource(server.url, NO_TIMEOUT_MS);
    await source.subscribe('a');
    for (let round = 0; round < 3; round++) {
      await server.kill();
      await untilReady(source, false);
      await server.start();
      await untilReady(source);
      expect(await subscribers(admin, 'a')).toEqual([1]);
    }
  });
});

describe('a lost connection', () => {
  test('of the subscriber is reported, and messages arrive again afterwards', async () => {
    const { server, admin } = await testRedis();
    const { source, recorder } = await readySource(server.url);
    const channels = Array.from({ length: 2_500 }, (_, i) => `channel ${i}`);
    await Promise.all(channels.map((channel) => source.subscribe(channel)));
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await untilChanges(recorder, 'ready', 'away', 'resumed', 'ready');
    expect(await subscribers(admin, ...channels)).toEqual(channels.map(() => 1));
    await admin.publish('channel 2499', 'again');
    await eventually(() => expect(recorder.messages).toEqual([['channel 2499', 'again']]));
  });

  test('of the commands is reported, and no message is lost', async () => {
    const { server, admin } = await testRedis();
    const { source, recorder } = await readySource(server.url);
    await source.subscribe('a');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await admin.publish('a', 'meanwhile');
    await untilChanges(recorder, 'ready', 'away', 'ready');
    await eventually(() => expect(recorder.messages).toEqual([['a', 'meanwhile']]));
    expect((await source.hashEntries('hash')).values).toEqual([]);
  });

  test('of both is one recovery', async () => {
    const { server, admin } = await testRedis();
    const { source, recorder } = await readySource(server.url);
    await source.subscribe('a');
    await Promise.all([
      admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub'),
      admin.call('CLIENT', 'KILL', 'TYPE', 'normal'),
    ]);
    await untilChanges(recorder, 'ready', 'away', 'resumed', 'ready');
    expect((await source.hashEntries('hash')).values).toEqual([]);
    expect(await subscribers(admin, 'a')).toEqual([1]);
  });

  test('without subscriptions resumes nothing', async () => {
    const { server, admin } = await testRedis();
    const { source, recorder } = await readySource(server.url);
    await source.subscribe('a');
    await source.unsubscribe('a');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await untilChanges(recorder, 'ready', 'away', 'ready');
  });
});

describe('a Redis that hangs', () => {
  test('fails requests after the timeout, and works again when it is back', async () => {
    const { server, admin } = await testRedis();
    await admin.hset('hash', 'field', 'value');
    const { source, recorder } = await readySource(server.url, SHORT_TIMEOUT_MS);
    await source.subscribe('kept');
    process.kill(server.pid, 'SIGSTOP');
    await expect(source.hashEntries('hash')).rejects.toMatchObject(AWAY);
    await expect(source.hashField('hash', 'field')).rejects.toMatchObject(AWAY);
    await expect(source.subscribe('refused')).rejects.toMatchObject(AWAY);
    process.kill(server.pid, 'SIGCONT');
    await eventually(async () => expect((await source.hashEntries('hash')).values).toEqual(['value']));
    await untilReady(source);
    await eventually(async () => expect(await subscribers(admin, 'kept', 'refused')).toEqual([1, 0]));
    await admin.publish('kept', 'again');
    await eventually(() => expect(recorder.texts('kept')).toEqual(['again']));
  });

  test('is noticed without any request', async () => {
    const { server } = await testRedis();
    const { source, recorder } = await readySource(server.url, SHORT_TIMEOUT_MS);
    await source.subscribe('a');
    process.kill(server.pid, 'SIGSTOP');
    await untilChanges(recorder, 'ready', 'away');
    await expect(source.hashEntries('hash')).rejects.toThrow('cannot be reached at the moment');
    process.kill(server.pid, 'SIGCONT');
    await untilChanges(recorder, 'ready', 'away', 'resumed', 'ready');
  });

  test('does not keep close from ending', async () => {
    const { server } = await testRedis();
    const { source } = await readySource(server.url, NO_TIMEOUT_MS);
    process.kill(server.pid, 'SIGSTOP');
    const underWay = expect(source.hashEntries('hash')).rejects.toMatchObject(AWAY);
    await source.close();
    await underWay;
  });
});

describe('a Redis that does not listen yet', () => {
  test('is connected later, and its first connection resumes nothing', async () => {
    const { server } = await testRedis();
    await server.stop();
    const { source, recorder, log } = await watchedSource(server.url, NO_TIMEOUT_MS);
    await eventually(() => expect(log.errors).toHaveLength(2));
    expect(source.ready).toBe(false);
    await expect(source.subscribe('a')).rejects.toMatchObject(AWAY);
    await server.start();
    await untilChanges(recorder, 'ready');
  });

  test('does not keep close from ending', async () => {
    const server = await startLocalRedis();
    onTestFinished(() => server.stop());
    await server.stop();
    const { source, recorder, log } = await watchedSource(server.url, NO_TIMEOUT_MS);
    await eventually(() => expect(log.errors).toHaveLength(2));
    await source.close();
    expect(recorder.changes).toEqual([]);
  });
});

describe('a source in Redis', () => {
  test('has two named connections while it runs', async () => {
    const { server, admin } = await testRedis();
    await readySource(server.url);
    expect(await connections(admin)).toEqual(['viaduct:commands', 'viaduct:subscriber']);
  });

  test('has no subscription after unsubscribe, and no connection after close', async () => {
    const { server, admin } = await testRedis();
    const { source } = await readySource(server.url);
    await Promise.all(['a', 'b', 'c'].map((channel) => source.subscribe(channel)));
    expect(await subscribers(admin, 'a', 'b', 'c')).toEqual([1, 1, 1]);
    await source.unsubscribe('a');
    expect(await subscribers(admin, 'a', 'b', 'c')).toEqual([0, 1, 1]);
    await source.close();
    await eventually(async () => expect(await subscribers(admin, 'a', 'b', 'c')).toEqual([0, 0, 0]));
    await eventually(async () => expect(await connections(admin)).toEqual([]));
  });
});

test('a server without RESP3 works, too', async () => {
  const { server, admin } = await testRedis('--rename-command', 'HELLO', '');
  const { source, recorder } = await readySource(server.url, SHORT_TIMEOUT_MS);
  await source.subscribe('a');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await untilChanges(recorder, 'ready', 'away', 'resumed', 'ready');
  await admin.publish('a', 'again');
  await eventually(() => expect(recorder.messages).toEqual([['a', 'again']]));
  expect((await source.hashEntries('hash')).values).toEqual([]);
});
