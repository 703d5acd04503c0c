import { type Envelope, STATUS_SOURCE } from '@viaduct/protocol';
import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { calls } from '../support/source-redis.js';

const isStatus =
  (wanted: object) =>
  ({ source, content }: Envelope): boolean =>
    source === STATUS_SOURCE &&
    Object.entries(wanted).every(([name, value]) => (content as Record<string, unknown>)[name] === value);

/** Stores far more than the network's buffers can hold. */
async function fillLargeHash(redis: Redis, key: string): Promise<void> {
  const value = JSON.stringify('x'.repeat(2 * 1024 * 1024));
  for (let i = 0; i < 10; i++) await redis.hset(key, String(i), value);
}

/** Cuts all connections of the gateway except pub/sub and trims the stream; resolves when the gateway knows. */
async function loseEntries(redis: Redis, gateway: GatewayProcess): Promise<void> {
  const transaction = redis.multi().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  for (let i = 2; i <= 9; i++) transaction.xadd('ships', 'MAXLEN', '=', 2, `${i}-0`, 'data', String(i));
  await transaction.exec();
  await eventually(async () => {
    expect((await gateway.scrape()).sum('viaduct_stream_losses_total', { reason: 'trimmed' })).toBe(1);
  });
}

test('entries that a stream loses affect only its own subscribers', async () => {
  const { server, redis } = await startWorld();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*', STREAMS: 'ships' });
  const [client, other] = await Promise.all([RawClient.connect(gateway.url), RawClient.connect(gateway.url)]);
  await redis.hset('ships:state', 'a', '"state"');
  await redis.hset('trains', 'a', '"state"');
  await redis.xadd('ships', '1-0', 'data', '1');
  await other.run('SUB buses');
  await client.run('SUB buses');
  await client.run('SUB trains snapshot=true');
  await client.run('SUB ships snapshot=true');
  await loseEntries(redis, gateway);
  const received = await client.inbox.collect(isStatus({ status: 'snapshot_end', channel: 'ships' }));
  const after = [
    ...received,
    ...(await client.run('PING')).envelopes,
    ...(await other.run('PING')).envelopes,
  ];
  expect(after.filter(isStatus({ channel: 'trains' }))).toEqual([]);
  expect(after.filter(isStatus({ status: 'gap' }))).toEqual([]);
  const scrape = await gateway.scrape();
  expect(scrape.sum('viaduct_snapshots_sent_total', { reason: 'gap' })).toBe(1);
  expect(scrape.sum('viaduct_gap_notices_total')).toBe(0);
});

test('if entries are lost while the first state is sent, another state follows', async () => {
  const { server, redis } = await startWorld();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*', STREAMS: 'ships' });
  await fillLargeHash(redis, 'ships:state');
  await redis.xadd('ships', '1-0', 'data', '1');
  const client = await RawClient.connect(gateway.url);
  client.send('SUB ships snapshot=true');
  await client.inbox.next(isStatus({ status: 'snapshot_begin', reason: 'subscribed' }));
  client.pause();
  await loseEntries(redis, gateway);
  client.resume();
  await client.inbox.next(isStatus({ status: 'snapshot_end', id: '1-0' }));
  await client.inbox.next(isStatus({ status: 'snapshot_begin', reason: 'gap' }));
  await client.inbox.next(isStatus({ status: 'snapshot_end', id: '9-0' }));
});

test('states that the gateway sends by itself do not count as pending commands', async () => {
  const { server, redis } = await startWorld();
  const env = { REDIS_URL: server.url, CHANNELS: '*', MAX_PENDING_COMMANDS: '2' };
  const gateway = await startGateway(env);
  await fillLargeHash(redis, 'large');
  const client = await RawClient.connect(gateway.url);
  const channels = ['large', 'a', 'b', 'c', 'd', 'e'];
  for (const channel of channels)
    expect((await client.run(`SUB ${channel} snapshot=true`)).status.status).toBe('ok');
  const reads = await calls(redis, 'hlen');
  client.pause();
  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await eventually(async () => expect(await calls(redis, 'hlen')).toBeGreaterThan(reads));
  client.send('PING reference');
  client.resume();
  const answer = await client.inbox.next(({ client_reference }) => client_reference === 'reference');
  expect(answer.content).toBe('PONG');
  await client.run('PING');
  expect((await gateway.scrape()).sum('viaduct_errors_total', { code: 'too_many_commands' })).toBe(0);
});
