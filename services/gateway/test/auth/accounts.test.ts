import { CLOSE_CODES } from '@viaduct/protocol';
import { outcomes, RawClient, SocketIoClient, type TestClient } from '@viaduct/testkit/clients';
import { SECRET, sha256, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { UPGRADES, upgrade } from '@viaduct/testkit/handshakes';
import { eventually } from '@viaduct/testkit/wait';
import { beforeAll, describe, expect, test } from 'vitest';

/** Each test has keys and subjects of its own, so that they can share a gateway. */
const KEYS = ['two', 'other', 'subs', 'rush', 'stream', 'seen'];

const LIMITS = { connections: 2, subscriptions: 3 };

const API_KEYS = JSON.stringify([
  ...KEYS.map((name) => ({ name, sha256: sha256(`key of ${name}`), channels: ['*'], limits: LIMITS })),
  { name: 'two', sha256: sha256('second key of two'), channels: ['*'], limits: LIMITS },
  { name: 'free', sha256: sha256('key of free'), channels: ['*'] },
]);

const FULL = CLOSE_CODES.account_full.code;

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', JWT_SECRET: SECRET, API_KEYS });
});

type Credentials = { key: string } | { token: string };

const CONNECT = {
  raw: (credentials: Credentials) => RawClient.connect(`${gateway.url}/?${new URLSearchParams(credentials)}`),
  'socket.io': (auth: Credentials) => SocketIoClient.connect(gateway.url, { auth }),
} satisfies Record<string, (credentials: Credentials) => Promise<TestClient>>;

const NAMES = Object.keys(CONNECT) as (keyof typeof CONNECT)[];

function keyOf(name: string): Credentials {
  return { key: `key of ${name}` };
}

async function tokenOf(sub: string, limits: Partial<typeof LIMITS> = LIMITS): Promise<string> {
  return sign({ sub, channels: ['*'], limits });
}

/** How often a connection is refused over raw WebSockets until one is accepted. */
async function connected(credentials: Credentials): Promise<RawClient> {
  return eventually(() => CONNECT.raw(credentials));
}

async function leave(client: TestClient): Promise<void> {
  await client.close();
  await client.closed;
}

describe('an account with a limit of connections', () => {
  test('is all keys of one name on both transports; a further connection is refused until one ends', async () => {
    const first = await CONNECT.raw(keyOf('two'));
    await CONNECT['socket.io']({ key: 'second key of two' });
    const query = new URLSearchParams(keyOf('two')).toString();
    expect(await upgrade(gateway.url, UPGRADES.raw(query))).toEqual({
      status: 429,
      body: { ...closingOf(FULL), message: expect.stringContaining('may have 2 connections') },
    });
    await expect(CONNECT['socket.io'](keyOf('two'))).rejects.toMatchObject({
      cause: { data: closingOf(FULL), message: expect.stringContaining('may have 2 connections') },
    });
    expect(await outcomes(await CONNECT.raw(keyOf('other')), 'PING')).toEqual(['ok']);
    const scrape = await gateway.scrape();
    for (const transport of NAMES) {
      const labels = { transport, reason: 'account_full' };
      expect(scrape.sum('viaduct_connections_refused_total', labels)).toBe(1);
    }
    await leave(first);
    await connected(keyOf('two'));
  });

  test.each(NAMES)('is all tokens of one subject, and no others (%s)', async (transport) => {
    const sub = `two of ${transport}`;
    const connect = async (whose: string): Promise<TestClient> =>
      CONNECT[transport]({ token: await tokenOf(whose) });
    await Promise.all([connect(sub), connect(sub)]);
    await expect(connect(sub)).rejects.toThrow();
    await connect(`not ${sub}`);
  });

  test('has no more if they all come at the same time', async () => {
    const ends: number[] = [];
    const arrivals = Array.from({ length: 10 }, async (_, i) => {
      const client = await CONNECT[i % 2 === 0 ? 'raw' : 'socket.io'](keyOf('rush'));
      void client.closed.then(({ code }) => ends.push(code ?? 0));
      return client;
    });
    const opened = (await Promise.allSettled(arrivals)).filter(({ status }) => status === 'fulfilled');
    expect(opened.length).toBeGreaterThanOrEqual(2);
    // Those for which there was room at the handshake, but not when they became sessions, are closed.
    await eventually(() => expect(ends).toEqual(opened.slice(2).map(() => FULL)));
  });

  test('counts event streams, and not requests to the HTTP API', async () => {
    const url = `${gateway.url}/ogc/collections/trains/items?${new URLSearchParams(keyOf('stream'))}`;
    const headers = { accept: 'text/event-stream' };
    const stop = new AbortController();
    const streams = [1, 2].map(() => fetch(url, { headers, signal: stop.signal }));
    for (const stream of streams) expect((await stream).status).toBe(200);
    const refused = await fetch(url, { headers });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({
      detail: expect.stringContaining('may have 2 connections'),
    });
    expect((await fetch(url)).status).toBe(200);
    stop.abort();
    await connected(keyOf('stream'));
  });

  test('does not limit clients without limits', async () => {
    await Promise.all([1, 2, 3, 4].map(() => CONNECT.raw(keyOf('free'))));
    const token = await sign({ sub: 'free', channels: ['*'] });
    await Promise.all([1, 2, 3, 4].map(() => CONNECT['socket.io']({ token })));
  });
});

describe('an account with a limit of subscriptions', () => {
  test('is limited in all its sessions together', async () => {
    const a = await CONNECT.raw(keyOf('subs'));
    const b = await CONNECT['socket.io'](keyOf('subs'));
    expect(await outcomes(a, 'SUB 1', 'SUB 2')).toEqual(['ok', 'ok']);
    expect(await outcomes(b, 'SUB 1', 'SUB 1', 'SUB 2')).toEqual(['ok', 'ok', 'too_many_subscriptions']);
    expect((await b.run('SUB 2')).status).toMatchObject({
      message: expect.stringContaining('may have 3 subscriptions'),
    });
    expect(await outcomes(a, 'DEL 1', 'SUB 3', 'SUB 4')).toEqual(['ok', 'ok', 'too_many_subscriptions']);
    await leave(a);
    await eventually(async () => expect(await outcomes(b, 'SUB 5')).toEqual(['ok']));
    expect(await outcomes(b, 'SUB 6', 'SUB 7')).toEqual(['ok', 'too_many_subscriptions']);
  });

  test.each(NAMES)('has the limits of a new TOKEN at once (%s)', async (transport) => {
    const sub = `renewed by ${transport}`;
    const a = await CONNECT[transport]({ token: await tokenOf(sub, { subscriptions: 1 }) });
    const b = await CONNECT[transport]({ token: await tokenOf(sub, { subscriptions: 1 }) });
    expect(await outcomes(a, 'SUB 1', 'SUB 2')).toEqual(['ok', 'too_many_subscriptions']);
    const more = await tokenOf(sub, { subscriptions: 2 });
    expect(await outcomes(a, `TOKEN ${more}`, 'SUB 2', 'SUB 3')).toEqual([
      'ok',
      'ok',
      'too_many_subscriptions',
    ]);
    // The newest token decides for all of the subject.
    expect(await outcomes(b, 'SUB 1')).toEqual(['too_many_subscriptions']);
    const fewer = await tokenOf(sub, { subscriptions: 1 });
    expect(await outcomes(a, `TOKEN ${fewer}`, 'DEL 1', 'SUB 3')).toEqual([
      'ok',
      'ok',
      'too_many_subscriptions',
    ]);
    const none = await sign({ sub, channels: ['*'] });
    expect(await outcomes(a, `TOKEN ${none}`, 'SUB 3', 'SUB 4')).toEqual(['ok', 'ok', 'ok']);
    expect(await outcomes(b, 'SUB 1', 'SUB 2')).toEqual(['ok', 'too_many_subscriptions']);
  });
});

test.each(NAMES)(
  'a TOKEN of an account that has all its connections is refused, and changes nothing (%s)',
  async (transport) => {
    const sub = `full for ${transport}`;
    const inside = await CONNECT[transport]({ token: await tokenOf(sub, { connections: 1 }) });
    const token = await sign({ sub, channels: ['news'], limits: { connections: 1 } });
    const outside = await CONNECT[transport](keyOf('free'));
    expect(await outcomes(outside, `TOKEN ${token}`, 'GET trains')).toEqual(['account_full', 'ok']);
    // Its own token of the same account needs no further room.
    expect(await outcomes(inside, `TOKEN ${token}`, 'GET trains')).toEqual(['ok', 'not_allowed']);
    await leave(inside);
    await eventually(async () => expect(await outcomes(outside, `TOKEN ${token}`)).toEqual(['ok']));
    expect(await outcomes(outside, 'GET trains')).toEqual(['not_allowed']);
  },
);

describe('the metrics', () => {
  test('have what the sessions of a key use, what they were sent, and how often a limit took effect', async () => {
    const key = { key: 'seen' };
    const raw = await CONNECT.raw(keyOf('seen'));
    await CONNECT['socket.io'](keyOf('seen'));
    const before = await gateway.scrape();
    let bytes = 0;
    // The length of a text frame of RFC 6455 is that of its envelope.
    raw.socket.on('message', (data: Buffer) => {
      bytes += data.length;
    });
    const lines = ['SUB 1', 'SUB 2', 'SUB 3', 'SUB 4', 'GET nothing'];
    expect(await outcomes(raw, ...lines)).toEqual(['ok', 'ok', 'ok', 'too_many_subscriptions', 'ok']);
    await expect(CONNECT.raw(keyOf('seen'))).rejects.toThrow();
    const scrape = await gateway.scrape();
    const sent = 'viaduct_account_sent_bytes_total';
    expect(scrape.sum(sent, key) - before.sum(sent, key)).toBe(bytes);
    expect(scrape.sum('viaduct_account_connections', key)).toBe(2);
    expect(scrape.sum('viaduct_account_subscriptions', key)).toBe(3);
    const limited = (limit: string): number => scrape.sum('viaduct_account_limited_total', { ...key, limit });
    expect([limited('connections'), limited('subscriptions'), limited('bytesPerSecond')]).toEqual([1, 1, 0]);
    const limit = (name: string): number => scrape.sum('viaduct_account_limit', { ...key, limit: name });
    expect([limit('connections'), limit('subscriptions')]).toEqual([
      LIMITS.connections,
      LIMITS.subscriptions,
    ]);
    await leave(raw);
    await eventually(async () => {
      expect((await gateway.scrape()).sum('viaduct_account_connections', key)).toBe(1);
    });
    expect((await gateway.scrape()).sum('viaduct_account_subscriptions', key)).toBe(0);
  });

  test('have tokens together, without their subjects, and every key with limits', async () => {
    const connections = async (): Promise<number> =>
      (await gateway.scrape()).sum('viaduct_account_connections', { key: '' });
    // The clients of earlier tests.
    await eventually(async () => expect(await connections()).toBe(0));
    for (const sub of ['subject-a', 'subject-b']) await CONNECT.raw({ token: await tokenOf(sub) });
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_account_connections', { key: '' })).toBe(2);
    expect(scrape.text).not.toMatch(/subject-[ab]/u);
    const keys = scrape.samples
      .filter(({ name }) => name === 'viaduct_account_connections')
      .map(({ labels }) => labels.key);
    expect(keys.sort()).toEqual(['', ...KEYS].sort());
  });
});

function closingOf(code: number): { code: number; reason: string } {
  return { code, reason: CLOSE_CODES.account_full.reason };
}
