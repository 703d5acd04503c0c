import { randomUUID } from 'node:crypto';
import { type Envelope, STATUS_SOURCE } from '@viaduct/protocol';
import { RawClient, TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import type { Scrape } from '@viaduct/testkit/metrics';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { startWorld, subscribers, type World } from '@viaduct/testkit/world';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

const PREFIX = `faults-${randomUUID()}`;

let channels = 0;

/** A channel of its own for each test. */
function newChannel(): string {
  return `${PREFIX}:${++channels}`;
}

const fromChannel =
  (channel: string) =>
  ({ source }: Envelope): boolean =>
    source === channel;

const isGap = ({ source, content }: Envelope): boolean =>
  source === STATUS_SOURCE && (content as { status?: string }).status === 'gap';

describe.each(TRANSPORT_NAMES)('through the %s transport, a restart of Redis', (transport) => {
  test('is reported and survived, and messages arrive again without a command from the client', async () => {
    const { server, redis } = await startWorld();
    const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*' });
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('SUB live');
    await client.run('SUB left');
    await client.run('DEL left');

    await server.kill();
    await gateway.untilReady(false);
    expect(await gateway.readiness()).toEqual({
      status: 503,
      ready: false,
      source: 'redis',
      sourceReady: false,
      draining: false,
    });
    expect((await gateway.scrape()).sum('viaduct_source_ready')).toBe(0);
    const away = { status: 'error', code: 'source_unavailable' };
    for (const line of ['GET key', 'GET key field', 'PGET key', 'SUB other']) {
      expect((await client.run(line)).status).toMatchObject(away);
    }
    expect((await client.run('PING')).envelopes).toMatchObject([{ content: 'PONG' }]);

    await server.start();
    await gateway.untilReady();
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_source_ready')).toBe(1);
    expect(scrape.sum('viaduct_source_resumed_total')).toBe(1);
    expect(scrape.sum('viaduct_errors_total', { code: 'source_unavailable' })).toBe(4);
    expect(await subscribers(redis, 'live')).toBe(1);
    expect(await subscribers(redis, 'left')).toBe(0);
    expect(await subscribers(redis, 'other')).toBe(0);

    await redis.publish('live', '"again"');
    await redis.hset('key', 'field', '"stored"');
    // Each client learns about the gap at its own time, after messages flow again.
    await client.inbox.nextOfEach(fromChannel('live'), isGap);
    expect((await client.run('GET key')).envelopes).toMatchObject([{ content: 'stored' }]);
    expect((await client.run('SUB other')).status).toMatchObject({ status: 'ok' });
  });
});

test('a gateway that starts before its Redis listens, is not ready at first, and serves later', async () => {
  const { server } = await startWorld();
  await server.stop();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*' }, {}, false);
  expect(await gateway.readiness()).toMatchObject({ status: 503, ready: false, sourceReady: false });
  const client = await RawClient.connect(gateway.url);
  expect((await client.run('GET key')).status).toMatchObject({ code: 'source_unavailable' });
  await server.start();
  await gateway.untilReady();
  expect((await client.run('GET key')).envelopes).toMatchObject([{ source: 'key', content: null }]);
});

test('the client of a Redis that hangs receives an error', async () => {
  const { server } = await startWorld();
  const gateway = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: '*',
    REDIS_TIMEOUT_MS: String(scaled(200)),
  });
  const client = await RawClient.connect(gateway.url);
  process.kill(server.pid, 'SIGSTOP');
  try {
    expect((await client.run('GET key')).status).toMatchObject({ code: 'source_unavailable' });
    await gateway.untilReady(false);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await eventually(async () => {
    expect((await client.run('GET key')).envelopes).toMatchObject([{ content: null }]);
  });
});

describe('with one gateway on one Redis', () => {
  let world: World;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    world = await startWorld();
    gateway = await startGateway({
      REDIS_URL: world.server.url,
      CHANNELS: `${PREFIX}:*`,
      MAX_SUBSCRIPTIONS: '3',
      MAX_PENDING_COMMANDS: '4',
    });
  });

  beforeEach(() =>
    eventually(async () => {
      const scrape = await gateway.scrape();
      expect(scrape.sum('viaduct_connections')).toBe(0);
      expect(scrape.sum('viaduct_channels')).toBe(0);
    }),
  );

  test.each(TRANSPORT_NAMES)(
    '%s: a message that is not JSON is counted and affects no other',
    async (transport) => {
      const { redis } = world;
      const channel = newChannel();
      const client = await TRANSPORTS[transport](gateway.url);
      await client.run(`SUB ${channel}`);
      const before = (await gateway.scrape()).sum('viaduct_invalid_messages_total', { where: 'channel' });
      for (const text of ['', 'no JSON', '{"type":"Feature"', '\u0000', 'undefined']) {
        await redis.publish(channel, text);
      }
      await redis.publish(channel, Buffer.from([0xff, 0xfe]) as unknown as string);
      await redis.publish(channel, '"fine"');
      expect(await client.inbox.next()).toMatchObject({ source: channel, content: 'fine' });
      const scrape = await gateway.scrape();
      expect(scrape.sum('viaduct_invalid_messages_total', { where: 'channel' })).toBe(before + 6);
      expect(scrape.sum('viaduct_internal_failures_total')).toBe(0);
    },
  );

  test.each(TRANSPORT_NAMES)(
    '%s: a value that is not JSON is left out, and is counted',
    async (transport) => {
      const { redis } = world;
      const key = newChannel();
      await redis.hset(key, { bad: 'no JSON', good: '"fine"', empty: '' });
      const client = await TRANSPORTS[transport](gateway.url);
      const before = (await gateway.scrape()).sum('viaduct_invalid_messages_total', { where: 'hash' });
      expect((await client.run(`GET ${key}`)).envelopes).toMatchObject([{ source: key, content: 'fine' }]);
      expect((await client.run(`GET ${key} bad`)).envelopes).toMatchObject([
        { source: `${key} bad`, content: null },
      ]);
      const scrape = await gateway.scrape();
      expect(scrape.sum('viaduct_invalid_messages_total', { where: 'hash' })).toBe(before + 3);
    },
  );

  test.each(TRANSPORT_NAMES)('%s: DEL stops delivery, and the subscription in Redis', async (transport) => {
    const { redis } = world;
    const [ends, stays] = [newChannel(), newChannel()];
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run(`SUB ${ends}`);
    await client.run(`SUB ${stays}`);
    expect(await subscribers(redis, ends)).toBe(1);
    await client.run(`DEL ${ends}`);
    await redis.publish(ends, '"too late"');
    await redis.publish(stays, '"in time"');
    expect(await client.inbox.next(({ source }) => source !== 'websocket')).toMatchObject({ source: stays });
    await eventually(async () => expect(await subscribers(redis, ends)).toBe(0));
    expect(await subscribers(redis, stays)).toBe(1);
  });

  test.each(TRANSPORT_NAMES)(
    '%s: many clients of one channel are one subscription in Redis',
    async (transport) => {
      const channel = newChannel();
      const clients = await Promise.all(Array.from({ length: 5 }, () => TRANSPORTS[transport](gateway.url)));
      await Promise.all(clients.map((client) => client.run(`SUB ${channel}`)));
      expect(await subscribers(world.redis, channel)).toBe(1);
      await Promise.all(clients.slice(1).map((client) => client.close()));
      await world.redis.publish(channel, '"still here"');
      const [last] = clients;
      expect(await last?.inbox.next(fromChannel(channel))).toMatchObject({ content: 'still here' });
    },
  );

  test.each(TRANSPORT_NAMES)('%s: a client that is killed leaves nothing behind', async (transport) => {
    const [a, b] = [newChannel(), newChannel()];
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run(`SUB ${a}`);
    await client.run(`SUB ${b}`);
    const before = await gateway.scrape();
    expect(before.sum('viaduct_subscriptions')).toBe(2);
    expect(before.sum('viaduct_channels')).toBe(2);
    expect(before.sum('viaduct_connections', { transport })).toBe(1);
    client.terminate();
    await eventually(async () => {
      expect(await subscribers(world.redis, a)).toBe(0);
      expect(await subscribers(world.redis, b)).toBe(0);
      const after = await gateway.scrape();
      for (const name of ['viaduct_subscriptions', 'viaduct_channels', 'viaduct_connections']) {
        expect([name, after.sum(name)]).toEqual([name, 0]);
      }
      const broken = (scrape: Scrape): number =>
        scrape.sum('viaduct_connections_closed_total', { transport, code: '1006' });
      expect(broken(after)).toBe(broken(before) + 1);
    });
  });

  test.each(TRANSPORT_NAMES)(
    '%s: a client that is killed while it subscribes leaves nothing behind',
    async (transport) => {
      const channel = newChannel();
      const client = await TRANSPORTS[transport](gateway.url);
      process.kill(world.server.pid, 'SIGSTOP');
      try {
        client.send(`SUB ${channel}`);
        client.terminate();
        await eventually(async () => expect((await gateway.scrape()).sum('viaduct_connections')).toBe(0));
      } finally {
        process.kill(world.server.pid, 'SIGCONT');
      }
      await eventually(async () => {
        expect(await subscribers(world.redis, channel)).toBe(0);
        expect((await gateway.scrape()).sum('viaduct_channels')).toBe(0);
      });
    },
  );

  test.each(TRANSPORT_NAMES)(
    '%s: further subscriptions than allowed are refused until one ends',
    async (transport) => {
      const client = await TRANSPORTS[transport](gateway.url);
      const all = [newChannel(), newChannel(), newChannel(), newChannel()];
      const outcomes = [];
      for (const channel of all) outcomes.push((await client.run(`SUB ${channel}`)).status);
      expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'error']);
      expect(outcomes[3]).toMatchObject({
        code: 'too_many_subscriptions',
        message: expect.stringMatching(/3 subscriptions; .*DEL/u),
      });
      expect((await client.run(`SUB ${all[0]}`)).status.status).toBe('ok');
      await client.run(`DEL ${all[0]}`);
      expect((await client.run(`SUB ${all[3]}`)).status.status).toBe('ok');
      await world.redis.publish(all[0] ?? '', '"ended"');
      await world.redis.publish(all[3] ?? '', '"begun"');
      expect(await client.inbox.next(({ source }) => source !== 'websocket')).toMatchObject({
        content: 'begun',
      });
    },
  );

  test.each(TRANSPORT_NAMES)(
    '%s: further pending commands than allowed are refused; the others run',
    async (transport) => {
      const client = await TRANSPORTS[transport](gateway.url);
      const key = newChannel();
      process.kill(world.server.pid, 'SIGSTOP');
      try {
        client.sendTogether([`GET ${key}`, ...Array.from({ length: 20 }, (_, i) => `PING ${i}`)]);
        const refusals = await client.inbox.take(16);
        for (const { content } of refusals) {
          expect(content).toMatchObject({ status: 'error', code: 'too_many_commands' });
        }
        const commands = refusals.map(({ content }) => (content as { command: string }).command);
        expect(commands.map((command) => /PING \d+/u.exec(command)?.[0])).toEqual(
          Array.from({ length: 16 }, (_, i) => `PING ${i + 4}`),
        );
      } finally {
        process.kill(world.server.pid, 'SIGCONT');
      }
      expect(await client.inbox.take(5)).toMatchObject([
        { source: key, content: null },
        { content: 'PONG', client_reference: '0' },
        { content: 'PONG', client_reference: '1' },
        { content: 'PONG', client_reference: '2' },
        { content: 'PONG', client_reference: '3' },
      ]);
      expect((await client.run('PING')).status.status).toBe('ok');
    },
  );
});
