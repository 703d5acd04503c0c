import { startLocalSentinels } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { beforeAll, expect, test } from 'vitest';
import { untilReady } from '../../support/source-harness.js';
import { adminOf, connections, readySource, subscribers, watchedSource } from '../../support/source-redis.js';

const AWAY = { name: 'SourceError', code: 'source_unavailable' };

/** Short, to notice hangs and moved masters soon, but not so short that a busy machine looks like one. */
const SHORT_TIMEOUT_MS = scaled(300);

/** Longer than any test takes. */
const NO_HEARTBEAT_MS = 600_000;

async function testSentinels(options: Parameters<typeof startLocalSentinels>[0] = {}) {
  const setting = await startLocalSentinels(options);
  atEnd(() => setting.stop());
  const [first, second] = setting.servers;
  return {
    ...setting,
    first,
    second,
    oldMaster: adminOf(first, options.password),
    newMaster: adminOf(second, options.password),
  };
}

/** For tests that change nothing, and a last one that ends the Sentinels. */
let shared: Awaited<ReturnType<typeof testSentinels>>;

beforeAll(async () => {
  shared = await testSentinels();
});

test('after a failover, reads and subscriptions use the new master, and the gap is reported', async () => {
  const { url, failOver, oldMaster, newMaster } = await testSentinels();
  await oldMaster.hset('hash', 'field', 'old');
  const { source, recorder } = await readySource(url, SHORT_TIMEOUT_MS);
  await source.subscribe('a');
  expect((await source.hashEntries('hash')).values).toEqual(['old']);
  await failOver();
  await eventually(async () => expect(await subscribers(newMaster, 'a')).toEqual([1]));
  await untilReady(source);
  expect(recorder.changes).toContain('resumed');
  await newMaster.hset('hash', 'field', 'new');
  expect((await source.hashEntries('hash')).values).toEqual(['new']);
  await newMaster.publish('a', 'again');
  await eventually(() => expect(recorder.texts('a')).toEqual(['again']));
  await eventually(async () => expect(await connections(oldMaster)).toEqual([]));
});

test('a channel that the new master denies ends, and the others recover', async () => {
  const { url, failOver, oldMaster, newMaster } = await testSentinels();
  // The effects of ACL SETUSER are not replicated.
  const user = ['ACL', 'SETUSER', 'gateway', 'on', '>secret', '+@all', 'allkeys', '&a'] as const;
  await oldMaster.call(...user, '&b');
  await newMaster.call(...user);
  const { source, recorder } = await readySource(url.replace('://', '://gateway:secret@'), SHORT_TIMEOUT_MS);
  for (const channel of ['a', 'b']) await source.subscribe(channel);
  await failOver();
  await eventually(() => expect(recorder.denials).toEqual(['b']));
  await untilReady(source);
  expect(await subscribers(newMaster, 'a', 'b')).toEqual([1, 0]);
  expect(recorder.changes).toContain('resumed');
});

test('while the master hangs, requests fail; they succeed again on its successor', async () => {
  const { url, first, newMaster } = await testSentinels();
  const { source, recorder } = await readySource(url, SHORT_TIMEOUT_MS);
  await source.subscribe('a');
  process.kill(first.pid, 'SIGSTOP');
  await untilReady(source, false);
  await expect(source.hashEntries('hash')).rejects.toMatchObject(AWAY);
  await expect(source.subscribe('b')).rejects.toMatchObject(AWAY);
  await untilReady(source);
  expect(recorder.changes).toContain('resumed');
  expect(await subscribers(newMaster, 'a', 'b')).toEqual([1, 0]);
  process.kill(first.pid, 'SIGCONT');
  await newMaster.hset('hash', 'field', 'value');
  expect((await source.hashEntries('hash')).values).toEqual(['value']);
});

test('a replaced master is left, even if it is reachable and still claims to be one', async () => {
  const { url, failOver, oldMaster, newMaster } = await testSentinels();
  const { source, recorder } = await readySource(url, SHORT_TIMEOUT_MS);
  await source.subscribe('a');
  // As if it were cut off from the Sentinels only: they can neither demote it nor end its connections.
  await oldMaster.call('ACL', 'SETUSER', 'default', '-slaveof', '-replicaof', '-client|kill');
  await failOver();
  await eventually(async () => expect(await newMaster.info('replication')).toContain('role:master'));
  await eventually(async () => expect(await subscribers(newMaster, 'a')).toEqual([1]));
  await untilReady(source);
  expect(await oldMaster.info('replication')).toContain('role:master');
  expect(await subscribers(oldMaster, 'a')).toEqual([0]);
  expect(recorder.changes).toContain('resumed');
  await newMaster.hset('hash', 'field', 'new');
  expect((await source.hashEntries('hash')).values).toEqual(['new']);
});

test('nothing is read from the old master once subscriptions are back on the new one', async () => {
  const { url, failOver, sentinels, second, oldMaster, newMaster } = await testSentinels();
  // No heartbeat moves the connections in this test.
  const { source, recorder } = await readySource(url, NO_HEARTBEAT_MS);
  await source.subscribe('a');
  await oldMaster.call('ACL', 'SETUSER', 'operator', 'on', 'nopass', '~*', '&*', '+@all');
  await oldMaster.call('ACL', 'SETUSER', 'default', '-slaveof', '-replicaof', '-client|kill');
  await failOver();
  for (const sentinel of sentinels.map((server) => adminOf(server))) {
    const chosen = (): Promise<unknown> => sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster');
    await eventually(async () => expect(await chosen()).toEqual(['127.0.0.1', String(second.port)]));
  }
  await newMaster.hset('hash', 'field', 'new');
  await oldMaster.auth('operator', 'any');
  await oldMaster.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await eventually(() => expect(recorder.changes).toEqual(['ready', 'away', 'resumed', 'ready']));
  expect((await source.hashEntries('hash')).values).toEqual(['new']);
  expect(await subscribers(newMaster, 'a')).toEqual([1]);
});

test('passwords of master and Sentinels are used, and never shown', async () => {
  const secrets = { password: 's3cretOfMaster', sentinelPassword: 's3cretOfSentinel' };
  const { url } = await testSentinels(secrets);
  const withPassword = url.replace('://', `://:${secrets.password}@`);
  const good = await readySource(withPassword, scaled(5_000), {
    access: { sentinel: { password: secrets.sentinelPassword } },
  });
  expect((await good.source.hashEntries('hash')).values).toEqual([]);
  const wrong = await watchedSource(withPassword, scaled(5_000), {
    access: { sentinel: { password: 's3cretWrong' } },
  });
  await eventually(() => expect(wrong.log.errors.join()).toContain('WRONGPASS'));
  const none = await watchedSource(withPassword, scaled(5_000));
  await eventually(() => expect(none.log.errors.join()).toContain('NOAUTH'));
  expect(wrong.source.ready || none.source.ready).toBe(false);
  for (const { log } of [good, wrong, none]) expect(JSON.stringify(log.lines)).not.toContain('s3cret');
});

test('a user with the documented rights at the Sentinels can do all that is needed', async () => {
  const { url, sentinels } = shared;
  for (const sentinel of sentinels) {
    const rights = ['+@connection', '+ping', '+sentinel|master'];
    await adminOf(sentinel).call('ACL', 'SETUSER', 'gateway', 'on', '>s3cret', ...rights);
  }
  const { log } = await readySource(url, scaled(5_000), {
    access: { sentinel: { username: 'gateway', password: 's3cret' } },
  });
  expect(log.errors).toEqual([]);
});

test('an unknown master name is reported with the answer of each Sentinel', async () => {
  const { url, sentinels } = shared;
  const { source, log } = await watchedSource(url.replace('mymaster', 'other'));
  await eventually(() => expect(log.errors.length).toBeGreaterThan(0));
  expect(log.errors[0]).toContain('No Sentinel knows the master');
  for (const { port } of sentinels)
    expect(log.errors[0]).toContain(`127.0.0.1:${port}: ReplyError: ERR No such master`);
  await expect(source.hashEntries('hash')).rejects.toMatchObject(AWAY);
});

test('no Sentinel is needed while the master works', async () => {
  const { url, sentinels, oldMaster } = shared;
  await sentinels[0]?.kill();
  const { source, recorder } = await readySource(url, scaled(1_000));
  await Promise.all(sentinels.map((sentinel) => sentinel.kill()));
  await source.subscribe('a');
  const pings = async (): Promise<number> =>
    Number(/cmdstat_ping:calls=(\d+)/u.exec(await oldMaster.info('commandstats'))?.[1]);
  const before = await pings();
  // Each of several heartbeats asks the Sentinels, and none answers.
  await eventually(async () => expect(await pings()).toBeGreaterThan(before + 5));
  expect(recorder.changes).toEqual(['ready']);
});
