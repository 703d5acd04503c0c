import { randomUUID } from 'node:crypto';
import type { Envelope } from '@viaduct/protocol';
import {
  admin,
  busiestOf,
  channelsOf,
  disconnect,
  notify,
  type Refusal,
  replicasOf,
  rowsOf,
  type SessionRow,
  sessionsOf,
  startReplicas,
  untilComplete,
} from '@viaduct/testkit/admin';
import { type TestClient, TRANSPORT_NAMES, TRANSPORTS, type TransportName } from '@viaduct/testkit/clients';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld, type World } from '@viaduct/testkit/world';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

const IDS = ['one', 'two', 'three'] as const;
type Id = (typeof IDS)[number];

let world: World;
let gateways: Record<Id, GatewayProcess>;
let clients: { id: Id; transport: TransportName; client: TestClient }[];

/** A separate channel for each test. */
const newChannel = (): string => `channel-${randomUUID()}`;

/** One client through each transport of each replica, subscribed to the channel. */
async function connectAll(channel: string): Promise<void> {
  for (const id of IDS) {
    for (const transport of TRANSPORT_NAMES) {
      const client = await TRANSPORTS[transport](gateways[id].url);
      await client.run(`SUB ${channel}`);
      clients.push({ id, transport, client });
    }
  }
}

beforeAll(async () => {
  world = await startWorld();
  gateways = await startReplicas(world.server.url, IDS);
});

beforeEach(async () => {
  clients = [];
  await eventually(async () => {
    expect(await sessionsOf(gateways.one)).toMatchObject({ complete: true, total: 0 });
  });
});

describe.each(IDS)('asked through replica %s', (asked) => {
  test('all replicas are listed', async () => {
    await connectAll(newChannel());
    const answer = await untilComplete(() => replicasOf(gateways[asked]));
    expect(answer).toMatchObject({ complete: true, missing: [], lastSeen: {}, replica: asked });
    expect(answer.replicas.map(({ id, ready, connections: open }) => ({ id, ready, open }))).toEqual(
      [...IDS].sort().map((id) => ({ id, ready: true, open: { raw: 1, 'socket.io': 1, sse: 0 } })),
    );
  });

  test('sessions are listed by replica, with their transports', async () => {
    const channel = newChannel();
    await connectAll(channel);
    const answer = await untilComplete(() => sessionsOf(gateways[asked]));
    expect(answer).toMatchObject({ complete: true, missing: [], total: 6, truncated: false });
    const shown = rowsOf(answer).map(({ replica, transport, subscriptions }) => ({
      replica,
      transport,
      subscriptions,
    }));
    for (const { id, transport } of clients) {
      expect(shown).toContainEqual({ replica: id, transport, subscriptions: [channel] });
    }
    expect(new Set(rowsOf(answer).map(({ id }) => id)).size).toBe(6);
  });
});

describe('filters', () => {
  test('work by channel, by replica, and by both', async () => {
    const channel = newChannel();
    await connectAll(newChannel());
    await clients[0]?.client.run(`SUB ${channel}`);
    await clients[5]?.client.run(`SUB ${channel}`);
    const replicas = async (query: string) =>
      rowsOf(await untilComplete(() => sessionsOf(gateways.two, query))).map(byReplica);
    expect((await replicas(`?channel=${channel}`)).sort()).toEqual(['one raw', 'three socket.io']);
    expect((await replicas('?replica=three')).sort()).toEqual(['three raw', 'three socket.io']);
    expect(await replicas('?replica=two')).toHaveLength(2);
    expect(await replicas(`?replica=three&channel=${channel}`)).toEqual(['three socket.io']);
    expect(await replicas(`?replica=two&channel=${channel}`)).toEqual([]);

    function byReplica({ replica, transport }: SessionRow & { replica: string }): string {
      return `${replica} ${transport}`;
    }
  });

  test('an unknown replica is an error', async () => {
    await eventually(async () => {
      const { status, body } = await admin<Refusal>(gateways.one, 'sessions?replica=four');
      expect([status, body.error.code]).toEqual([404, 'not_found']);
      expect(body.error.message).toContain('"four"');
    });
  });

  test('a limit is shared fairly', async () => {
    await connectAll(newChannel());
    const answer = await untilComplete(() => sessionsOf(gateways.one, '?limit=4'));
    expect([answer.total, answer.truncated]).toEqual([6, true]);
    expect(answer.replicas.map(({ total }) => total)).toEqual([2, 2, 2]);
    expect(answer.replicas.map(({ sessions }) => sessions.length).sort()).toEqual([1, 1, 2]);
  });
});

describe.each(TRANSPORT_NAMES)('a %s session', (transport) => {
  test('on another replica is disconnected, and no other session', async () => {
    await connectAll(newChannel());
    const others = rowsOf(await untilComplete(() => sessionsOf(gateways.one))).map(({ id }) => id);
    let victim: TestClient | undefined;
    let id = '';
    const body = await untilComplete(async () => {
      const channel = newChannel();
      victim = await TRANSPORTS[transport](gateways.two.url);
      await victim.run(`SUB ${channel}`);
      const shown = await untilComplete(() => sessionsOf(gateways.one, `?channel=${channel}`));
      id = rowsOf(shown)[0]?.id ?? '';
      return (await disconnect(gateways.one, id)).body;
    });
    expect(body).toEqual({ complete: true, missing: [], disconnected: id, replica: 'two' });
    expect(await victim?.closed).toEqual({ code: 4003, reason: 'disconnected by the operator' });
    await eventually(async () => {
      const left = rowsOf(await untilComplete(() => sessionsOf(gateways.three)));
      expect(left.map((row) => row.id).sort()).toEqual(others.sort());
    });
    for (const { client } of clients) expect((await client.run('PING')).status.status).toBe('ok');
    await eventually(async () => expect((await disconnect(gateways.three, id)).status).toBe(404));
  });
});

test('a notice reaches the sessions of all replicas once', async () => {
  await connectAll(newChannel());
  let message = '';
  const body = await untilComplete(async () => {
    message = `notice ${randomUUID()}`;
    return (await notify(gateways.two, message)).body;
  });
  expect(body).toMatchObject({ missing: [], sessions: 6 });
  expect(body.replicas).toEqual([...IDS].sort().map((id) => ({ id, sessions: 2 })));
  const isNotice = ({ content }: Envelope): boolean => JSON.stringify(content).includes(message);
  for (const { client } of clients) {
    expect(await client.inbox.next(isNotice)).toMatchObject({
      source: 'websocket',
      content: { status: 'notice', message },
      client_reference: null,
    });
    await client.run('PING');
    expect(client.inbox.all.filter(isNotice)).toHaveLength(1);
  }
});

test('audiences are added up by channel and CRS', async () => {
  const [first, second] = [`${newChannel()}-a`, `${newChannel()}-b`].sort();
  await connectAll(first ?? '');
  for (const { id, client } of clients) {
    if (id === 'one') await client.run('PROJECTION epsg:3857');
    if (id !== 'three') await client.run(`SUB ${second}`);
  }
  const answer = await untilComplete(() => channelsOf(gateways.three));
  expect(answer).toEqual({
    complete: true,
    missing: [],
    truncated: false,
    channels: [
      { channel: first, subscribers: 6, byCrs: { 'epsg:3857': 2, 'epsg:4326': 4 } },
      { channel: second, subscribers: 4, byCrs: { 'epsg:3857': 2, 'epsg:4326': 2 } },
    ],
  });
  const page = await untilComplete(() => channelsOf(gateways.one, '?limit=1'));
  expect([page.truncated, page.channels]).toEqual([true, answer.channels.slice(0, 1)]);
  const rest = await untilComplete(() => channelsOf(gateways.one, `?limit=1&after=${first}`));
  expect([rest.truncated, rest.channels]).toEqual([false, answer.channels.slice(1)]);
});

test('the busiest channels have the rate of their messages, not that times the replicas, and all subscribers', async () => {
  const channel = newChannel();
  await connectAll(channel);
  for (let i = 0; i < 30; i++) await world.redis.publish(channel, '"message"');
  for (const { client } of clients) await client.run('PING');
  const answer = await untilComplete(() => busiestOf(gateways.two, '?limit=1'));
  expect(answer.channels).toMatchObject([{ channel, subscribers: clients.length }]);
  // 30 messages, averaged over 30 seconds, are at most one per second.
  expect(answer.channels[0]?.messagesPerSecond).toBeLessThanOrEqual(1);
  expect(answer.channels[0]?.messagesPerSecond).toBeGreaterThan(0);
});

test('no data passes through the adapter: replicas are silent while messages flow', async () => {
  const channel = newChannel();
  await connectAll(channel);
  const { client: panning } = clients[0] ?? {};
  const monitor = await world.redis.monitor();
  atEnd(() => monitor.disconnect());
  const commands: string[][] = [];
  monitor.on('monitor', (_time: string, args: string[]) => commands.push(args));
  const messages = 200;
  for (let i = 0; i < messages; i++) {
    panning?.send(`BBOX 0 0 ${10 + i} 10`);
    await world.redis.publish(channel, `{"type":"Point","coordinates":[5,5],"id":${i}}`);
  }
  for (const { client } of clients) {
    await client.inbox.next(({ content }) => (content as { id?: number }).id === messages - 1);
    expect(client.inbox.all.filter(({ source }) => source === channel)).toHaveLength(messages);
  }
  await world.redis.publish(channel, 'end');
  await eventually(() => expect(commands).toContainEqual(['publish', channel, 'end']));

  const published = commands.filter(([name]) => name?.toLowerCase() === 'publish');
  expect(published.filter(([, to]) => to === channel)).toHaveLength(messages + 1);
  const others = published.filter(([, to]) => to !== channel);
  // Heartbeats, which are sent at intervals and contain only the name of a replica.
  for (const [, to, text] of others) {
    expect(to).toBe('viaduct:replicas:viaduct-request#/#');
    expect(JSON.parse(text ?? '')).toEqual({
      uid: expect.any(String),
      type: 6,
      data: ['present', expect.stringMatching(/^(one|two|three)$/u), expect.stringMatching(/^[0-9a-f]{6}$/u)],
    });
  }
  expect(Number(await world.redis.pubsub('NUMPAT'))).toBe(0);
  // A question to the replicas, in contrast, would be visible here.
  await sessionsOf(gateways.one);
  await eventually(() => expect(commands.map(String)).toContainEqual(expect.stringContaining('"ask"')));
});
