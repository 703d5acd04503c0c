import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { CLOSE_CODES } from '@viaduct/protocol';
import { RawClient } from '@viaduct/testkit/clients';
import { inSeconds, SECRET, sign } from '@viaduct/testkit/credentials';
import { Random, SEED } from '@viaduct/testkit/random';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, scaled, until } from '@viaduct/testkit/wait';
import type { Feature, Point } from 'geojson';
import { describe, expect, test } from 'vitest';
import { EventStream } from '../../support/event-stream.js';
import { epsg, FeaturesClient, pointAt } from '../../support/features-client.js';
import { LiveClient } from '../../support/live-client.js';

const ITEMS = '/collections/trains/items';
const EVENTS = { accept: 'text/event-stream' };

/** An answer that nobody reads, unless the caller does. */
function unread(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { headers: EVENTS, agent: false }, resolve);
    asked.on('error', reject);
    atEnd(() => void asked.destroy());
  });
}

/** The number of event streams that ended with that code. */
async function ended(api: FeaturesClient, code: number): Promise<number> {
  return (await api.gateway.scrape()).sum('viaduct_connections_closed_total', {
    transport: 'sse',
    code: String(code),
  });
}

test('requests for event streams that follow each other on one connection leave nothing behind when it ends', async () => {
  const api = await FeaturesClient.start({ HEARTBEAT_MS: '100' });
  await api.fill('trains', [pointAt('a', 7, 47)]);
  const { port, pathname } = new URL(`${api.root}${ITEMS}`);
  const request = `GET ${pathname} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`;
  const sum = async (name: string) => (await api.gateway.scrape()).sum(name, { transport: 'sse' });
  for (let i = 0; i < 5; i++) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    // The first one begins, and the others wait behind an answer that has no end. Meanwhile, the gateway does not read the
    // connection, so a heartbeat notices its end.
    socket.write(request.repeat(3));
    await once(socket, 'data');
    socket.destroy();
  }
  await eventually(async () => expect(await sum('viaduct_connections')).toBe(0));
  const stream = await EventStream.open(api.root + ITEMS);
  expect(stream.ids).toEqual(['a']);
});

describe('an event stream', () => {
  test('begins with the view, and reports what enters, changes and leaves', async () => {
    const api = await FeaturesClient.start();
    await api.fill('trains', [pointAt('in', 7, 47), pointAt('out', 20, 47)]);
    const stream = await EventStream.open(`${api.root}${ITEMS}?bbox=6,46,8,48`);
    expect(stream.events).toMatchObject([
      { name: 'reset' },
      { name: 'update', data: { id: 'in' } },
      { name: 'view', data: { count: 1 } },
    ]);
    stream.events.length = 0;
    const publish = (feature: object) => api.redis.publish('trains', JSON.stringify(feature));
    await publish(pointAt('new', 7, 47));
    await publish(pointAt('in', 7.5, 47));
    await publish(pointAt('in', 9, 47));
    await publish(pointAt('elsewhere', 9, 47));
    await publish({ type: 'Feature', id: 'new', properties: null, geometry: null });
    await publish(pointAt('out', 7, 47));
    await eventually(() => expect(stream.events).toHaveLength(5));
    const namesAndIds = stream.events.map(({ name, data }) => `${name} ${(data as Feature).id}`);
    expect(namesAndIds).toEqual(['enter new', 'update in', 'leave in', 'leave new', 'update out']);
  });

  test('sends JSON of several lines as it was published', async () => {
    const api = await FeaturesClient.start();
    await api.redis.hset(
      'trains',
      'a',
      JSON.stringify(pointAt('a', 7, 47), null, 2).replaceAll('\n', '\r\n'),
    );
    const stream = await EventStream.open(api.root + ITEMS);
    expect(stream.held.get('a')).toEqual(pointAt('a', 7, 47));
  });

  test('is shown what a WebSocket with the same view is shown, in every CRS and within an area', async () => {
    const api = await FeaturesClient.start({ JWT_SECRET: SECRET, ANONYMOUS_CHANNELS: 'trains' });
    const random = new Random(SEED);
    const somewhere = (): [number, number] => [5 + random.below(6), 45 + random.below(5)];
    const move = async (): Promise<void> => {
      const feature = pointAt(`train ${random.below(40)}`, ...somewhere());
      await api.redis.hset('trains', String(feature.id), JSON.stringify(feature));
      await api.redis.publish('trains', JSON.stringify(feature));
    };
    for (let i = 0; i < 60; i++) await move();
    const token = await sign({ channels: ['trains'], area: [7, 45, 9, 49] });
    const bbox = '6,46,8,48';
    const mercator = '667916.945,5780349.220,890555.926,6106854.835';
    const views: [query: string, headers: Record<string, string>, commands: string[]][] = [
      ['', {}, []],
      [`?bbox=${bbox}`, {}, [`BBOX ${bbox.replaceAll(',', ' ')}`]],
      [`?bbox=${bbox}&crs=${epsg(3857)}`, {}, [`BBOX ${bbox.replaceAll(',', ' ')}`, 'PROJECTION epsg:3857']],
      [
        `?bbox=${mercator}&bbox-crs=${epsg(3857)}&crs=${epsg(3857)}`,
        {},
        ['PROJECTION epsg:3857', `BBOX ${mercator.replaceAll(',', ' ')}`],
      ],
      [
        `?bbox=46,6,48,8&bbox-crs=${epsg(4326)}&crs=${epsg(4326)}`,
        { authorization: `Bearer ${token}` },
        [`TOKEN ${token}`, 'PROJECTION epsg:4326 axis_order=crs', `BBOX ${bbox.replaceAll(',', ' ')}`],
      ],
    ];
    const pairs = await Promise.all(
      views.map(async ([query, headers, commands]) => {
        const raw = await RawClient.connect(api.gateway.url);
        return [
          await EventStream.open(api.root + ITEMS + query, headers),
          await LiveClient.open(raw, 'trains', ...commands),
        ] as const;
      }),
    );
    for (let i = 0; i < 300; i++) await move();
    const last = pointAt('last', 7.5, 47);
    await api.redis.hset('trains', 'last', JSON.stringify(last));
    await api.redis.publish('trains', JSON.stringify(last));
    const byId = (held: ReadonlyMap<unknown, Feature>): object => Object.fromEntries([...held].sort());
    for (const [i, [stream, live]] of pairs.entries()) {
      await until(() => stream.held.has('last') && live.held.has('last'), `the last feature in view ${i}`);
      expect([i, byId(stream.held)]).toEqual([i, byId(live.held)]);
    }
    // Redis itself says what is in the box in degrees.
    const state = Object.values(await api.redis.hgetall('trains')).map(
      (text) => JSON.parse(text) as Feature<Point>,
    );
    const isIn = ({ geometry: { coordinates } }: Feature<Point>, east = 8): boolean => {
      const [lon = 0, lat = 0] = coordinates;
      return lon >= 6 && lon <= east && lat >= 46 && lat <= 48;
    };
    const expected = state.filter((feature) => isIn(feature)).map(({ id }) => id);
    for (const i of [1, 2, 3]) expect([i, pairs[i]?.[0].ids]).toEqual([i, [...expected].sort()]);
    const inArea = state.filter((feature) => isIn(feature) && (feature.geometry.coordinates[0] ?? 0) >= 7);
    expect(pairs[4]?.[0].ids).toEqual(inArea.map(({ id }) => id).sort());
  });

  test.each([
    '?limit=3',
    '?cursor=x',
    '?f=json',
    '?unknown=1',
    '?bbox=1,2,3',
    `?bbox=1,2,3,4&bbox-crs=${epsg(3857)}`,
  ])('is refused if the request is not valid: %s', async (query) => {
    const api = await FeaturesClient.start();
    const answer = await api.ask(ITEMS + query, EVENTS);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
  });

  test('is only for items that the client may read and that the gateway can show', async () => {
    const api = await FeaturesClient.start({ CHANNELS: 'trains,text' });
    await api.redis.set('text', 'x');
    expect(await api.status('/collections', EVENTS)).toBe(406);
    expect(await api.status('/collections/secret/items', EVENTS)).toBe(404);
    expect(await api.status('/collections/text/items', EVENTS)).toBe(404);
    expect(await api.status(ITEMS, EVENTS, 'HEAD')).toBe(406);
    const scrape = await api.gateway.scrape();
    expect(scrape.sum('viaduct_connections', { transport: 'sse' })).toBe(0);
  });
});

describe('an event stream is a connection', () => {
  test('that counts for the limits, in the metrics, and as room for the next one when it has ended', async () => {
    const api = await FeaturesClient.start({ MAX_CONNECTIONS: '2' });
    const first = await EventStream.open(api.root + ITEMS);
    const raw = await RawClient.connect(api.gateway.url);
    expect(await api.status(ITEMS, EVENTS)).toBe(503);
    const scrape = await api.gateway.scrape();
    expect(scrape.sum('viaduct_connections', { transport: 'sse' })).toBe(1);
    expect(scrape.sum('viaduct_subscriptions')).toBe(1);
    const labels = { transport: 'sse', reason: 'too_many_connections' };
    expect(scrape.sum('viaduct_connections_refused_total', labels)).toBe(1);
    first.close();
    await raw.close();
    await eventually(async () => {
      const now = await api.gateway.scrape();
      expect([now.sum('viaduct_connections'), now.sum('viaduct_subscriptions')]).toEqual([0, 0]);
    });
    await EventStream.open(api.root + ITEMS);
  });

  test('of its address, whose further ones are refused', async () => {
    const api = await FeaturesClient.start({
      MAX_CONNECTIONS_PER_ADDRESS: '10',
      CONNECTIONS_PER_SECOND_PER_ADDRESS: '0',
    });
    const raw = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(api.gateway.url)));
    expect(await api.status(ITEMS, EVENTS)).toBe(429);
    expect(await api.status(ITEMS)).toBe(200);
    await raw[0]?.close();
    await eventually(async () => expect((await unread(api.root + ITEMS)).statusCode).toBe(200));
  });

  test('that is cut if its client reads nothing, and counted', async () => {
    const api = await FeaturesClient.start({
      MAX_QUEUE_BYTES: '65536',
      CONFLATE_BYTES: '0',
      CONFLATE_MESSAGES: '0',
    });
    const answer = await unread(api.root + ITEMS);
    expect(answer.statusCode).toBe(200);
    const large = JSON.stringify(pointAt('a', 7, 47, { text: 'x'.repeat(50_000) }));
    await eventually(async () => {
      for (let i = 0; i < 20; i++) await api.redis.publish('trains', large);
      expect(await ended(api, CLOSE_CODES.slow_consumer.code)).toBe(1);
    });
  });

  test('that shows signs of life while nothing happens', async () => {
    const api = await FeaturesClient.start({ HEARTBEAT_MS: '100' });
    const answer = await unread(api.root + ITEMS);
    let received = '';
    answer.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    await until(() => received.split(':\n\n').length > 3, 'three comments', { state: () => received });
    expect(received).toMatch(/^retry: \d{4}\n\nevent: reset\n/u);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  });

  test('that ends with its token', async () => {
    const api = await FeaturesClient.start({ JWT_SECRET: SECRET, JWT_CLOCK_TOLERANCE_MS: '0' });
    const token = await sign({ channels: ['trains'], exp: inSeconds(scaled(4_000) / 1000) });
    const stream = await EventStream.open(`${api.root}${ITEMS}?token=${token}`);
    expect(await stream.has('end')).toMatchObject({ code: CLOSE_CODES.token_expired.code });
    await eventually(async () => expect(await ended(api, CLOSE_CODES.token_expired.code)).toBe(1));
    // It tries again, and learns why that cannot succeed.
    await until(() => stream.refusals.includes(401), 'the refusal', { state: () => stream.refusals });
  });

  test('that a gateway ends when it drains, with the time of the next attempt', async () => {
    const api = await FeaturesClient.start({ DRAIN_MS: '1000' });
    const streams = await Promise.all([1, 2, 3].map(() => EventStream.open(api.root + ITEMS)));
    api.gateway.signal('SIGTERM');
    for (const stream of streams) {
      expect(await stream.has('end')).toEqual({
        code: CLOSE_CODES.going_away.code,
        reason: CLOSE_CODES.going_away.reason,
      });
    }
    expect(await api.gateway.ended).toBe(0);
  });
});
