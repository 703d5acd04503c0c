import { CLOSE_CODES, type Envelope } from '@viaduct/protocol';
import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';
import { gone, LiveClient, point } from '../../support/live-client.js';
import { liveWorld } from '../../support/live-world.js';

const statusOf = ({ content }: Envelope): string | undefined =>
  (content as { status?: string } | null)?.status;

test('NOTIFY: changes of the hash without a message are seen', async () => {
  const { redis, open } = await liveWorld({ NOTIFY: 'tr*', NOTIFY_MS: '50' });
  await redis.config('SET', 'notify-keyspace-events', 'Khgx');
  await redis.hset('trains', 'a', point('a', 7.5, 46.5), 'b', point('b', 7.5, 46.5));
  const live = await open('trains', 'BBOX 7 46 8 47');
  expect(live.ids).toEqual(['a', 'b']);
  await redis.hset('trains', 'c', point('c', 7.5, 46.5));
  await eventually(() => expect(live.ids).toEqual(['a', 'b', 'c']));
  await redis.hset('trains', 'a', point('a', 9, 46.5));
  await eventually(() => expect(live.ids).toEqual(['b', 'c']));
  await redis.hdel('trains', 'b');
  await eventually(() => expect(live.ids).toEqual(['c']));
  await redis.pexpire('trains', 1);
  await eventually(() => expect(live.ids).toEqual([]));
  expect(live.seen.filter(({ event }) => event !== undefined).map(({ event }) => event)).toEqual([
    'add',
    'leave',
    'remove',
    'remove',
  ]);
});

test('NOTIFY: the mark after a gap counts only what was missed in the gap', async () => {
  const { redis, open } = await liveWorld({ NOTIFY: 'trains', NOTIFY_MS: '50' });
  await redis.config('SET', 'notify-keyspace-events', 'Khgx');
  await redis.hset('trains', 'a', point('a', 7.5, 46.5));
  const live = await open('trains', 'BBOX 7 46 8 47');
  await redis.hset('trains', 'b', point('b', 7.5, 46.5));
  await eventually(() => expect(live.ids).toEqual(['a', 'b']));
  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await eventually(() => expect(live.seen.map(statusOf)).toContain('view'));
  expect(live.seen.at(-1)?.content).toMatchObject({ status: 'view', reason: 'gap', entered: 0 });
});

test('EXPIRE: a feature without updates leaves, and a message brings it back', async () => {
  const { redis, open } = await liveWorld({ EXPIRE: 'planes=1s,*=1h' });
  await redis.hset('planes', 'a', point('a', 7.5, 46.5));
  await redis.hset('trains', 'a', point('a', 7.5, 46.5));
  const [planes, trains] = [await open('planes'), await open('trains')];
  await eventually(() => expect(planes.ids).toEqual([]));
  expect(planes.seen.at(-1)).toMatchObject({ event: 'expire', content: { id: 'a', geometry: null } });
  // The hash has not changed, so that a read of it is no news.
  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await eventually(() => expect(planes.seen.map(statusOf)).toContain('view'));
  expect(planes.ids).toEqual([]);
  expect(trains.ids).toEqual(['a']);
  await redis.publish('planes', point('a', 7.6, 46.5));
  await eventually(() => expect(planes.ids).toEqual(['a']));
});

test('a stream has its state in a hash of its own', async () => {
  const { redis, open } = await liveWorld({ STREAMS: 'ships' });
  await redis.hset('ships:state', 'a', point('a', 7.5, 46.5));
  const live = await open('ships', 'BBOX 7 46 8 47');
  expect(live.ids).toEqual(['a']);
  await redis.xadd('ships', '*', 'data', point('b', 7.5, 46.5));
  await eventually(() => expect(live.ids).toEqual(['a', 'b']));
  await redis.xadd('ships', '*', 'data', point('a', 9, 46.5));
  await redis.xadd('ships', '*', 'data', gone('b'));
  await eventually(() => expect(live.ids).toEqual([]));
});

test('a live view of a channel that is not a stream cannot continue after an id, and the client learns why', async () => {
  const { redis, gateway } = await liveWorld();
  await redis.hset('trains', 'a', point('a', 7.5, 46.5));
  const live = new LiveClient(await RawClient.connect(gateway.url), 'trains');
  await live.follow('SUB trains live=true since=1753100000000-0');
  expect(live.seen[0]?.content).toMatchObject({ recovered: false, reason: 'not_a_stream' });
  expect(live.ids).toEqual(['a']);
});

test('big messages change a live view in the order of their channel', async () => {
  const { redis, open } = await liveWorld({ WORKER_MIN_BYTES: '1 KiB', WORKER_THREADS: '1' });
  const live = await open('trains', 'BBOX 7 46 8 47');
  const big = (id: string, lon: number): string => point(id, lon, 46.5, { filler: 'x'.repeat(5_000) });
  await redis.publish('trains', big('a', 7.5));
  await redis.publish('trains', point('a', 7.6, 46.5));
  await redis.publish('trains', big('b', 7.5));
  await redis.publish('trains', point('b', 9, 46.5));
  await redis.publish('trains', `{"type":"FeatureCollection","features":[${big('c', 7.5)},${big('d', 9)}]}`);
  await redis.publish('trains', '"end"');
  await eventually(() => expect(live.marker).toBe('end'));
  expect(live.ids).toEqual(['a', 'c']);
  expect(live.held.get('a')?.geometry).toMatchObject({ coordinates: [7.6, 46.5] });
});

test('a client that reads slowly holds its view once it has caught up', async () => {
  const { redis, open } = await liveWorld({ CONFLATE_MESSAGES: '20', CONFLATE_BYTES: '64 KiB' });
  const filler = 'x'.repeat(20_000);
  const live = await open('trains', 'BBOX 7 46 8 47');
  const client = live.client as RawClient;
  client.pause();
  for (let round = 0; round < 60; round++) {
    for (const id of ['a', 'b', 'c']) await redis.publish('trains', point(id, 7.5, 46.5, { filler, round }));
    await redis.publish('trains', point('b', 9, 46.5));
    await redis.publish('trains', gone('c'));
  }
  client.send('BBOX 7 46 8 48');
  await redis.publish('trains', '"end"');
  client.resume();
  await eventually(() => expect(live.marker).toBe('end'));
  expect(live.ids).toEqual(['a']);
  expect(live.held.get('a')?.properties).toMatchObject({ round: 59 });
});

test('two sessions share one read, and DEL ends a live view', async () => {
  const { redis, gateway, open } = await liveWorld();
  await redis.hset('trains', 'a', point('a', 7.5, 46.5));
  const clients = await Promise.all([open(), open(), open()]);
  expect((await gateway.scrape()).sum('viaduct_live_reads_total')).toBe(1);
  const [first, second] = clients as [LiveClient, LiveClient, LiveClient];
  await first.client.run('DEL trains');
  await redis.publish('trains', point('b', 7.5, 46.5));
  await eventually(() => expect(second.ids).toEqual(['a', 'b']));
  expect(first.ids).toEqual(['a']);
  await first.run('SUB trains live=true');
  expect(first.ids).toEqual(['a', 'b']);
  expect((await gateway.scrape()).sum('viaduct_live_reads_total')).toBe(1);
});

test('a client that moves to another gateway holds the same set', async () => {
  const { redis, server } = await startWorld();
  const env = { REDIS_URL: server.url, CHANNELS: '*' };
  const [first, second] = [await startGateway(env), await startGateway(env)];
  await redis.hset('trains', 'a', point('a', 7.5, 46.5), 'b', point('b', 9, 46.5));
  const before = await LiveClient.open(await RawClient.connect(first.url), 'trains', 'BBOX 7 46 8 47');
  await redis.hset('trains', 'c', point('c', 7.6, 46.5));
  await redis.publish('trains', point('c', 7.6, 46.5));
  await eventually(() => expect(before.ids).toEqual(['a', 'c']));
  await before.client.close();
  const after = await LiveClient.open(await RawClient.connect(second.url), 'trains', 'BBOX 7 46 8 47');
  expect(after.held).toEqual(before.held);
});

test('a channel that does not exist is forgotten soon after the last client has left it', async () => {
  const { gateway, open } = await liveWorld();
  const live = await open('nothing');
  const channels = async () => (await gateway.scrape()).sum('viaduct_live_channels');
  expect(await channels()).toBe(1);
  await live.client.run('DEL nothing');
  await eventually(async () => expect(await channels()).toBe(0));
});

test('NOTIFY: a change while nobody watches is there for the next client', async () => {
  const { redis, open } = await liveWorld({ NOTIFY: 'trains', NOTIFY_MS: '50' });
  await redis.config('SET', 'notify-keyspace-events', 'Khgx');
  await redis.hset('trains', 'a', point('a', 7.5, 46.5));
  const live = await open('trains', 'BBOX 7 46 8 47');
  await live.client.run('DEL trains');
  await redis.hset('trains', 'b', point('b', 7.5, 46.5));
  await live.run('SUB trains live=true');
  await eventually(() => expect(live.ids).toEqual(['a', 'b']));
});

test('NOTIFY: a stream is notified of its state even if that is watched as a channel, too, before and after that', async () => {
  const { redis, gateway, open } = await liveWorld({ NOTIFY: 'ships*', NOTIFY_MS: '50', STREAMS: 'ships' });
  await redis.config('SET', 'notify-keyspace-events', 'Khgx');
  const ships = await open('ships');
  const state = await open('ships:state');
  await state.client.run('DEL ships:state');
  // A channel without features is forgotten soon.
  await eventually(async () => expect((await gateway.scrape()).sum('viaduct_live_channels')).toBe(1));
  await redis.hset('ships:state', 'a', point('a', 7.5, 46.5));
  await eventually(() => expect(ships.ids).toEqual(['a']));
  await state.run('SUB ships:state live=true');
  await redis.hset('ships:state', 'b', point('b', 7.5, 46.5));
  for (const live of [ships, state]) await eventually(() => expect(live.ids).toEqual(['a', 'b']));
});

test('NOTIFY: no client can end the notifications', async () => {
  const { redis, gateway, open } = await liveWorld({ NOTIFY: 'trains', NOTIFY_MS: '50' });
  await redis.config('SET', 'notify-keyspace-events', 'Khgx');
  await redis.hset('trains', 'a', point('a', 7.5, 46.5));
  const live = await open('trains', 'BBOX 7 46 8 47');
  const other = await RawClient.connect(gateway.url);
  expect((await other.run('SUB __keyspace@0__:trains')).status).toMatchObject({ code: 'not_allowed' });
  await other.run('DEL __keyspace@0__:trains');
  await redis.hset('trains', 'b', point('b', 7.5, 46.5));
  await eventually(() => expect(live.ids).toEqual(['a', 'b']));
});

test('a line with a vertex that the projection does not have is in no live view of it', async () => {
  const { redis, open } = await liveWorld();
  const line = (end: number) =>
    JSON.stringify({
      type: 'Feature',
      id: 'line',
      geometry: {
        type: 'LineString',
        coordinates: [
          [7.5, 46.5],
          [7.5, end],
        ],
      },
      properties: {},
    });
  await redis.hset('trains', 'line', line(91));
  const box = 'BBOX 779236 5780349 890556 5942074';
  const live = await open('trains', 'PROJECTION epsg:3857', box);
  expect(live.ids).toEqual([]);
  await redis.publish('trains', line(46.6));
  await eventually(() => expect(live.ids).toEqual(['line']));
  await redis.publish('trains', line(91));
  await eventually(() => expect(live.ids).toEqual([]));
});

test('after a gap in which few features changed, clients receive hardly any bytes of the others', async () => {
  const { redis, open } = await liveWorld();
  const fields = Array.from({ length: 10_000 }, (_, i) => [`f${i}`, point(`f${i}`, 7.5, 46.5)]).flat();
  await redis.hset('trains', ...fields);
  const bytesOf = ({ seen }: LiveClient): number => JSON.stringify(seen).length;
  const clients = [await open(), await open('trains', 'BBOX 7 46 8 47'), await open()];
  const whole = clients.map(bytesOf);
  for (const { seen } of clients) seen.length = 0;
  for (let i = 0; i < 50; i++) await redis.hset('trains', `f${i}`, point(`f${i}`, 7.6, 46.5));
  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  for (const live of clients) {
    await eventually(() => expect(live.seen.map(statusOf)).toContain('view'));
    expect(live.seen).toHaveLength(50 + 1);
  }
  const share = clients.map((live, i) => bytesOf(live) / (whole[i] ?? 0));
  expect(Math.max(...share)).toBeLessThan(0.01);
});

test('a live view stays exact while the gateway drains, and another gateway continues it', async () => {
  const { redis, server } = await startWorld();
  const env = { REDIS_URL: server.url, CHANNELS: '*', DRAIN_MS: String(scaled(3_000)) };
  const [draining, other] = [await startGateway(env), await startGateway(env)];
  const move = async (id: string, lon: number): Promise<void> => {
    await redis.hset('trains', id, point(id, lon, 46.5));
    await redis.publish('trains', point(id, lon, 46.5));
  };
  const watch = async ({ url }: { url: string }): Promise<LiveClient> =>
    LiveClient.open(await RawClient.connect(url), 'trains', 'BBOX 7 46 8 47');
  for (const id of ['a', 'b']) await move(id, 7.5);
  const clients: LiveClient[] = [];
  for (let i = 0; i < 6; i++) clients.push(await watch(draining));
  const closed = clients.map(({ client }) => (client as RawClient).closed);
  draining.signal('SIGTERM');
  expect((await Promise.race(closed)).code).toBe(CLOSE_CODES.going_away.code);
  await move('a', 9);
  await move('c', 7.5);
  // The drain closes the last ones much later.
  await eventually(() => expect(clients.filter(({ ids }) => ids.join() === 'b,c')).not.toHaveLength(0));
  await Promise.all(closed);
  await move('c', 9);
  for (const live of await Promise.all(clients.map(() => watch(other)))) expect(live.ids).toEqual(['b']);
});
