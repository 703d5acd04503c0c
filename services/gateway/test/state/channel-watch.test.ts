import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, runGateway, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { subscribers, testRedis } from '../support/source-redis.js';

const SILENCE = 'viaduct_watched_channel_silence_seconds';
const MESSAGES = 'viaduct_watched_channel_messages_total';

async function messagesOf(gateway: GatewayProcess, channel: string): Promise<number> {
  return (await gateway.scrape()).sum(MESSAGES, { channel });
}

test('a watched channel is measured without any client, and clients may not read it unless CHANNELS has it', async () => {
  const { server, admin } = await testRedis();
  const gateway = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: 'open',
    WATCH_CHANNELS: 'trains=60s, ships=10m',
  });
  await eventually(async () => expect(await subscribers(admin, 'trains', 'ships')).toEqual([1, 1]));
  for (let i = 0; i < 5; i++) await admin.publish('trains', '"message"');
  await admin.publish('trains', 'not JSON');
  await eventually(async () => expect(await messagesOf(gateway, 'trains')).toBe(6));
  const scrape = await gateway.scrape();
  expect(scrape.sum(MESSAGES, { channel: 'ships' })).toBe(0);
  expect(scrape.sum('viaduct_watched_channel_max_silence_seconds', { channel: 'trains' })).toBe(60);
  expect(scrape.sum('viaduct_watched_channel_max_silence_seconds', { channel: 'ships' })).toBe(600);
  // Nobody is there to deliver to.
  expect(scrape.sum('viaduct_messages_total')).toBe(0);
  const client = await RawClient.connect(gateway.url);
  expect((await client.run('SUB trains')).status).toMatchObject({ code: 'not_allowed' });
});

test('the silence grows while nothing is published, and ends with the next message', async () => {
  const { server, admin } = await testRedis();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*', WATCH_CHANNELS: 'trains=1s' });
  const silence = async () => (await gateway.scrape()).sum(SILENCE, { channel: 'trains' });
  await eventually(async () => expect(await subscribers(admin, 'trains')).toEqual([1]));
  const before = await silence();
  await eventually(async () => expect(await silence()).toBeGreaterThan(before + 1));
  const beforeMessage = performance.now();
  await admin.publish('trains', '"message"');
  await eventually(async () => expect(await messagesOf(gateway, 'trains')).toBe(1));
  // The clock of this process: the message is not older than that.
  const since = await silence();
  expect(since).toBeLessThanOrEqual((performance.now() - beforeMessage) / 1000);
});

test('a watched channel stays subscribed when its last client leaves, and over a restart of Redis', async () => {
  const { server, admin } = await testRedis();
  const gateway = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: '*',
    WATCH_CHANNELS: 'trains=60s',
    UNSUBSCRIBE_DELAY_MS: '0',
  });
  const client = await RawClient.connect(gateway.url);
  await client.run('SUB trains');
  await client.run('SUB other');
  await client.run('DEL trains');
  await client.run('DEL other');
  await eventually(async () => expect(await subscribers(admin, 'trains', 'other')).toEqual([1, 0]));
  await server.kill();
  await server.start();
  await eventually(async () => expect(await subscribers(admin, 'trains')).toEqual([1]));
  await admin.publish('trains', '"message"');
  await eventually(async () => expect(await messagesOf(gateway, 'trains')).toBe(1));
});

test('a gateway that starts before its Redis watches as soon as there is one', async () => {
  const { server, admin } = await testRedis();
  await server.kill();
  const settings = { REDIS_URL: server.url, CHANNELS: '*', WATCH_CHANNELS: 'trains=60s' };
  const gateway = await startGateway(settings, {}, false);
  await server.start();
  await gateway.untilReady();
  await eventually(async () => expect(await subscribers(admin, 'trains')).toEqual([1]));
});

test.each([
  ['trains', 'must be a channel or glob with a time'],
  ['tr*=60s', 'must name one channel'],
  ['trains=60s,trains=10s', 'names a channel twice'],
  [Array.from({ length: 101 }, (_, i) => `${i}=60s`).join(), 'at most 100'],
])('WATCH_CHANNELS=%s stops the start with the remedy', async (value, remedy) => {
  const { exit, gateway } = await runGateway({ REDIS_URL: 'memory:', CHANNELS: '*', WATCH_CHANNELS: value });
  expect(exit).toBe(1);
  expect(gateway.stderr + gateway.stdout).toContain('WATCH_CHANNELS');
  expect(gateway.stderr + gateway.stdout).toContain(remedy);
});
