import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { subscribers } from '@viaduct/testkit/world';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';

const METRIC = 'viaduct_source_slow_subscriber_total';

/** A few messages of this length fill every buffer on the way. */
const MESSAGE = JSON.stringify({ filling: 'x'.repeat(256 * 1024) });

/** The bytes that Redis keeps for a subscriber that does not read. */
const LIMIT = ['--client-output-buffer-limit', 'pubsub', '1mb', '1mb', '0'];

async function resumed(gateway: GatewayProcess, times: number): Promise<void> {
  await eventually(async () => {
    expect((await gateway.scrape()).sum('viaduct_source_resumed_total')).toBe(times);
  });
  await gateway.untilReady();
}

test('a gateway says so if Redis drops it as a slow subscriber, and only then', async () => {
  const server = await startLocalRedis({ args: LIMIT });
  const redis = new Redis(server.url, { retryStrategy: () => 50 });
  redis.on('error', () => {});
  atEnd(async () => {
    redis.disconnect();
    await server.stop();
  });
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*' });
  const client = await RawClient.connect(gateway.url);
  await client.run('SUB live');

  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await resumed(gateway, 1);
  await server.kill();
  await server.start();
  await resumed(gateway, 2);
  expect((await gateway.scrape()).sum(METRIC)).toBe(0);

  gateway.signal('SIGSTOP');
  try {
    do await redis.publish('live', MESSAGE);
    while ((await subscribers(redis, 'live')) > 0);
  } finally {
    gateway.signal('SIGCONT');
  }
  await resumed(gateway, 3);
  await eventually(async () => expect((await gateway.scrape()).sum(METRIC)).toBe(1));
  expect(gateway.log.map(({ msg }) => msg).join()).toContain('client-output-buffer-limit');
  await redis.publish('live', '"again"');
  await client.inbox.next(({ content }) => content === 'again');
});
