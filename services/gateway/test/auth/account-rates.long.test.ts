import { CLOSE_CODES } from '@viaduct/protocol';
import { outcomes, RawClient, SocketIoClient, type TestClient } from '@viaduct/testkit/clients';
import { SECRET, sha256, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld, type World } from '@viaduct/testkit/world';
import { beforeAll, describe, expect, test } from 'vitest';
import { EventStream } from '../support/event-stream.js';
import { pointAt } from '../support/features-client.js';

/** Each test has a key of its own, so that they can share a gateway. */
const KEYS = ['raw', 'socket.io', 'stream', 'page', 'kept'];

/** The lowest rate that there is: a test would have to wait for minutes if all its messages were sent at that rate. */
const LIMITS = { bytesPerSecond: 1024 };

const API_KEYS = JSON.stringify([
  ...KEYS.map((name) => ({ name, sha256: sha256(`key of ${name}`), channels: ['*'], limits: LIMITS })),
  { name: 'free', sha256: sha256('key of free'), channels: ['*'] },
]);

const ENV = { CHANNELS: '*', JWT_SECRET: SECRET, API_KEYS };

let world: World;
let gateway: GatewayProcess;

beforeAll(async () => {
  world = await startWorld();
  gateway = await startGateway({ ...ENV, REDIS_URL: world.server.url });
});

type Credentials = { key: string } | { token: string };

const CONNECT = {
  raw: (credentials: Credentials, url = gateway.url) =>
    RawClient.connect(`${url}/?${new URLSearchParams(credentials)}`),
  'socket.io': (auth: Credentials, url = gateway.url) => SocketIoClient.connect(url, { auth }),
} satisfies Record<string, (credentials: Credentials, url?: string) => Promise<TestClient>>;

const NAMES = Object.keys(CONNECT) as (keyof typeof CONNECT)[];

function keyOf(name: string): Credentials {
  return { key: `key of ${name}` };
}

/** About 2 kB each: every message takes two seconds at the rate. */
const FILLING = 'x'.repeat(2000);

/** Positions of some features, one after the other. */
async function move(channel: string, features: number, steps: number): Promise<void> {
  const pipeline = world.redis.pipeline();
  for (let step = 0; step < steps; step++) {
    for (let id = 0; id < features; id++) {
      pipeline.publish(channel, JSON.stringify(pointAt(id, 7, 47, { step, filling: FILLING })));
    }
  }
  await pipeline.exec();
}

/** The steps that a client has received of each feature. */
function stepsOf(client: TestClient, channel: string): number[][] {
  const steps: number[][] = [];
  for (const { source, content } of client.inbox.all) {
    if (source !== channel) continue;
    const { id, properties } = content as { id: number; properties: { step: number } };
    steps[id] ??= [];
    steps[id].push(properties.step);
  }
  return steps;
}

function newest(client: TestClient, channel: string): (number | undefined)[] {
  return stepsOf(client, channel).map((steps) => steps.at(-1));
}

const STEPS = 200;
const LAST = STEPS - 1;

describe('sessions of an account with a limit of bytes per second', () => {
  test.each(NAMES)('receive the newest of each feature, later, and stay connected (%s)', async (name) => {
    const channel = `moves-${name}`;
    const a = await CONNECT[name](keyOf(name));
    const b = await CONNECT[name](keyOf(name));
    const free = await CONNECT[name](keyOf('free'));
    for (const client of [a, b, free]) expect(await outcomes(client, `SUB ${channel}`)).toEqual(['ok']);
    await move(channel, 2, STEPS);
    await eventually(() => {
      for (const client of [a, b, free]) expect(newest(client, channel)).toEqual([LAST, LAST]);
    });
    expect(stepsOf(free, channel).map(({ length }) => length)).toEqual([STEPS, STEPS]);
    for (const client of [a, b]) {
      // All of them would take more than ten minutes.
      for (const steps of stepsOf(client, channel)) {
        expect(steps.length).toBeLessThan(STEPS / 2);
        expect(steps).toEqual(steps.toSorted((one, other) => one - other));
      }
    }
  });

  test('are also event streams', async () => {
    const url = `${gateway.url}/ogc/collections/streamed/items?${new URLSearchParams(keyOf('stream'))}`;
    const stream = await EventStream.open(url);
    await move('streamed', 1, STEPS);
    await eventually(() => expect(stream.held.get(0)?.properties?.step).toBe(LAST));
    expect(stream.events.length).toBeLessThan(STEPS / 2);
  });

  test.each(NAMES)('have the rate of a new TOKEN at once (%s)', async (name) => {
    const channel = `renewed-${name}`;
    const limits = { channels: ['*'], sub: channel, limits: LIMITS };
    const client = await CONNECT[name]({ token: await sign(limits) });
    expect(await outcomes(client, `SUB ${channel}`)).toEqual(['ok']);
    // Half a megabyte of different features would take ten minutes.
    await move(channel, 250, 1);
    expect(await outcomes(client, `TOKEN ${await sign({ channels: ['*'] })}`)).toEqual(['ok']);
    await eventually(() => expect(newest(client, channel)).toEqual(new Array(250).fill(0)));
    expect(await outcomes(client, `TOKEN ${await sign(limits)}`)).toEqual(['ok']);
    await move(channel, 1, STEPS);
    await eventually(() => expect(newest(client, channel)[0]).toBe(LAST));
    expect(stepsOf(client, channel)[0]?.length).toBeLessThan(STEPS / 2);
  });

  test('end like slow clients if nothing may be conflated and too much is queued', async () => {
    const env = { ...ENV, CONFLATE_BYTES: '0', CONFLATE_MESSAGES: '0', MAX_QUEUE_BYTES: '64KiB' };
    const { url } = await startGateway({ ...env, REDIS_URL: world.server.url });
    const clients = await Promise.all(NAMES.map((name) => CONNECT[name](keyOf('kept'), url)));
    const free = await CONNECT.raw(keyOf('free'), url);
    for (const client of [...clients, free]) expect(await outcomes(client, 'SUB kept')).toEqual(['ok']);
    await move('kept', 1, STEPS);
    for (const { closed } of clients) expect((await closed).code).toBe(CLOSE_CODES.slow_consumer.code);
    await eventually(() => expect(stepsOf(free, 'kept')[0]).toHaveLength(STEPS));
  });
});

test('a request to the HTTP API gets 429 while its account has used up its bytes, and others do not', async () => {
  await world.redis.hset('paged', 'a', JSON.stringify(pointAt('a', 7, 47, { filling: 'y'.repeat(500) })));
  const ask = (name: string): Promise<Response> =>
    fetch(`${gateway.url}/ogc/collections/paged/items?${new URLSearchParams(keyOf(name))}`);
  const refused = await eventually(async () => {
    const response = await ask('page');
    expect(response.status).toBe(429);
    return response;
  });
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(await refused.json()).toMatchObject({
    detail: expect.stringContaining('may receive 1024 bytes per second'),
  });
  expect((await ask('free')).status).toBe(200);
  // It is not connected, and may send again when that is paid for.
  await eventually(async () => expect((await ask('page')).status).toBe(200));
  const scrape = await gateway.scrape();
  const labels = { transport: 'http', reason: 'account_throttled' };
  expect(scrape.sum('viaduct_connections_refused_total', labels)).toBeGreaterThan(0);
});
