import { RawClient } from '@viaduct/testkit/clients';
import { SECRET, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { Random, SEED } from '@viaduct/testkit/random';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Feature, Point } from 'geojson';
import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import { pointAt } from '../../support/features-client.js';
import { type RawEvent, RawEventStream } from '../../support/raw-event-stream.js';

const BOX = '?bbox=6,46,8,48';

let redis: Redis;
let gateways: GatewayProcess[];
let channels = 0;

beforeAll(async () => {
  const world = await startWorld();
  redis = world.redis;
  const env = {
    REDIS_URL: world.server.url,
    CHANNELS: '*',
    STREAMS: 'ships*,fleeting*',
    EXPIRE: 'fleeting*=3600s',
    JWT_SECRET: SECRET,
    ANONYMOUS_CHANNELS: '*',
  };
  gateways = await Promise.all([0, 1].map(() => startGateway(env)));
});

/** A channel that no other test has. */
function newChannel(kind: 'ships' | 'fleeting' | 'plain'): string {
  return `${kind}${++channels}`;
}

function itemsOf(channel: string, gateway = 0, query = BOX): string {
  return `${gateways[gateway]?.url}/ogc/collections/${channel}/items${query}`;
}

function gone(id: string): object {
  return { type: 'Feature', id, properties: null, geometry: null };
}

function collection(...features: readonly object[]): object {
  return { type: 'FeatureCollection', features };
}

/** Writes the state and the message of a stream in one step, as publishers should. Resolves with the id of the entry. */
async function publish(stream: string, message: object, ...args: string[]): Promise<string> {
  const { features = [message] } = message as { features?: object[] };
  const step = redis.multi();
  for (const feature of features as Feature[]) {
    const state = `${stream}:state`;
    if ((feature.geometry as unknown) === null) step.hdel(state, String(feature.id));
    else step.hset(state, String(feature.id), JSON.stringify(feature));
  }
  step.call('XADD', stream, ...args, '*', 'data', JSON.stringify(message));
  return String((await step.exec())?.at(-1)?.[1]);
}

function summariesOf(events: readonly RawEvent[]): string[] {
  return events.map(({ name, data }) => {
    const { type, id } = data as Feature;
    return type === 'Feature' ? `${name} ${id}` : name;
  });
}

describe('a client that connects again with the last id', () => {
  test('is sent what has changed in its view meanwhile, and what has left it, by any gateway', async () => {
    const ships = newChannel('ships');
    for (const id of ['same', 'moves', 'leaves', 'ends', 'part']) await publish(ships, pointAt(id, 7, 47));
    await publish(ships, pointAt('comes', 20, 47));
    const client = new RawEventStream();
    client.connect(itemsOf(ships));
    expect(summariesOf(await client.untilMark())[0]).toBe('reset');
    const seen = await publish(ships, pointAt('same', 7, 47, { n: 1 }));
    await until(() => client.lastId === seen, 'the id of the entry', { state: () => client.lastId });
    client.cut();
    await publish(ships, pointAt('moves', 7.5, 47));
    await publish(ships, pointAt('leaves', 20, 47));
    await publish(ships, gone('ends'));
    await publish(ships, pointAt('comes', 7, 47));
    await publish(ships, pointAt('elsewhere', 20, 47));
    const last = await publish(ships, collection(pointAt('part', 7, 47.5), pointAt('other', 30, 30)));
    client.connect(itemsOf(ships, 1));
    const events = await client.untilMark();
    expect(summariesOf(events).slice(0, -1).sort()).toEqual(['update comes', 'update moves', 'update part']);
    const { left, ...mark } = (events.at(-1)?.data ?? { left: [] }) as { left: string[] };
    expect(mark).toEqual({ status: 'view', channel: ships, reason: 'recovered', entered: 3, id: last });
    expect(left.sort()).toEqual(['elsewhere', 'ends', 'leaves', 'other']);
    expect(client.lastId).toBe(last);
    expect(client.ids).toEqual(['comes', 'moves', 'part', 'same']);
    const scrape = await gateways[1]?.scrape();
    expect(scrape?.sum('viaduct_recoveries_total', { outcome: 'recovered' })).toBeGreaterThan(0);
  });

  test('is sent only a mark if nothing has changed', async () => {
    const ships = newChannel('ships');
    const last = await publish(ships, pointAt('a', 7, 47));
    const client = new RawEventStream();
    client.connect(itemsOf(ships));
    await client.untilMark();
    client.connect(itemsOf(ships));
    const [mark, ...others] = await client.untilMark();
    expect([mark?.id, mark?.data, others]).toMatchObject([last, { entered: 0, left: [] }, []]);
    expect(client.ids).toEqual(['a']);
  });

  test('is sent a reset and the whole view if the stream no longer has what it missed', async () => {
    const ships = newChannel('ships');
    await publish(ships, pointAt('a', 7, 47));
    const client = new RawEventStream();
    client.connect(itemsOf(ships));
    await client.untilMark();
    client.cut();
    await publish(ships, gone('a'));
    for (const id of ['b', 'c']) await publish(ships, pointAt(id, 7, 47), 'MAXLEN', '=', '1');
    client.connect(itemsOf(ships, 1));
    const events = await client.untilMark();
    // A hash has no order.
    expect([...summariesOf(events).slice(0, 2), ...summariesOf(events).slice(2).sort()]).toEqual([
      'status',
      'reset',
      'update b',
      'update c',
      'view',
    ]);
    expect(events[0]?.data).toMatchObject({ status: 'recovery', recovered: false, reason: 'trimmed' });
    expect(events.at(-1)?.data).toMatchObject({ status: 'snapshot_end', count: 2 });
    expect(client.ids).toEqual(['b', 'c']);
  });

  test.each(['not an id', '9999999999999-0'])(
    'is sent the whole view if the id is of no entry: %s',
    async (id) => {
      const ships = newChannel('ships');
      await publish(ships, pointAt('a', 7, 47));
      const client = new RawEventStream();
      client.lastId = id;
      client.connect(itemsOf(ships));
      expect(summariesOf(await client.untilMark())).toContain('reset');
      expect(client.ids).toEqual(['a']);
    },
  );

  test('holds the state in Redis within its box, wherever and however often its connection is cut', async () => {
    const ships = newChannel('ships');
    const random = new Random(SEED);
    const somewhere = (id: number): Feature =>
      pointAt(`ship ${id}`, 5.5 + random.below(30) / 10, 46.5 + random.below(10) / 10, {
        n: random.below(1e6),
      });
    const change = async (): Promise<void> => {
      const id = random.below(120);
      const kind = random.below(10);
      const message =
        kind === 0
          ? gone(`ship ${id}`)
          : kind < 3
            ? collection(...[0, 1, 2, 3].map((i) => somewhere((id + i) % 120)))
            : somewhere(id);
      await publish(ships, message);
    };
    for (let i = 0; i < 200; i++) await change();
    const clients = Array.from({ length: 6 }, () => new RawEventStream());
    let recovered = 0;
    for (let round = 0; round < 25; round++) {
      for (const client of clients) {
        if (client.events.some(({ data }) => (data as { reason?: string }).reason === 'recovered'))
          recovered++;
        // Some are cut before their mark, some after it.
        client.connect(itemsOf(ships, random.below(2)), {}, 200 + random.below(25_000));
      }
      for (let i = 0; i < 12; i++) await change();
      const isThrough = (client: RawEventStream): boolean => client.isCut || client.hasMark;
      await until(() => clients.every(isThrough), 'cut connections and marks');
    }
    for (const client of clients) client.connect(itemsOf(ships, random.below(2)));
    await publish(ships, pointAt('last', 7, 47));
    const state = Object.values(await redis.hgetall(`${ships}:state`)).map(
      (text) => JSON.parse(text) as Feature<Point>,
    );
    const inBox = state.filter(({ geometry: { coordinates } }) => {
      const [lon = 0, lat = 0] = coordinates;
      return lon >= 6 && lon <= 8 && lat >= 46 && lat <= 48;
    });
    const expected = Object.fromEntries(inBox.map((feature) => [feature.id, feature]));
    for (const client of clients) {
      await until(() => client.held.has('last'), 'the last feature', { state: () => client.ids });
      await client.untilMark();
      expect(Object.fromEntries(client.held)).toEqual(expected);
    }
    expect(recovered).toBeGreaterThan(20);
  });
});

describe('an event stream has no ids, and every connection begins with the whole view,', () => {
  async function expectNoIds(channel: string, headers: Record<string, string> = {}): Promise<void> {
    const client = new RawEventStream();
    client.connect(itemsOf(channel), headers);
    await client.untilMark();
    const message = pointAt('b', 7, 47);
    if (channel.startsWith('plain')) await redis.publish(channel, JSON.stringify(message));
    else await publish(channel, message);
    await until(() => client.held.has('b'), 'the feature', { state: () => client.events });
    expect(client.events.map(({ id }) => id ?? '').join('')).toBe('');
    client.lastId = '1-0';
    client.connect(itemsOf(channel), headers);
    expect(summariesOf(await client.untilMark())).toContain('reset');
  }

  test('if the channel is not a stream', async () => {
    const plain = newChannel('plain');
    await redis.hset(plain, 'a', JSON.stringify(pointAt('a', 7, 47)));
    await expectNoIds(plain);
  });

  test('if features expire, which no entry reports', async () => {
    const fleeting = newChannel('fleeting');
    await publish(fleeting, pointAt('a', 7, 47));
    await expectNoIds(fleeting);
  });

  test('if the client has an area, which may have been another one before', async () => {
    const ships = newChannel('ships');
    await publish(ships, pointAt('a', 7, 47));
    const token = await sign({ channels: ['ships*'], area: [5, 45, 9, 49] });
    await expectNoIds(ships, { authorization: `Bearer ${token}` });
  });
});

test('a WebSocket client recovers its live view in the same way', async () => {
  const ships = newChannel('ships');
  for (const id of ['same', 'leaves']) await publish(ships, pointAt(id, 7, 47));
  const last = await publish(ships, pointAt('moves', 7, 47));
  await publish(ships, pointAt('leaves', 20, 47));
  const now = await publish(ships, pointAt('moves', 7.5, 47));
  const client = await RawClient.connect(gateways[0]?.url ?? '');
  atEnd(() => client.close());
  await client.run('BBOX 6 46 8 48');
  const before = client.inbox.length;
  client.send(`SUB ${ships} live=true since=${last} client_ref=s1`);
  const isMark = (content: unknown): boolean => (content as { status?: string }).status === 'view';
  await client.inbox.first('the mark', ({ content }) => isMark(content), before);
  const envelopes = client.inbox.since(before).map(({ envelope }) => envelope);
  const isConfirmation = (content: unknown): boolean => (content as { status?: string }).status === 'ok';
  expect(envelopes.filter(({ content }) => !isConfirmation(content))).toMatchObject([
    { source: ships, content: pointAt('moves', 7.5, 47) },
    {
      content: { status: 'view', channel: ships, reason: 'recovered', entered: 1, left: ['leaves'], id: now },
      client_reference: 's1',
    },
  ]);
});
