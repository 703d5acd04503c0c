import { connectEngine, RawClient, TRANSPORT_NAMES, type TransportName } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld, type World } from '@viaduct/testkit/world';
import { beforeAll, describe, expect, test } from 'vitest';

const LIMIT = 65_536;
const CHANNEL = 'trains';

/** The size of the hash: far more than a queue and the network's buffers can hold. */
const VALUES = 8;
const VALUE = JSON.stringify('x'.repeat(2 * 1024 * 1024));

let world: World;
let gateway: GatewayProcess;

beforeAll(async () => {
  world = await startWorld();
  for (let i = 0; i < VALUES; i++) await world.redis.hset(CHANNEL, String(i), VALUE);
  gateway = await startGateway({
    REDIS_URL: world.server.url,
    CHANNELS: '*',
    MAX_QUEUE_BYTES: String(LIMIT),
    UNSUBSCRIBE_DELAY_MS: '0',
  });
});

/** Requests a snapshot and reads nothing. */
async function joinAndStall(transport: TransportName) {
  const socket =
    transport === 'raw' ? (await RawClient.connect(gateway.url)).socket : await connectEngine(gateway.url);
  socket.pause();
  const line = `SUB ${CHANNEL} snapshot=true`;
  socket.send(transport === 'raw' ? line : `42["command","${line}"]`);
  await eventually(async () => {
    expect((await gateway.scrape()).sum('viaduct_subscriptions')).toBe(1);
  });
  return socket;
}

/** Resolves when the gateway has no clients, subscriptions or channels left. */
async function untilForgotten(): Promise<void> {
  await eventually(async () => {
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_subscriptions')).toBe(0);
    expect(scrape.sum('viaduct_channels')).toBe(0);
    expect(scrape.sum('viaduct_connections')).toBe(0);
  });
}

describe.each(TRANSPORT_NAMES)('through the %s transport', (transport) => {
  test('a client that leaves during its snapshot leaves nothing behind', async () => {
    const socket = await joinAndStall(transport);
    socket.terminate();
    await untilForgotten();
  });

  test('the memory for a client that does not read its snapshot is bounded', async () => {
    const before = (await gateway.scrape()).sum('viaduct_queue_overflows_total');
    const socket = await joinAndStall(transport);
    const text = JSON.stringify('y'.repeat(1000));
    for (let i = 0; i < 5 * (LIMIT / 1000); i++) await world.redis.publish(CHANNEL, text);
    await eventually(async () => {
      expect((await gateway.scrape()).sum('viaduct_queue_overflows_total')).toBeGreaterThan(before);
    });
    socket.terminate();
    await untilForgotten();
    expect((await gateway.scrape()).sum('viaduct_queue_overflows_total')).toBe(before + 1);
  });
});
