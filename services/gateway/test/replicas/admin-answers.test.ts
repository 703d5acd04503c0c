import { randomUUID } from 'node:crypto';
import { disconnect, notify, replicasOf, rowsOf, sessionsOf, startAlone } from '@viaduct/testkit/admin';
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
