import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { describe, expect, test } from 'vitest';
import { type Feature, point, removal, watch } from './features.js';

describe('what goes wrong', () => {
  /** Two gateways, and a client of the first one that is there from the beginning. */
  async function scene(env: Record<string, string> = {}, flags = '') {
    const { server, redis } = await startWorld();
    await redis.config('SET', 'notify-keyspace-events', flags);
    const settings = { REDIS_URL: server.url, CHANNELS: 'trains', ...env };
    const gateway = await startGateway(settings);
    const early = await watch(gateway, 'trains');
    const publish = (feature: Feature) => redis.publish('trains', JSON.stringify(feature));
    const set = (field: string, feature: Feature) => redis.hset('trains', field, JSON.stringify(feature));
    return {
      redis,
      gateway,
      early,
      publish,
      set,
      /** What a client sees that connects now, by default to another gateway. */
      async lateIds(at?: GatewayProcess) {
        const late = await watch(at ?? (await startGateway(settings)), 'trains');
        await eventually(() => expect(late.ids()).toContain('marker'));
        return late.ids();
      },
      /** Writes a feature as it should be; when it has arrived, everything before it has. */
      async mark() {
        await set('marker', point('marker', 1));
        await publish(point('marker', 1));
        await eventually(() => expect(early.ids()).toContain('marker'));
      },
    };
  }

  test('PUBLISH alone: a client that comes later does not see the feature', async () => {
    const { early, publish, mark, lateIds } = await scene();
    await publish(point(1, 7));
    await mark();
    expect(early.ids()).toEqual([1, 'marker']);
    expect(await lateIds()).toEqual(['marker']);
  });

  test('HSET alone: clients of a gateway that knows the channel do not see the feature, unless NOTIFY names it', async () => {
    const { gateway, early, set, mark, lateIds } = await scene();
    await set('1', point(1, 7));
    await mark();
    expect(early.ids()).toEqual(['marker']);
    expect(await lateIds(gateway)).toEqual(['marker']);
    expect((await lateIds()).sort()).toEqual([1, 'marker']);
    const notified = await scene({ NOTIFY: 'trains', NOTIFY_MS: '50' }, 'Khgx');
    await notified.set('1', point(1, 7));
    await eventually(() => expect(notified.early.ids()).toEqual([1]));
    await notified.redis.hdel('trains', '1');
    await eventually(() => expect(notified.early.ids()).toEqual([]));
    await notified.set('1', point(1, 7));
    await eventually(() => expect(notified.early.ids()).toEqual([1]));
    await notified.redis.pexpire('trains', 1);
    await eventually(() => expect(notified.early.ids()).toEqual([]));
  });

  test('PUBLISH before HSET: a client that comes between them keeps the old feature', async () => {
    const { server, redis } = await startWorld();
    const changed = JSON.stringify(point('a', 8));
    await redis.hset('trains', 'a', JSON.stringify(point('a', 7)));
    await redis.publish('trains', changed);
    const between = await watch(await startGateway({ REDIS_URL: server.url, CHANNELS: 'trains' }), 'trains');
    await eventually(() => expect(between.ids()).toEqual(['a']));
    await redis.hset('trains', 'a', changed);
    await redis.publish('trains', JSON.stringify(point('marker', 1)));
    await eventually(() => expect(between.ids()).toContain('marker'));
    expect(between.shows()).toContainEqual(point('a', 7));
  });

  test('a field that is not the id: a removed feature is back for clients that come later', async () => {
    const { early, set, publish, redis, mark, lateIds } = await scene();
    await set('train 1', point(1, 7));
    await publish(point(1, 7));
    await redis.hdel('trains', '1');
    await publish(removal(1));
    await mark();
    expect(early.ids()).toEqual(['marker']);
    expect((await lateIds()).sort()).toEqual([1, 'marker']);
  });

  test('a producer that dies: its features stay, unless EXPIRE names the channel', async () => {
    const { early, set, publish } = await scene({ EXPIRE: `trains=${scaled(500)}ms` });
    await set('1', point(1, 7));
    await publish(point(1, 7));
    await eventually(() => expect(early.ids()).toEqual([1]));
    await eventually(() => expect(early.ids()).toEqual([]));
  });

  test('FLUSHDB: clients keep the features, even with NOTIFY, until the gateway connects to Redis again', async () => {
    const { redis, early, set } = await scene({ NOTIFY: 'trains', NOTIFY_MS: '50' }, 'Khgx');
    await set('1', point(1, 7));
    await eventually(() => expect(early.ids()).toEqual([1]));
    const notified: string[] = [];
    const listener = redis.duplicate();
    atEnd(() => listener.disconnect());
    listener.on('pmessage', (_pattern, channel: string) => notified.push(channel));
    await listener.psubscribe('__key*@*__:*');
    await redis.flushdb();
    // Redis notifies in the order of the commands.
    await redis.hset('other', 'field', '');
    await eventually(() => expect(notified).not.toEqual([]));
    expect(notified).toEqual(['__keyspace@0__:other']);
    expect(early.ids()).toEqual([1]);
    await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => expect(early.ids()).toEqual([]));
  });
});
