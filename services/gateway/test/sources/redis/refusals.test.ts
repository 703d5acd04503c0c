import { outcomes, RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { untilReady } from '../../support/source-harness.js';
import { adminOf, readySource, subscribers, testRedis, untilChanges } from '../../support/source-redis.js';

const AWAY = { name: 'SourceError', code: 'source_unavailable' };

/** Short, to notice a refusal soon without any request. */
const SHORT_TIMEOUT_MS = scaled(500);

/** A replica of the Redis, in sync with it. */
async function replicaOf(port: number) {
  const server = await startLocalRedis({ args: ['--replicaof', `127.0.0.1 ${port}`] });
  atEnd(() => server.stop());
  const admin = adminOf(server);
  await eventually(async () => expect(await admin.info('replication')).toContain('master_link_status:up'));
  return { server, admin };
}

test('a replica that has lost its master and refuses is not ready, without any request; then it is again', async () => {
  const master = await testRedis('--repl-diskless-sync-delay', '0');
  const { server, admin } = await replicaOf(master.server.port);
  await admin.config('SET', 'replica-serve-stale-data', 'no');
  const { source, recorder, log } = await readySource(server.url, SHORT_TIMEOUT_MS);
  await source.subscribe('a');
  await master.server.stop();
  await untilReady(source, false);
  await expect(source.hashEntries('hash')).rejects.toMatchObject(AWAY);
  expect(log.errors.join()).toContain('MASTERDOWN');
  await admin.call('REPLICAOF', 'NO', 'ONE');
  await untilReady(source);
  // The subscription was never lost.
  expect(recorder.changes).toEqual(['ready', 'away', 'ready']);
  expect(await subscribers(admin, 'a')).toEqual([1]);
});

test('a Redis that runs a script for too long is not ready, and /readyz says so', async () => {
  const { server, admin } = await testRedis('--busy-reply-threshold', '50');
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*', REDIS_TIMEOUT_MS: '500' });
  const client = await RawClient.connect(gateway.url);
  // Connected before, because a busy Redis accepts no connection.
  const second = adminOf(server);
  await second.ping();
  const script = admin.eval('while true do end', 0).catch((error: Error) => error.message);
  await gateway.untilReady(false);
  expect(await outcomes(client, 'GET hash')).toEqual(['source_unavailable']);
  await second.call('SCRIPT', 'KILL');
  await gateway.untilReady();
  expect(await script).toContain('killed');
  expect(await outcomes(client, 'GET hash')).toEqual(['ok']);
});

test('a Redis that refuses only writes, because it cannot save them, is ready', async () => {
  const { server, admin } = await testRedis('--dir', '/proc', '--save', '3600 1000000');
  await admin.set('a', '1');
  await expect(admin.call('BGSAVE')).resolves.toBeDefined();
  await eventually(async () =>
    expect(await admin.info('persistence')).toContain('rdb_last_bgsave_status:err'),
  );
  await expect(admin.set('a', '2')).rejects.toThrow('MISCONF');
  const { source, recorder, log } = await readySource(server.url, SHORT_TIMEOUT_MS);
  const refused = async (): Promise<number> =>
    Number(/cmdstat_ping:.*rejected_calls=(\d+)/u.exec(await admin.info('commandstats'))?.[1] ?? 0);
  const before = await refused();
  await eventually(async () => expect(await refused()).toBeGreaterThan(before + 2));
  expect((await source.hashEntries('hash')).values).toEqual([]);
  expect(recorder.changes).toEqual(['ready']);
  expect(log.errors).toEqual([]);
});

test('PUB through a replica, which forwards no messages, is refused; at a master it works again', async () => {
  const master = await testRedis('--repl-diskless-sync-delay', '0');
  const { server, admin } = await replicaOf(master.server.port);
  const { source, recorder } = await readySource(server.url);
  await source.subscribe('a');
  await expect(source.publish('a', '1')).rejects.toMatchObject({
    code: 'not_allowed',
    message: expect.stringContaining('replica'),
  });
  await admin.call('REPLICAOF', 'NO', 'ONE');
  await eventually(() => source.publish('a', '2'));
  await eventually(() => expect(recorder.texts('a')).toEqual(['2']));
  await untilChanges(recorder, 'ready');
});
