import { CLOSE_CODES } from '@viaduct/protocol';
import { RawClient, TRANSPORT_NAMES } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually, until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';
import { stalledClient } from '../support/stalled-client.js';

const KIB = 1024;
const MAX = 2 * KIB * KIB;
/** Messages about as many features; all clients that do not read hold less than `MAX` if each has one of each. */
const BATCH = 10;
const FILL = 'x'.repeat(20 * KIB);
const CHANNELS = ['stalled:0', 'stalled:1', 'stalled:2'] as const;

test('clients that do not read are conflated first; then those that hold most are closed, and others receive everything', async () => {
  const { server, redis } = await startWorld();
  const gateway = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: '*',
    HEARTBEAT_MS: '600000',
    // No queue of one client alone is conflated or closed.
    MAX_QUEUE_BYTES: '256 MiB',
    CONFLATE_BYTES: '256 MiB',
    MAX_TOTAL_QUEUE_BYTES: String(MAX),
  });
  const sum = async (name: string, labels = {}): Promise<number> =>
    (await gateway.scrape()).sum(`viaduct_${name}`, labels);

  const reads = await RawClient.connect(gateway.url);
  for (const channel of CHANNELS) await reads.run(`SUB ${channel}`);
  const received: number[] = [];
  reads.inbox.onEach(({ source, content }) => {
    if (source.startsWith('stalled:')) received.push((content as { properties: { n: number } }).properties.n);
  });
  const stalled = await Promise.all(CHANNELS.map(() => RawClient.connect(gateway.url)));
  for (const [i, client] of stalled.entries()) {
    await client.run(`SUB ${CHANNELS[i]}`);
    client.pause();
  }

  let published = 0;
  /** Publishes a batch, waits until it has been delivered, and compares what is held with the limit. */
  async function publish(channel: string, idOf: (n: number) => number): Promise<void> {
    for (let i = 0; i < BATCH; i++) {
      const n = published++;
      const feature = { type: 'Feature', id: idOf(n), geometry: null, properties: { n, FILL } };
      await redis.publish(channel, JSON.stringify(feature));
    }
    await until(() => received.length === published, 'the client that reads to have every message');
    // Queues are shortened after the delivery that made them too long.
    expect(await sum('slow_queue_bytes')).toBeLessThan(MAX + 2 * BATCH * FILL.length);
  }

  // First the network's buffers become full. Then old positions wait for clients, with newer ones of the same features.
  while ((await sum('sessions_conflating')) < CHANNELS.length) {
    for (const channel of CHANNELS) await publish(channel, (n) => n % BATCH);
  }
  for (const channel of CHANNELS) await publish(channel, (n) => n % BATCH);
  expect(await sum('conflated_messages_total')).toBeGreaterThan(0);
  expect(await sum('queue_evictions_total')).toBe(0);
  expect(await sum('connections')).toBe(4);

  // Nothing replaces these, so that the second client holds more and more.
  while ((await sum('queue_evictions_total')) === 0) await publish(CHANNELS[1], (n) => n);
  const { code } = CLOSE_CODES.slow_consumer;
  for (const client of stalled) client.resume();
  expect(await stalled[1]?.closed).toMatchObject({ code });
  await eventually(async () => expect(await sum('slow_queue_bytes')).toBe(0));
  for (const client of [reads, stalled[0], stalled[2]]) {
    expect((await client?.run('PING'))?.status.status).toBe('ok');
  }
  expect(await sum('queue_evictions_total')).toBe(1);
  expect(await sum('connections_closed_total', { code: String(code) })).toBe(1);
  expect(received).toEqual(Array.from({ length: published }, (_, n) => n));
});

test.each(TRANSPORT_NAMES)(
  'the last message that a %s connection took counts, too, until the client has read it',
  async (transport) => {
    const { server, redis } = await startWorld();
    const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*', HEARTBEAT_MS: '600000' });
    const held = async (): Promise<number> => (await gateway.scrape()).sum('viaduct_slow_queue_bytes');
    const client = await stalledClient(transport, gateway.url);
    // More than the network buffers for a client that does not read.
    const message = JSON.stringify('x'.repeat(20 * KIB * KIB));
    await redis.publish('live', message);
    await eventually(async () => expect(await held()).toBeGreaterThan(message.length));
    client.resume();
    await eventually(async () => expect(await held()).toBe(0));
    client.terminate();
  },
);
