import { fileURLToPath } from 'node:url';
import type { Envelope } from '@viaduct/protocol';
import { type Credentials, RawClient, type TestClient, TRANSPORTS } from '@viaduct/testkit/clients';
import { SECRET, sha256, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { startWorld, type World } from '@viaduct/testkit/world';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bigFeature, isFeature, KINDS, WORKERS } from '../support/areas.js';

const SWISS = [5.9, 45.8, 10.5, 47.9];
const TRIANGLE = {
  type: 'Polygon',
  coordinates: [
    [
      [6, 46],
      [10, 46],
      [8, 48],
      [6, 46],
    ],
  ],
};

function point(id: string, x: number, y: number): object {
  return bigFeature(id, { type: 'Point', coordinates: [x, y] });
}

/** In both areas, only in the box, and in neither. */
const INSIDE = point('inside', 8, 47);
const CORNER = point('corner', 6, 47.8);
const OUTSIDE = point('outside', 13, 47);
/** Features without a place, which every session receives, before and after the others. */
const [BEGIN, END] = [bigFeature('begin', null), bigFeature('end', null)];
const [isBegin, isEnd] = [isFeature('begin'), isFeature('end')];
const REMOVED = bigFeature('removed', null);
const MIXED = { type: 'FeatureCollection', bbox: [5, 45, 14, 48], features: [OUTSIDE, INSIDE, OUTSIDE] };
const ALL_OUTSIDE = { type: 'FeatureCollection', features: [OUTSIDE] };
const ACROSS = bigFeature('across', {
  type: 'LineString',
  coordinates: [
    [8, 47],
    [20, 47],
  ],
});

const CONTENTS = { INSIDE, CORNER, OUTSIDE, REMOVED, MIXED, ALL_OUTSIDE, ACROSS };

/** The names of the contents that are sent; for a collection, those of its features. */
function namesOf(envelopes: readonly Envelope[]): string[] {
  const name = (content: unknown): string[] => {
    if (content === null) return ['null'];
    const { id, features } = content as { id?: string; features?: unknown[] };
    if (features === undefined) return [id ?? JSON.stringify(content)];
    return [`[${features.flatMap(name).join()}]`];
  };
  return envelopes.flatMap(({ content }) => name(content)).sort();
}

describe.each(KINDS)('a $transport session that is limited to an area, by $worker', ({ transport, env }) => {
  let world: World;
  let gateway: GatewayProcess;
  const key = `places-${transport}`;
  const clients: TestClient[] = [];

  beforeAll(async () => {
    world = await startWorld();
    gateway = await startGateway({
      REDIS_URL: world.server.url,
      CHANNELS: '*',
      JWT_SECRET: SECRET,
      STREAMS: 'stream-*',
      ...env,
      COMMANDS: fileURLToPath(new URL('../fixtures/tell.mjs', import.meta.url)),
      API_KEYS: JSON.stringify([{ sha256: sha256('the-key'), channels: ['*'], area: SWISS }]),
    });
    for (const [field, content] of Object.entries(CONTENTS)) {
      await world.redis.hset(key, field, JSON.stringify(content));
    }
  });

  afterEach(() => {
    // Whatever a test did, nothing from outside has reached any of its clients.
    for (const { inbox } of clients.splice(0)) {
      expect(JSON.stringify(inbox.all)).not.toMatch(/outside|"bbox":\[5,45/u);
    }
  });

  async function connectWith(credentials: Credentials): Promise<TestClient> {
    const client = await TRANSPORTS[transport](gateway.url, credentials);
    clients.push(client);
    return client;
  }

  async function connect(area: unknown): Promise<TestClient> {
    return connectWith({ token: await sign({ channels: ['*'], area }) });
  }

  const AREAS = [
    ['a box', SWISS, ['[inside]', 'across', 'corner', 'inside', 'removed']],
    ['a polygon', TRIANGLE, ['[inside]', 'across', 'inside', 'removed']],
  ] as const;

  /** Publishes everything, and waits until a later message has arrived. */
  async function published(...receivers: TestClient[]): Promise<Envelope[][]> {
    await world.redis.publish(key, JSON.stringify(BEGIN));
    for (const content of Object.values(CONTENTS)) await world.redis.publish(key, JSON.stringify(content));
    await world.redis.publish(key, JSON.stringify(END));
    const collected = receivers.map((client) => client.inbox.collect(isEnd));
    return (await Promise.all(collected)).map((envelopes) => {
      const begin = envelopes.findIndex(isBegin);
      return envelopes.slice(begin + 1, -1).filter(({ source }) => source === key);
    });
  }

  describe.each(AREAS)('of %s', (_, area, seen) => {
    test('receives by SUB what touches it, and from collections only the features that do', async () => {
      const client = await connect(area);
      await client.run(`SUB ${key}`);
      const [envelopes = []] = await published(client);
      expect(namesOf(envelopes)).toEqual(seen);
      const across = envelopes.find(({ content }) => (content as { id?: string }).id === 'across');
      expect(across?.content).toEqual(ACROSS);
    });

    test.each([
      'BBOX -180 -90 180 90',
      'BBOX 12 46 14 48 trim=true',
      'BBOX 5 45 14 48 trim=true',
      'BBOX 5 45 14 48',
      'RESET',
      'PROJECTION epsg:3857',
      'PROJECTION epsg:2056 axis_order=crs precision=1',
      'BUFFER 100 50',
    ])('receives nothing else after %s, by SUB or GET', async (line) => {
      const client = await connect(area);
      await client.run(`SUB ${key}`);
      await client.run(line);
      await client.run(`GET ${key}`);
      await client.run(`PGET ${key} projection=epsg:3857`);
      await client.run(`PGET ${key}`);
      // The mark that the test waits for would be held back, too.
      if (line === 'RESET') await client.run('BBOX');
      if (line.startsWith('BUFFER')) {
        for (const content of Object.values(CONTENTS))
          await world.redis.publish(key, JSON.stringify(content));
        // Messages that arrive after this test would reach the client of the next one.
        await world.redis.publish(key, JSON.stringify(END));
        await client.inbox.next(
          ({ source, content }) => source === 'buffer' && (content as { content: unknown }[]).some(isEnd),
        );
      } else await published(client);
    });

    test('receives by SUB with snapshot what touches it', async () => {
      const client = await connect(area);
      await client.run(`SUB ${key} snapshot=true`);
      const [live = []] = await published(client);
      expect(namesOf(live)).toEqual(seen);
      const sent = client.inbox.all.filter(
        (envelope) => envelope.source === key && !isBegin(envelope) && !isEnd(envelope),
      );
      expect(namesOf(sent)).toEqual([...seen, ...seen].sort());
      const end = client.inbox.all.find(
        ({ content }) => (content as { status?: string }).status === 'snapshot_end',
      );
      expect(end?.content).toMatchObject({ count: seen.length });
    });

    test('receives from a stream, live and recovered, what touches it', async () => {
      const stream = `stream-${key}-${seen.length}`;
      const add = async (): Promise<void> => {
        for (const content of Object.values(CONTENTS)) {
          await world.redis.xadd(stream, '*', 'data', JSON.stringify(content));
        }
      };
      const before = await world.redis.xadd(stream, '*', 'data', JSON.stringify(BEGIN));
      await add();
      const client = await connect(area);
      await client.run(`SUB ${stream} since=${before}`);
      await add();
      await world.redis.xadd(stream, '*', 'data', JSON.stringify(END));
      await client.inbox.collect(isEnd);
      const sent = client.inbox.all.filter((envelope) => envelope.source === stream && !isEnd(envelope));
      expect(namesOf(sent)).toEqual([...seen, ...seen].sort());
    });

    test('receives by GET and PGET from a hash what touches it', async () => {
      const client = await connect(area);
      for (const line of [`GET ${key}`, `PGET ${key} projection=epsg:3857`, `GET ${key}`]) {
        const { envelopes } = await client.run(line);
        expect([line, namesOf(envelopes)]).toEqual([line, seen]);
      }
    });

    test.each([
      ['INSIDE', INSIDE],
      ['OUTSIDE', null],
      ['ALL_OUTSIDE', null],
      ['MIXED', { type: 'FeatureCollection', features: [INSIDE] }],
      ['REMOVED', REMOVED],
      ['ACROSS', ACROSS],
    ])('gets by GET and PGET of the field %s what touches it', async (field, content) => {
      const client = await connect(area);
      for (const command of ['GET', 'PGET']) {
        const { envelopes } = await client.run(`${command} ${key} ${field}`);
        expect(envelopes.map((envelope) => envelope.content)).toEqual([content]);
      }
    });

    test("gets by an operator's own command what touches it, however the command sends", async () => {
      const client = await connect(area);
      const { envelopes } = await client.run(`TELL ${key} OUTSIDE`);
      const told = envelopes.filter(({ source }) => source === 'told');
      expect(namesOf(told)).toEqual([...seen, 'null'].sort());
      expect(envelopes.find(({ source }) => source === `${key} OUTSIDE`)?.content).toBeNull();
      await client.run(`SUB ${key}`);
      const [pushed = []] = await published(client);
      expect(namesOf(pushed)).toEqual(seen);
    });
  });

  test('sees what an API key allows', async () => {
    const client = await connectWith({ key: 'the-key' });
    expect(namesOf((await client.run(`GET ${key}`)).envelopes)).toEqual(AREAS[0][2]);
  });

  test('shares an audience with all sessions of the same area, and with no others', async () => {
    const audiences = async (): Promise<number> => (await gateway.scrape()).sum('viaduct_audiences');
    const before = await audiences();
    const swiss = [await connect(SWISS), await connect([...SWISS]), await connect(SWISS)];
    const triangle = await connect(TRIANGLE);
    for (const client of [...swiss, triangle]) await client.run(`SUB ${key}`);
    expect((await audiences()) - before).toBe(2);
    const [one = [], two = [], three = [], four = []] = await published(...swiss, triangle);
    for (const envelopes of [one, two, three]) expect(namesOf(envelopes)).toEqual(AREAS[0][2]);
    expect(namesOf(four)).toEqual(AREAS[1][2]);
  });

  test('has the area of a new TOKEN from the next message on', async () => {
    const client = await connect(SWISS);
    await client.run(`SUB ${key}`);
    const [first = []] = await published(client);
    expect(namesOf(first)).toEqual(AREAS[0][2]);
    await client.run(`TOKEN ${await sign({ channels: ['*'], area: TRIANGLE })}`);
    const [second = []] = await published(client);
    expect(namesOf(second)).toEqual(AREAS[1][2]);
    expect(namesOf((await client.run(`GET ${key}`)).envelopes)).toEqual(AREAS[1][2]);
    await client.run(`TOKEN ${await sign({ channels: ['*'] })}`);
    const [third = []] = await published(client);
    expect(namesOf(third)).toContain('outside');
    clients.splice(0);
  });

  test.each([
    ['a text', 'CH'],
    ['too few sides', [1, 2, 3]],
    ['a box upside down', [0, 10, 10, 0]],
    [
      'a line',
      {
        type: 'LineString',
        coordinates: [
          [0, 0],
          [1, 1],
        ],
      },
    ],
    ['a feature', { type: 'Feature', geometry: TRIANGLE }],
  ])('cannot be limited to %s: the token is refused', async (_, area) => {
    await expect(connect(area)).rejects.toThrow();
    const client = await TRANSPORTS[transport](gateway.url);
    const { status } = await client.run(`TOKEN ${await sign({ area })}`);
    expect(status).toMatchObject({
      code: 'invalid_token',
      message: expect.stringContaining('the area cannot be read'),
    });
  });

  test('uses worker threads exactly if there are any', async () => {
    const client = await connect(SWISS);
    await client.run(`SUB ${key}`);
    await published(client);
    const tasks = (await gateway.scrape()).sum('viaduct_worker_task_duration_seconds_count');
    expect(tasks > 0).toBe(env.WORKER_THREADS !== '0');
  });
});

test.each(Object.entries(WORKERS))(
  'a session with an area gets no member that the gateway has not checked, by %s',
  async (_, env) => {
    const world = await startWorld();
    const gateway = await startGateway({
      REDIS_URL: world.server.url,
      CHANNELS: '*',
      JWT_SECRET: SECRET,
      ...env,
    });
    // JSON.parse takes the last member of a name, other readers take the first or show both.
    const [outside, inside] = [JSON.stringify(OUTSIDE), JSON.stringify(INSIDE)];
    const twice = `{"type":"FeatureCollection","features":[${outside}],"features":[${inside}]}`;
    const url = `${gateway.url}/?token=${await sign({ channels: ['*'], area: SWISS })}`;
    const client = await RawClient.connect(url);
    let received = '';
    client.socket.on('message', (data) => {
      received += String(data);
    });
    await world.redis.hset('key', 'field', twice);
    for (const command of [
      'GET key',
      'GET key field',
      'PGET key projection=epsg:3857',
      'SUB key snapshot=true',
    ])
      await client.run(command);
    await world.redis.publish('key', twice);
    await world.redis.publish('key', JSON.stringify(END));
    await client.inbox.collect(isEnd);
    expect(received.split('"inside"').length - 1).toBe(5);
    expect(received).not.toContain('outside');
  },
);
