import { randomUUID } from 'node:crypto';
import {
  busiestOf,
  type ChannelsAnswer,
  channelsOf,
  disconnect,
  notify,
  replicasOf,
  rowsOf,
  sessionsOf,
  startAlone,
} from '@viaduct/testkit/admin';
import { RawClient, SocketIoClient, TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { SECRET, sha256, sign } from '@viaduct/testkit/credentials';
import { eventually } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';

describe('a gateway without a Redis', () => {
  test('answers for itself alone', async () => {
    const gateway = await startAlone({ REPLICA_ID: 'alone' });
    await RawClient.connect(gateway.url);
    const [first, second] = await Promise.all([
      SocketIoClient.connect(gateway.url),
      SocketIoClient.connect(gateway.url),
    ]);
    await Promise.all([first.run('PING'), second.run('PING')]);
    const answer = await replicasOf(gateway);
    expect(answer).toEqual({
      complete: true,
      missing: [],
      lastSeen: {},
      replica: 'alone',
      replicas: [
        {
          id: 'alone',
          version: expect.stringMatching(/^\d+\.\d+\.\d+/u),
          uptime: expect.any(Number),
          ready: true,
          draining: false,
          connections: { raw: 1, 'socket.io': 2, sse: 0 },
        },
      ],
    });
    expect((await gateway.scrape()).sum('viaduct_replicas_connected')).toBe(1);
    await eventually(async () => {
      expect((await replicasOf(gateway)).replicas[0]?.uptime).toBeGreaterThan(
        answer.replicas[0]?.uptime ?? 0,
      );
    });
  });

  test('has a new id at each start if none is configured', async () => {
    const gateways = await Promise.all([startAlone(), startAlone()]);
    const ids = await Promise.all(gateways.map(async (gateway) => (await replicasOf(gateway)).replica));
    expect(ids[0]).toMatch(/^[\w.-]+-[0-9a-f]{6}$/u);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('that drains reports it, and still answers', async () => {
    const gateway = await startAlone({ DRAIN_MS: '3600000' });
    await Promise.all([RawClient.connect(gateway.url), RawClient.connect(gateway.url)]);
    gateway.signal('SIGTERM');
    await eventually(async () => {
      expect((await replicasOf(gateway)).replicas).toMatchObject([{ ready: false, draining: true }]);
    });
  });
});

test('a session is shown with what its API key or token shares, and with its limits', async () => {
  const limits = { connections: 5, bytesPerSecond: 50_000 };
  const key = { name: 'acme', sha256: sha256('key of acme'), channels: ['*'], limits };
  const gateway = await startAlone({ API_KEYS: JSON.stringify([key]), JWT_SECRET: SECRET });
  const clients = [
    await RawClient.connect(`${gateway.url}/?key=key%20of%20acme`),
    await SocketIoClient.connect(gateway.url, { auth: { key: 'key of acme' } }),
  ];
  for (const client of clients) await client.run('SUB trains');
  const token = await sign({ sub: 'globex', channels: ['*'], limits: { subscriptions: 7 } });
  await RawClient.connect(`${gateway.url}/?token=${token}`);
  const ofKey = { key: 'acme', connections: 2, subscriptions: 2, limits };
  const ofToken = { key: null, connections: 1, subscriptions: 0, limits: { subscriptions: 7 } };
  const rows = rowsOf(await sessionsOf(gateway));
  expect(rows).toHaveLength(3);
  expect(rows.map(({ account }) => account)).toEqual(expect.arrayContaining([ofKey, ofKey, ofToken]));
});

describe.each(TRANSPORT_NAMES)('a %s session', (transport) => {
  test('is listed with its complete view', async () => {
    const gateway = await startAlone();
    const before = Date.now();
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('PING');
    const row = async () => rowsOf(await sessionsOf(gateway))[0];
    const fresh = await row();
    expect(fresh).toEqual({
      replica: expect.any(String),
      id: expect.stringMatching(/^[\w-]{16}$/u),
      transport,
      since: expect.any(Number),
      address: '127.0.0.1',
      subscriptions: [],
      subscriptionCount: 0,
      view: {
        projection: 'epsg:4326',
        axisOrder: 'xy',
        bbox: null,
        boxCrs: 'epsg:4326',
        trim: false,
        hints: [],
        namedHints: {},
        held: false,
      },
      buffer: null,
      queuedBytes: 0,
      account: null,
    });
    expect(fresh?.since).toBeGreaterThanOrEqual(before);
    expect(fresh?.since).toBeLessThanOrEqual(Date.now());

    for (const line of [
      'PROJECTION epsg:2056 axis_order=crs',
      'BBOX 1 2 3 4 11 mots=rail trim=true',
      'BUFFER 10 500',
      'SUB trains',
      'SUB buses',
    ]) {
      expect((await client.run(line)).status.status).toBe('ok');
    }
    expect(await row()).toMatchObject({
      id: fresh?.id,
      since: fresh?.since,
      subscriptions: ['trains', 'buses'],
      subscriptionCount: 2,
      view: {
        projection: 'epsg:2056',
        axisOrder: 'crs',
        bbox: { left: 1, bottom: 2, right: 3, top: 4 },
        boxCrs: 'epsg:2056',
        trim: true,
        hints: ['11'],
        namedHints: { mots: 'rail' },
        held: false,
      },
      buffer: { size: 10, ms: 500 },
    });

    await client.run('RESET');
    await client.run('BUFFER');
    expect(await row()).toMatchObject({ view: { bbox: null, held: true, hints: [] }, buffer: null });
  });

  test('is no longer listed once it has ended', async () => {
    const gateway = await startAlone();
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('PING');
    expect((await sessionsOf(gateway)).total).toBe(1);
    await client.close();
    await eventually(async () => expect((await sessionsOf(gateway)).total).toBe(0));
  });

  test('can be disconnected with its own close code', async () => {
    const gateway = await startAlone();
    const [client, other] = [
      await TRANSPORTS[transport](gateway.url),
      await TRANSPORTS[transport](gateway.url),
    ];
    await client.run('SUB mine');
    const [row] = rowsOf(await sessionsOf(gateway, '?channel=mine'));
    const answer = await disconnect(gateway, row?.id ?? '');
    expect([answer.status, answer.body]).toMatchObject([200, { disconnected: row?.id, complete: true }]);
    expect(await client.closed).toEqual({ code: 4003, reason: 'disconnected by the operator' });
    expect((await other.run('PING')).status.status).toBe('ok');
    await eventually(async () => {
      const scrape = await gateway.scrape();
      expect(scrape.sum('viaduct_connections_closed_total', { transport, code: '4003' })).toBe(1);
    });
    expect((await disconnect(gateway, row?.id ?? '')).status).toBe(404);
    await eventually(() =>
      expect(gateway.log).toContainEqual(
        expect.objectContaining({ msg: 'admin', operation: 'disconnect', disconnected: row?.id }),
      ),
    );
  });
});

test('an address in X-Forwarded-For is ignored without a trusted proxy', async () => {
  const gateway = await startAlone();
  await RawClient.connect(gateway.url, { headers: { 'x-forwarded-for': '203.0.113.7' } });
  expect(rowsOf(await sessionsOf(gateway)).map(({ address }) => address)).toEqual(['127.0.0.1']);
});

test('a notice reaches every session, even one that buffers or is held back', async () => {
  const gateway = await startAlone();
  const clients = [];
  for (const transport of TRANSPORT_NAMES) {
    for (const line of ['PING', 'BUFFER 1000 60000', 'RESET']) {
      const client = await TRANSPORTS[transport](gateway.url);
      await client.run(line);
      clients.push(client);
    }
  }
  const message = `maintenance at ${randomUUID()}`;
  expect((await notify(gateway, `  ${message} `)).body).toMatchObject({
    complete: true,
    sessions: clients.length,
  });
  for (const client of clients) {
    const envelope = await client.inbox.next(({ content }) => JSON.stringify(content).includes('notice'));
    expect(envelope).toEqual({
      source: 'websocket',
      content: { status: 'notice', message },
      timestamp: expect.any(Number),
      client_reference: null,
    });
  }
});

describe('lists are bounded', () => {
  test('sessions: by the limit, which is 1000 by default', async () => {
    const gateway = await startAlone();
    for (let i = 0; i < 5; i++) await (await RawClient.connect(gateway.url)).run('SUB trains');
    const some = await sessionsOf(gateway, '?limit=3');
    expect([some.total, some.truncated, rowsOf(some).length]).toEqual([5, true, 3]);
    const all = await sessionsOf(gateway, '?limit=5');
    expect([all.total, all.truncated, rowsOf(all).length]).toEqual([5, false, 5]);
    const filtered = await sessionsOf(gateway, '?limit=3&channel=buses');
    expect([filtered.total, filtered.truncated]).toEqual([0, false]);
  });

  test('sessions: by the length of the list, and by the channels of each session', async () => {
    const gateway = await startAlone();
    const pad = 'x'.repeat(1000);
    for (let i = 0; i < 6; i++) {
      const client = await RawClient.connect(gateway.url);
      client.sendTogether(Array.from({ length: 120 }, (_, at) => `SUB ${at}-${pad}`));
      await client.run('PING');
    }
    const answer = await sessionsOf(gateway);
    expect([answer.total, answer.truncated]).toEqual([6, true]);
    const rows = rowsOf(answer);
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.length).toBeLessThan(6);
    expect(rows[0]?.subscriptions).toHaveLength(100);
    expect(rows[0]?.subscriptionCount).toBe(120);
  });

  test('channels: page by page, each once and with the right number', async () => {
    const gateway = await startAlone();
    const names = ['a', 'b&b', 'c+c', 'd%20', '\u{e9}', '\u{1f68b}'];
    const [one, two] = [await RawClient.connect(gateway.url), await RawClient.connect(gateway.url)];
    await two.run('PROJECTION epsg:3857');
    for (const name of names) {
      for (const client of [one, two]) await client.run(`SUB ${name}`);
    }
    const shown: ChannelsAnswer['channels'] = [];
    for (let answer = await channelsOf(gateway, '?limit=2'); ; ) {
      shown.push(...answer.channels);
      if (!answer.truncated) break;
      const after = encodeURIComponent(shown.at(-1)?.channel ?? '');
      answer = await channelsOf(gateway, `?limit=2&after=${after}`);
    }
    const whole = await channelsOf(gateway);
    expect(whole.truncated).toBe(false);
    expect(shown).toEqual(whole.channels);
    expect(shown[0]).toEqual({ channel: 'a', subscribers: 2, byCrs: { 'epsg:4326': 1, 'epsg:3857': 1 } });
    expect(shown.map(({ channel }) => channel)).toEqual([...names].sort());
  });
});

describe('the busiest channels', () => {
  /** Three channels with different numbers of messages, and one whose few messages are long. */
  const MESSAGES = { 'q-rare': 1, 'q-some': 5, 'q-many': 20, 'q-long': 2 };

  async function startBusy() {
    const gateway = await startAlone({ PUBLISH_CHANNELS: '*', MAX_PUBLISHES_PER_SECOND: '1000' });
    const client = await RawClient.connect(gateway.url);
    const other = await RawClient.connect(gateway.url);
    await other.run('SUB q-many');
    for (const [name, count] of Object.entries(MESSAGES)) {
      await client.run(`SUB ${name}`);
      const text = JSON.stringify({ filling: 'x'.repeat(name === 'q-long' ? 5_000 : 1) });
      for (let i = 0; i < count; i++) await client.run(`PUB ${name} ${text}`);
    }
    return gateway;
  }

  test('are listed by messages and by bytes, with their subscribers', async () => {
    const gateway = await startBusy();
    const byMessages = await busiestOf(gateway);
    expect(byMessages).toMatchObject({ complete: true, missing: [], by: 'messages' });
    expect(byMessages.channels.map(({ channel }) => channel)).toEqual([
      'q-many',
      'q-some',
      'q-long',
      'q-rare',
    ]);
    expect(byMessages.channels.map(({ subscribers }) => subscribers)).toEqual([2, 1, 1, 1]);
    const [many, some] = byMessages.channels;
    expect(many?.messagesPerSecond).toBeGreaterThan(some?.messagesPerSecond ?? Number.NaN);
    const byBytes = await busiestOf(gateway, '?by=bytes&limit=2');
    expect(byBytes.channels.map(({ channel }) => channel)).toEqual(['q-long', 'q-many']);
    expect(byBytes.channels[0]?.bytesPerSecond).toBeGreaterThan(
      4_900 * (byBytes.channels[0]?.messagesPerSecond ?? Number.NaN),
    );
  });

  test('are in a scrape by their rank, always with the same number of series', async () => {
    const gateway = await startBusy();
    const scrape = await gateway.scrape();
    const series = (name: string) => scrape.samples.filter((sample) => sample.name === name);
    const subscribers = series('viaduct_busiest_channel_subscribers');
    expect(subscribers.map(({ labels, value }) => [labels.rank, value])).toEqual([
      ['1', 2],
      ['2', 1],
      ['3', 1],
      ['4', 1],
      ['5', 0],
    ]);
    for (const part of ['messages', 'bytes']) {
      const rates = series(`viaduct_busiest_channel_${part}_per_second`).map(({ value }) => value);
      expect(rates.length).toBe(5);
      expect(rates[0]).toBeGreaterThan(0);
      expect(rates[4]).toBe(0);
    }
    expect(scrape.text).not.toContain('q-many');
  });
});
