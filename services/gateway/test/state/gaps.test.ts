import { type Envelope, MAX_GAP_CHANNELS, STATUS_SOURCE } from '@viaduct/protocol';
import { RawClient, type TestClient, TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { persistentRedis } from '@viaduct/testkit/persistent-redis';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { Mirror } from '../support/mirror.js';
import { MovingFeatures } from '../support/moving-features.js';
import { calls } from '../support/source-redis.js';

const isStatus =
  (...statuses: string[]) =>
  ({ source, content }: Envelope): boolean =>
    source === STATUS_SOURCE && statuses.includes((content as { status: string }).status);

const isGap = isStatus('gap');
const isEnd = isStatus('snapshot_end');

/** Cuts the gateways' subscriptions, and resolves when each gateway has noticed. */
async function cutSubscriptions(redis: Redis, ...gateways: GatewayProcess[]): Promise<void> {
  const resumed = (gateway: GatewayProcess) =>
    gateway.scrape().then((scrape) => scrape.sum('viaduct_source_resumed_total'));
  const before = await Promise.all(gateways.map(resumed));
  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  for (const [i, gateway] of gateways.entries()) {
    await eventually(async () => expect(await resumed(gateway)).toBe((before[i] ?? 0) + 1));
  }
}

/** The envelopes of a client in short form. */
function brief(envelopes: readonly Envelope[]): unknown[] {
  return envelopes.map(({ source, content }) => (source === STATUS_SOURCE ? content : [source, content]));
}

describe.each(TRANSPORT_NAMES)('through the %s transport', (transport) => {
  test('after a restart of Redis each client receives what it missed, or learns about the gap', async () => {
    const { server, redis } = await persistentRedis();
    const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*', STREAMS: 'ships' });
    await redis.hset('trains', 'a', '1');
    const connect = async (...lines: string[]): Promise<TestClient> => {
      const client = await TRANSPORTS[transport](gateway.url);
      for (const line of lines) expect((await client.run(line)).status.status).toBe('ok');
      return client;
    };
    const withState = await connect('SUB trains snapshot=true');
    const without = await connect('SUB buses', 'SUB coaches', 'SUB ships', 'SUB left', 'DEL left');
    const onStream = await connect('SUB ships');
    const seen: Record<string, Envelope[]> = { withState: [], without: [], onStream: [] };
    const clients = { withState, without, onStream };
    for (const [name, client] of Object.entries(clients)) {
      client.inbox.divert((envelope) => seen[name]?.push(envelope));
    }
    await redis.xadd('ships', '*', 'data', '1');

    // This change is in Redis, but no message announces it.
    await redis.hset('trains', 'b', '2');
    await server.kill();
    await gateway.untilReady(false);
    await server.start();
    for (let n = 2; n <= 50; n++) await redis.xadd('ships', '*', 'data', String(n));
    await gateway.untilReady();
    await eventually(() => {
      expect(seen.withState?.some(isEnd)).toBe(true);
      expect(seen.without?.some(isGap)).toBe(true);
    });
    for (const channel of ['trains', 'buses']) await redis.publish(channel, '"live"');
    await redis.xadd('ships', '*', 'data', '"last"');
    const ships = [...Array.from({ length: 50 }, (_, i) => i + 1), 'last'].map((n) => ['ships', n]);
    await eventually(() => {
      const [begin, a, b, ...rest] = brief(seen.withState ?? []);
      expect(begin).toEqual({ status: 'snapshot_begin', channel: 'trains', reason: 'gap' });
      expect(new Set([a, b])).toEqual(new Set([1, 2].map((n) => ['trains', n])));
      expect(rest).toEqual([{ status: 'snapshot_end', channel: 'trains', count: 2 }, ['trains', 'live']]);
      const gap = { status: 'gap', channels: ['buses', 'coaches'] };
      expect(brief(seen.without?.filter(({ source }) => source !== 'ships') ?? [])).toEqual([
        gap,
        ['buses', 'live'],
      ]);
      expect(brief(seen.onStream ?? [])).toEqual(ships);
      expect(brief(seen.without?.filter(({ source }) => source === 'ships') ?? [])).toEqual(ships);
    });
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_snapshots_sent_total', { reason: 'gap' })).toBe(1);
    expect(scrape.sum('viaduct_gap_notices_total')).toBe(1);
    expect(scrape.sum('viaduct_stream_losses_total')).toBe(0);
  });
});

test('clients have the state in Redis after gaps under full traffic', async () => {
  const { server, redis } = await startWorld();
  const gateways = await Promise.all(
    [0, 1].map(() => startGateway({ REDIS_URL: server.url, CHANNELS: '*', MAX_QUEUE_BYTES: '67108864' })),
  );
  const moving = new MovingFeatures(redis, 'trains', 300);
  moving.start();
  const mirrors = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const client = await RawClient.connect((gateways[i % 2] as GatewayProcess).url);
      const mirror = new Mirror('trains');
      client.inbox.divert((envelope) => mirror.take(envelope));
      moving.waitFor(mirror);
      client.send('SUB trains snapshot=true');
      return mirror;
    }),
  );
  const snapshots = (count: number): Promise<void> =>
    eventually(() => {
      for (const mirror of mirrors) expect(mirror.ended.length).toBeGreaterThanOrEqual(count);
    });
  await snapshots(1);
  for (let gap = 1; gap <= 3; gap++) {
    await cutSubscriptions(redis, ...gateways);
    await snapshots(gap + 1);
  }
  await moving.stop();
  const last = moving.changes.length + 1;
  await redis.publish('trains', JSON.stringify({ id: -1, properties: { n: last }, geometry: null }));
  const stored = [...(await moving.stored())].sort(([a], [b]) => a - b);
  await eventually(() => {
    for (const mirror of mirrors) expect(mirror.live.at(-1)).toBe(last);
  });
  for (const mirror of mirrors) {
    expect([...mirror.numbers].sort(([a], [b]) => a - b)).toEqual(stored);
    expect(mirror.begun.map(({ reason }) => reason)).toEqual(['subscribed', 'gap', 'gap', 'gap']);
    expect(mirror.live.every((n, i) => i === 0 || n > (mirror.live[i - 1] ?? 0))).toBe(true);
  }
});

test('a few reads from Redis repair a gap for any number of clients', async () => {
  const { server, redis } = await startWorld();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*' });
  await redis.hset('trains', 'a', '1');
  const clients = await Promise.all(Array.from({ length: 400 }, () => RawClient.connect(gateway.url)));
  for (const client of clients) client.send('SUB trains snapshot=true');
  for (const client of clients) await client.inbox.next(isEnd);
  const joining = await calls(redis, 'hlen');
  await cutSubscriptions(redis, gateway);
  for (const client of clients) await client.inbox.next(isEnd);
  expect((await calls(redis, 'hlen')) - joining).toBeLessThanOrEqual(2);
});

test('a notice names at most a hundred channels', async () => {
  const { server, redis } = await startWorld();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*' });
  const client = await RawClient.connect(gateway.url);
  const channels = Array.from({ length: MAX_GAP_CHANNELS + 20 }, (_, i) => `channel-${i}`);
  client.sendTogether(channels.map((channel) => `SUB ${channel}`));
  await client.run('PING');
  await cutSubscriptions(redis, gateway);
  const { content } = await client.inbox.next(isGap);
  expect(content).toEqual({ status: 'gap', channels: channels.slice(0, MAX_GAP_CHANNELS) });
});

test('if the state cannot be read after a gap, the client receives a notice and the subscription continues', async () => {
  const { server, redis } = await startWorld();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*' });
  const client = await RawClient.connect(gateway.url);
  await client.run('SUB trains snapshot=true');
  await redis.set('trains', 'no hash');
  await cutSubscriptions(redis, gateway);
  expect(await client.inbox.next(isGap)).toMatchObject({ content: { channels: ['trains'] } });
  await redis.publish('trains', '"live"');
  expect(await client.inbox.next(({ source }) => source === 'trains')).toMatchObject({ content: 'live' });
});

test('entries that were trimmed before the gateway read them are reported, and the state is sent', async () => {
  const { server, redis } = await startWorld();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*', STREAMS: 'ships' });
  const [client, plain] = await Promise.all([RawClient.connect(gateway.url), RawClient.connect(gateway.url)]);
  await redis.hset('ships:state', 'a', '"state"');
  await redis.xadd('ships', '1-0', 'data', '1');
  await client.run('SUB ships snapshot=true');
  await plain.run('SUB ships');
  const transaction = redis.multi().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  for (let i = 2; i <= 9; i++) transaction.xadd('ships', 'MAXLEN', '=', 2, `${i}-0`, 'data', String(i));
  await transaction.exec();
  const lost = { status: 'recovery', channel: 'ships', recovered: false, reason: 'trimmed' };
  const entries = [
    ['ships', 8],
    ['ships', 9],
  ];
  expect(brief(await client.inbox.collect(isEnd))).toEqual([
    lost,
    ...entries,
    { status: 'snapshot_begin', channel: 'ships', reason: 'gap' },
    ['ships', 'state'],
    { status: 'snapshot_end', channel: 'ships', count: 1, id: '9-0' },
  ]);
  expect(brief(await plain.inbox.collect(({ content }) => content === 9))).toEqual([lost, ...entries]);
  expect((await gateway.scrape()).sum('viaduct_stream_losses_total', { reason: 'trimmed' })).toBe(1);
});
