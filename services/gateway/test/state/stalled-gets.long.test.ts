import { CLOSE_CODES } from '@viaduct/protocol';
import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { startWorld, type World } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';

const VALUES = 150;
/** Much more than the network buffers for a client that does not read. */
const VALUE_BYTES = 100_000;

/** A Redis with one hash, `large`. */
async function withLargeHash(): Promise<World> {
  const world = await startWorld();
  const value = JSON.stringify('x'.repeat(VALUE_BYTES));
  for (let i = 0; i < VALUES; i++) await world.redis.hset('large', String(i), value);
  return world;
}

async function closedWith(gateway: GatewayProcess, reason: keyof typeof CLOSE_CODES): Promise<number> {
  const labels = { transport: 'raw', code: String(CLOSE_CODES[reason].code) };
  return (await gateway.scrape()).sum('viaduct_connections_closed_total', labels);
}

test('clients that stop reading during a GET make room for the reads of others', async () => {
  const { server, redis } = await withLargeHash();
  const gateway = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: '*',
    MAX_READ_BYTES: String(3 * VALUES * VALUE_BYTES),
  });
  const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.connect(gateway.url)));
  for (const [i, client] of clients.entries()) {
    await redis.copy('large', `copy-${i}`);
    client.pause();
    client.send(`GET copy-${i}`);
  }
  await eventually(async () => expect(await closedWith(gateway, 'slow_consumer')).toBe(3));
  const scrape = await gateway.scrape();
  expect(scrape.sum('viaduct_read_evictions_total')).toBe(3);
  expect(scrape.sum('viaduct_read_bytes')).toBeLessThanOrEqual(3 * VALUES * VALUE_BYTES);
  const ends = clients.map(async (client) => {
    client.resume();
    return client.inbox.take(VALUES).then(
      () => 'answered',
      () => client.closed,
    );
  });
  const outcomes = await Promise.all(ends);
  expect(outcomes.filter((outcome) => outcome === 'answered')).toHaveLength(2);
});

test('reads that do not fit wait for each other, and clients that read are not treated as slow', async () => {
  const { server, redis } = await withLargeHash();
  const gateway = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: '*',
    MAX_READ_BYTES: String(1.5 * VALUES * VALUE_BYTES),
  });
  const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.connect(gateway.url)));
  for (const i of clients.keys()) await redis.copy('large', `copy-${i}`);
  for (const [i, client] of clients.entries()) client.send(`GET copy-${i}`);
  for (const client of clients) expect(await client.inbox.take(VALUES)).toHaveLength(VALUES);
});

test('the heartbeat cuts a client that reads nothing, even if the gateway has stopped reading from it', async () => {
  const { server } = await withLargeHash();
  const gateway = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: '*',
    HEARTBEAT_MS: String(scaled(500)),
    MAX_PENDING_COMMANDS: '10',
  });
  const [stalled, other] = [await RawClient.connect(gateway.url), await RawClient.connect(gateway.url)];
  stalled.pause();
  // Once half of the permitted commands wait, the gateway reads nothing more from that client.
  stalled.sendTogether(Array.from({ length: 8 }, () => 'GET large'));
  await eventually(async () => expect(await closedWith(gateway, 'heartbeat_timeout')).toBe(1));
  expect((await other.run('PING')).status.status).toBe('ok');
});
