import { CLOSE_CODES, type Envelope } from '@viaduct/protocol';
import { connectEngine, RawClient, TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { stalledClient } from '../support/stalled-client.js';

describe('heartbeats', () => {
  test('a client that does not answer is cut and counted; one that answers stays', async () => {
    const gateway = await startGateway({
      REDIS_URL: 'memory:',
      CHANNELS: '*',
      HEARTBEAT_MS: String(scaled(2000)),
    });
    const alive = await Promise.all([TRANSPORTS.raw(gateway.url), TRANSPORTS['socket.io'](gateway.url)]);
    const raw = await RawClient.connect(gateway.url, { autoPong: false });
    const engine = await connectEngine(gateway.url);
    const cut = Promise.all([
      raw.closed,
      new Promise<void>((resolve) => engine.once('close', () => resolve())),
    ]);
    await cut;
    await eventually(async () => {
      const scrape = await gateway.scrape();
      for (const transport of TRANSPORT_NAMES) {
        const labels = { transport, code: String(CLOSE_CODES.heartbeat_timeout.code) };
        expect(scrape.sum('viaduct_connections_closed_total', labels)).toBe(1);
        expect(scrape.sum('viaduct_connections', { transport })).toBe(1);
      }
    });
    for (const client of alive) expect((await client.run('PING')).status.status).toBe('ok');
  });

  test('a client whose commands wait for Redis is not cut', async () => {
    const { server } = await startWorld();
    const gateway = await startGateway({
      REDIS_URL: server.url,
      REDIS_TIMEOUT_MS: '600000',
      CHANNELS: '*',
      HEARTBEAT_MS: String(scaled(1000)),
      MAX_PENDING_COMMANDS: '100',
    });
    const waits = await RawClient.connect(gateway.url);
    process.kill(server.pid, 'SIGSTOP');
    try {
      // Once half of the permitted commands wait, the gateway reads nothing more from that client.
      waits.sendTogether(Array.from({ length: 60 }, (_, i) => `GET key client_ref=${i}`));
      for (let round = 0; round < 2; round++) {
        await (await RawClient.connect(gateway.url, { autoPong: false })).closed;
      }
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    const answers = await waits.inbox.take(60);
    expect(answers.map(({ client_reference: reference }) => Number(reference))).toEqual(
      Array.from({ length: 60 }, (_, i) => i),
    );
    expect((await waits.run('PING')).status.status).toBe('ok');
  });
});

describe.each(TRANSPORT_NAMES)('a %s client that stops reading', (transport) => {
  const BALLAST = 'x'.repeat(20_000);
  /** More bytes than the network buffers for a client that does not read. */
  const MAX_MESSAGES = 5_000;
  const BATCH = 20;

  /** Publishes a batch, numbered from `from`, and returns the number after its last. */
  async function publish(redis: Redis, from: number): Promise<number> {
    expect(from).toBeLessThan(MAX_MESSAGES);
    for (let i = 0; i < BATCH; i++) await redis.publish('live', JSON.stringify([from + i, BALLAST]));
    return from + BATCH;
  }

  test('is closed with 4001 and counted, while others of the channel get everything in order', async () => {
    const { server, redis } = await startWorld();
    const gateway = await startGateway({
      REDIS_URL: server.url,
      CHANNELS: 'live',
      MAX_QUEUE_BYTES: '1048576',
    });
    const others = await Promise.all(TRANSPORT_NAMES.map((name) => TRANSPORTS[name](gateway.url)));
    for (const other of others) await other.run('SUB live');
    const stalled = await stalledClient(transport, gateway.url);

    let published = 0;
    const received: Envelope[][] = [[], []];
    while ((await gateway.scrape()).sum('viaduct_queue_overflows_total') === 0) {
      published = await publish(redis, published);
      for (const [i, other] of others.entries()) received[i]?.push(...(await other.inbox.take(BATCH)));
    }
    for (const envelopes of received) {
      const numbers = envelopes.map(({ content }) => (content as [number])[0]);
      expect(numbers).toEqual(Array.from({ length: published }, (_, i) => i));
    }
    await redis.publish('live', '"last"');
    for (const other of others) expect(await other.inbox.next()).toMatchObject({ content: 'last' });

    const notices: unknown[] = [];
    const closed = new Promise<number>((resolve) => stalled.once('close', resolve));
    stalled.on('message', (data) => {
      const text = data.toString();
      if (text.startsWith('42["closing",')) notices.push(JSON.parse(text.slice(2))[1]);
    });
    stalled.resume();
    const code = await closed;
    const { code: slow, reason } = CLOSE_CODES.slow_consumer;
    if (transport === 'raw') expect(code).toBe(slow);
    else expect(notices).toEqual([{ code: slow, reason }]);
    await eventually(async () => {
      const scrape = await gateway.scrape();
      const labels = { transport, code: String(slow) };
      expect(scrape.sum('viaduct_connections_closed_total', labels)).toBe(1);
      expect(scrape.sum('viaduct_queue_overflows_total')).toBe(1);
      expect(scrape.sum('viaduct_connections')).toBe(2);
      expect(scrape.sum('viaduct_subscriptions')).toBe(2);
    });
  });

  test('and reads again finds the newest message of every feature, and all messages without one', async () => {
    const { server, redis } = await startWorld();
    const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: 'live', CONFLATE_MESSAGES: '20' });
    const stalled = await stalledClient(transport, gateway.url);
    const expected = new Map<string, number>();
    let published = 0;
    // Until each message of a round replaces one of the previous round.
    while ((await gateway.scrape()).sum('viaduct_conflated_messages_total') < 100) {
      for (let i = 0; i < BATCH; i++) {
        const feature = {
          type: 'Feature',
          id: `f${i}`,
          geometry: null,
          properties: { version: ++published, BALLAST },
        };
        await redis.publish('live', JSON.stringify(feature));
        expected.set(feature.id, published);
      }
    }
    for (let i = 0; i < 3; i++) await redis.publish('live', JSON.stringify({ plain: i }));
    await redis.publish('live', '"last"');
    const [found, plain] = [new Map<string, number>(), [] as unknown[]];
    let received = 0;
    const last = new Promise<void>((resolve) => {
      stalled.on('message', (data) => {
        const text = data.toString();
        if (transport === 'socket.io' && !text.startsWith('42["message",')) return;
        const { source, content } = transport === 'raw' ? JSON.parse(text) : JSON.parse(text.slice(2))[1];
        if (source !== 'live') return;
        received++;
        if (content === 'last') resolve();
        else if ('plain' in content) plain.push(content.plain);
        else found.set(content.id, content.properties.version);
      });
    });
    stalled.resume();
    await last;
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
    expect(plain).toEqual([0, 1, 2]);
    expect(received).toBeLessThan(published);
    await eventually(async () => {
      const scrape = await gateway.scrape();
      expect(scrape.sum('viaduct_sessions_conflating')).toBe(0);
      expect(scrape.sum('viaduct_queue_overflows_total')).toBe(0);
    });
  });

  test('and never reads again is closed and counted the same way', async () => {
    const { server, redis } = await startWorld();
    const gateway = await startGateway({
      REDIS_URL: server.url,
      CHANNELS: 'live',
      MAX_QUEUE_MESSAGES: '100',
    });
    await stalledClient(transport, gateway.url);
    let published = 0;
    while ((await gateway.scrape()).sum('viaduct_queue_overflows_total') === 0) {
      published = await publish(redis, published);
    }
    await eventually(async () => {
      const scrape = await gateway.scrape();
      const labels = { transport, code: String(CLOSE_CODES.slow_consumer.code) };
      expect(scrape.sum('viaduct_connections_closed_total', labels)).toBe(1);
      expect(scrape.sum('viaduct_connections')).toBe(0);
      expect(scrape.sum('viaduct_channels')).toBe(0);
    });
  });
});
