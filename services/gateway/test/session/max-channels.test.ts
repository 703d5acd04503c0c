import { outcome, RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';

test('past MAX_CHANNELS new channels are refused and counted; known ones, and others after a DEL, are not', async () => {
  const { redis, server } = await startWorld();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*', MAX_CHANNELS: '2' });
  const [first, second] = [await RawClient.connect(gateway.url), await RawClient.connect(gateway.url)];
  for (const line of ['SUB a', 'SUB b live=true']) expect(await outcome(first, line)).toBe('ok');
  for (const line of ['SUB c', 'SUB d snapshot=true', 'SUB e live=true'])
    expect(await outcome(second, line)).toBe('too_many_channels');
  for (const line of ['SUB a', 'SUB b']) expect(await outcome(second, line)).toBe('ok');
  expect((await gateway.scrape()).sum('viaduct_errors_total', { code: 'too_many_channels' })).toBe(3);
  expect(await redis.pubsub('CHANNELS', '[cde]')).toEqual([]);

  for (const client of [first, second]) await outcome(client, 'DEL a');
  await eventually(async () => expect(await outcome(second, 'SUB c')).toBe('ok'));
});
