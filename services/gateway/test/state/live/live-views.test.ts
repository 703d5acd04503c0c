import type { Envelope } from '@viaduct/protocol';
import { TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { describe, expect, test } from 'vitest';
import { gone, LiveClient, point } from '../../support/live-client.js';
import { liveWorld } from '../../support/live-world.js';

/** Envelopes as briefly as can be: the id and event of features, the status of others. */
function brief(envelopes: readonly Envelope[]): unknown[] {
  return envelopes.map(({ content, event }) => {
    const { id, geometry, status, ...rest } = content as Record<string, unknown>;
    if (status !== undefined) {
      const { channel: _, ...members } = rest;
      return [status, members];
    }
    return geometry === null ? [event, id] : id;
  });
}

/** Resolves when the client has seen a message that is published now, and so everything before it. */
async function settled(redis: { publish(c: string, t: string): Promise<number> }, ...clients: LiveClient[]) {
  const marker = `marker ${Math.random()}`;
  await redis.publish('trains', JSON.stringify(marker));
  for (const live of clients) await eventually(() => expect(live.marker).toBe(marker));
}

describe.each(TRANSPORT_NAMES)('through the %s transport', (transport) => {
  async function world() {
    const { redis, server } = await startWorld();
    const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*' });
    const open = async (...before: string[]): Promise<LiveClient> =>
      LiveClient.open(await TRANSPORTS[transport](gateway.url), 'trains', ...before);
    const move = async (id: string | number, lon: number, lat: number, properties = {}): Promise<void> => {
      await redis.hset('trains', String(id), point(id, lon, lat, properties));
      await redis.publish('trains', point(id, lon, lat, properties));
    };
    const remove = async (id: string | number): Promise<void> => {
      await redis.hdel('trains', String(id));
      await redis.publish('trains', gone(id));
    };
    return { redis, gateway, open, move, remove };
  }

  test('a live view begins with what is in the box, and reports what enters, changes and leaves', async () => {
    const { redis, open, move, remove } = await world();
    await move('in', 7.5, 46.5);
    await move('out', 9, 46.5);
    const live = await open('BBOX 7 46 8 47');
    expect(brief(live.seen)).toEqual([
      ['snapshot_begin', { reason: 'subscribed' }],
      'in',
      ['snapshot_end', { count: 1, outside: 1 }],
    ]);
    live.seen.length = 0;
    await move('in', 7.6, 46.5);
    await move('out', 7.9, 46.5);
    await move('in', 8.1, 46.5);
    await remove('out');
    await move('in', 8.2, 46.5);
    await remove('in');
    await settled(redis, live);
    expect(brief(live.seen.slice(0, -1))).toEqual(['in', 'out', ['leave', 'in'], ['remove', 'out']]);
    expect(live.seen[2]).toMatchObject({
      source: 'trains',
      client_reference: null,
      content: { type: 'Feature', id: 'in', geometry: null, properties: null },
    });
    expect(live.ids).toEqual([]);
  });

  test('after a pan the client receives what it lacks, and a list of what it must drop', async () => {
    const { open, move } = await world();
    for (const [id, lon] of [
      ['a', 7.2],
      ['b', 7.8],
      ['c', 8.4],
      ['d', 9.5],
    ] as const)
      await move(id, lon, 46.5);
    const live = await open('BBOX 7 46 8 47');
    live.seen.length = 0;
    await live.run('BBOX 7.5 46 8.5 47');
    expect(brief(live.seen)).toEqual(['c', ['view', { entered: 1, left: ['a'] }]]);
    live.seen.length = 0;
    await live.run('BBOX 7.5 46 8.5 47');
    expect(brief(live.seen)).toEqual([['view', { entered: 0, left: [] }]]);
    live.seen.length = 0;
    await live.run('BBOX');
    expect(live.ids).toEqual(['a', 'b', 'c', 'd']);
    expect(live.seen.at(-1)?.content).toMatchObject({ status: 'view', entered: 2, left: [] });
  });

  test('after another projection everything comes again, in its coordinates', async () => {
    const { open, move } = await world();
    await move('a', 7.5, 46.5);
    const live = await open('BBOX 7 46 8 47');
    live.seen.length = 0;
    await live.run('PROJECTION epsg:3857');
    expect(brief(live.seen)).toEqual([
      ['snapshot_begin', { reason: 'projection' }],
      'a',
      ['snapshot_end', { count: 1, outside: 0 }],
    ]);
    // PROJ 9.1.1: echo 46.5 7.5 | cs2cs -f %.3f EPSG:4326 EPSG:3857
    expect(live.held.get('a')?.geometry).toEqual({ type: 'Point', coordinates: [834896.181, 5860839.83] });
  });

  test('RESET empties a live view until the next box', async () => {
    const { redis, open, move } = await world();
    await move('a', 7.5, 46.5);
    const live = await open('BBOX 7 46 8 47');
    await live.run('RESET');
    expect(live.ids).toEqual([]);
    await move('a', 7.6, 46.5);
    await settled(redis, live);
    expect(live.ids).toEqual([]);
    await live.run('BBOX 7 46 8 47');
    expect(live.held.get('a')?.geometry).toMatchObject({ coordinates: [7.6, 46.5] });
  });

  test('the features of a collection count one by one, and what has no identity passes as it is', async () => {
    const { redis, open } = await world();
    const live = await open('BBOX 7 46 8 47');
    live.seen.length = 0;
    const [a, b, c] = [point('a', 7.5, 46.5), point('b', 9, 46.5), point('c', 7.6, 46.5)];
    await redis.publish('trains', `{"type":"FeatureCollection","features":[${a},${b},${c}]}`);
    await redis.publish(
      'trains',
      `{"type":"FeatureCollection","features":[${point('a', 9, 46)},${gone('c')}]}`,
    );
    const anonymous = {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [7.5, 46.5] },
      properties: {},
    };
    await redis.publish('trains', JSON.stringify(anonymous));
    await redis.publish('trains', '"a text"');
    await settled(redis, live);
    expect(brief(live.seen.slice(0, 4))).toEqual(['a', 'c', ['leave', 'a'], ['remove', 'c']]);
    expect(live.seen.slice(4, -1).map(({ content }) => content)).toEqual([anonymous, 'a text']);
  });

  test('ids differ if their texts differ', async () => {
    const { redis, open } = await world();
    const large = (id: string, lon: number): string =>
      `{"type":"Feature","id":${id},"geometry":{"type":"Point","coordinates":[${lon},46.5]},"properties":null}`;
    await redis.publish('trains', large('1', 7.5));
    const live = await open('BBOX 7 46 8 47');
    for (const id of ['1', '"1"', '9007199254740992', '9007199254740993']) {
      await redis.publish('trains', large(id, 7.5));
    }
    await redis.publish('trains', large('9007199254740993', 9));
    await redis.publish('trains', large('1', 9));
    live.seen.length = 0;
    await settled(redis, live);
    await live.run('BBOX 7 46 8 48');
    expect(live.seen.at(-1)?.content).toMatchObject({ entered: 0, left: [] });
    live.seen.length = 0;
    await live.run('BBOX 0 0 1 1');
    // JSON.parse rounds 9007199254740993 to ...992: of the two, ...992 was still there.
    expect(live.seen.at(-1)?.content).toMatchObject({ left: [9007199254740992, '1'] });
  });

  test('after a gap each client receives only what differs', async () => {
    const { redis, gateway, open, move } = await world();
    for (let i = 0; i < 20; i++) await move(`t${i}`, 7.5, 46.5);
    const live = await open('BBOX 7 46 8 47');
    const other = await open('BBOX 8 46 9 47');
    live.seen.length = 0;
    await redis.hset('trains', 't0', point('t0', 7.7, 46.5), 't1', point('t1', 8.5, 46.5));
    await redis.hdel('trains', 't2');
    await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => expect(live.seen.at(-1)?.content).toMatchObject({ status: 'view' }));
    expect(brief(live.seen).sort()).toEqual(
      ['t0', ['leave', 't1'], ['remove', 't2'], ['view', { reason: 'gap', entered: 1, left: [] }]].sort(),
    );
    await eventually(() => expect(other.ids).toEqual(['t1']));
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_live_reads_total', { reason: 'start' })).toBe(1);
  });
});

test('live views are exact in any number of CRSs at the same time, also in more than places are kept in', async () => {
  const { redis, open } = await liveWorld();
  const zones = Array.from({ length: 12 }, (_, i) => 21 + i);
  // The central meridian of a zone of UTM has the easting 500,000 m by definition.
  for (const zone of zones) await redis.hset('trains', String(zone), point(zone, 6 * zone - 183, 46));
  const clients = await Promise.all(
    zones.map((zone) => open('trains', `PROJECTION epsg:${32_600 + zone}`, 'BBOX 0 0 1 1')),
  );
  for (const client of clients) expect(client.ids).toEqual([]);
  for (const round of [1, 2]) {
    for (const client of clients) {
      await client.run(`BBOX ${490_000 - round} 5000000 510000 5200000`);
    }
    expect(clients.map(({ ids }) => ids)).toEqual(zones.map((zone) => [zone]));
    for (const client of clients) await client.run('BBOX 0 0 1 1');
    expect(clients.map(({ ids }) => ids)).toEqual(zones.map(() => []));
  }
});
