import { RawClient } from '@viaduct/testkit/clients';
import { runGateway, startGateway } from '@viaduct/testkit/gateway';
import { startLocalCluster, startLocalSentinels } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { describe, expect, test } from 'vitest';
import { check, POINT } from '../support/check.js';
import { clusterClient } from '../support/source-kinds.js';
import { adminOf, testRedis } from '../support/source-redis.js';

describe('viaduct check', () => {
  test('a stream that is not one is a problem', async () => {
    const { server, admin } = await testRedis();
    await admin.hset('vehicles', { 1: POINT });
    const { code, text } = await check({ REDIS_URL: server.url, CHANNELS: 'vehicles', STREAMS: 'vehicles' });
    expect(code).toBe(1);
    expect(text).toMatch(/clients could not recover entries of vehicles: .*/u);
  });

  test('says which notifications NOTIFY lacks', async () => {
    const { server, admin } = await testRedis();
    const env = { REDIS_URL: server.url, CHANNELS: 'trains', NOTIFY: 'trains' };
    const before = await check(env);
    expect(before.code).toBe(1);
    expect(before.text).toContain('notify-keyspace-events lacks K (keyspace events), h (hash commands)');
    expect(before.text).toContain('CONFIG SET notify-keyspace-events Khgx');
    for (const flags of ['Khgx', 'KA']) {
      await admin.config('SET', 'notify-keyspace-events', flags);
      const { code, text } = await check(env);
      expect(text).toMatch(/✓ NOTIFY +Redis notifies of changes in trains/u);
      expect(code).toBe(0);
    }
    await admin.config('SET', 'notify-keyspace-events', 'Kh');
    expect((await check(env)).text).toContain('lacks g (DEL and EXPIRE), x (expired keys)');
  });

  test('says if Redis denies the notifications that NOTIFY needs', async () => {
    const { server, admin } = await testRedis();
    await admin.config('SET', 'notify-keyspace-events', 'KA');
    const setUser = (...rules: string[]) => admin.acl('SETUSER', 'gateway', ...rules);
    await setUser('on', '>pw', '~*', '&trains', '+@all');
    const url = server.url.replace('//', '//gateway:pw@');
    const env = { REDIS_URL: url, CHANNELS: 'trains', NOTIFY: 'trains' };
    const denied = await check(env);
    expect(denied.text).toMatch(
      /✗ rights +clients could not follow changes of trains, on __keyspace@0__:trains: NOPERM/u,
    );
    expect(denied.code).toBe(1);
    await setUser('&__keyspace@0__:trains');
    expect((await check(env)).code).toBe(0);
  });

  test('says if Redis removes keys when it is full, and if it is almost full', async () => {
    const { server, admin } = await testRedis();
    const env = { REDIS_URL: server.url, CHANNELS: 'trains' };
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const unlimited = await check(env);
    expect([unlimited.code, unlimited.text]).toEqual([0, expect.not.stringContaining('memory ')]);
    await admin.config('SET', 'maxmemory', '1gb');
    const evicting = await check(env);
    expect(evicting.code).toBe(0);
    expect(evicting.text).toMatch(
      /! memory +Redis removes keys when it is full \(maxmemory-policy allkeys-lru\), .*\n +→ CONFIG SET maxmemory-policy noeviction/u,
    );
    expect(evicting.text).not.toContain('of its maxmemory');
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await admin.config('SET', 'maxmemory', '1mb');
    const full = await check(env);
    expect(full.code).toBe(0);
    expect(full.text).toMatch(/! memory +Redis uses \d{2,} % of its maxmemory\n +→ raise maxmemory/u);
    expect(full.text).not.toContain('removes keys');
  });

  test('knows the functions for producers, and says if they are of another version', async () => {
    const { server, admin } = await testRedis();
    const env = { REDIS_URL: server.url, CHANNELS: 'trains' };
    expect((await check(env)).text).not.toContain('functions');
    const { gateway } = await runGateway({}, { arguments: ['functions'] });
    await admin.function('LOAD', gateway.stdout);
    const same = await check(env);
    expect([same.code, same.text]).toEqual([0, expect.stringMatching(/✓ functions +viaduct_put and /u)]);
    await admin.function('LOAD', 'REPLACE', `${gateway.stdout}\n-- of another version`);
    const other = await check(env);
    expect(other.code).toBe(0);
    expect(other.text).toMatch(
      /! functions +viaduct_put .* of another version\n +→ viaduct functions \| redis-cli -x FUNCTION LOAD REPLACE/u,
    );
  });

  test('reads the database that REDIS_URL names', async () => {
    const { server, admin } = await testRedis();
    await admin.hset('trains', { 1: POINT });
    await admin.select(3);
    await admin.hset('trains', { 1: POINT, 2: POINT, 3: POINT });
    const { text } = await check({ REDIS_URL: `${server.url}/3`, CHANNELS: 'trains' });
    expect(text).toMatch(/ trains +3 values, GeoJSON/u);
  });

  test('reads every node of a Redis Cluster', async () => {
    const cluster = await startLocalCluster();
    atEnd(() => cluster.stop());
    const client = clusterClient(cluster);
    atEnd(() => client.disconnect());
    const names = Array.from({ length: 12 }, (_, i) => `line_${i}`);
    await Promise.all(names.map((name) => client.hset(name, { 1: POINT })));
    const env = { REDIS_URL: cluster.url, REDIS_PUBSUB: 'sharded', CHANNELS: 'line_*' };
    const gateway = await startGateway(env);
    const session = await RawClient.connect(gateway.url);
    for (const name of names) await session.run(`SUB ${name}`);
    const { code, text, errors } = await check(env);
    expect([code, errors]).toEqual([0, '']);
    expect(text).toMatch(/✓ Redis +redis\+cluster:\/\/127\.0\.0\.1:\d+,\S+ is (Redis|Valkey)/u);
    expect(text).toMatch(/channels +12 readable with subscribers/u);
    expect(text).toMatch(/hashes +12 readable\n/u);
    for (const name of names) expect(text).toMatch(new RegExp(` ${name} +1 value, GeoJSON`, 'u'));
    const library = (await runGateway({}, { arguments: ['functions'] })).gateway.stdout;
    const [master] = cluster.masters;
    if (master === undefined) throw new Error('the cluster has no master');
    await adminOf(master).function('LOAD', library);
    expect((await check(env)).text).toMatch(
      /! functions +viaduct_put and viaduct_remove are on 1 of 3 masters/u,
    );
  });

  test('finds the master that Sentinels watch, and says what to do if they do not know it', async () => {
    const { url, servers, stop } = await startLocalSentinels({ sentinelPassword: 's3cret' });
    atEnd(stop);
    await adminOf(servers[0]).hset('trains', { 1: POINT });
    const env = { REDIS_URL: url, REDIS_SENTINEL_PASSWORD: 's3cret', CHANNELS: 'trains' };
    expect((await check(env)).text).toMatch(/ trains +1 value, GeoJSON/u);
    const wrong = await check({ ...env, REDIS_URL: url.replace('mymaster', 'other') });
    expect(wrong.code).toBe(1);
    expect(wrong.text).toContain('→ name the Sentinels and the master as they call it');
    expect(wrong.text).not.toContain('s3cret');
  });

  test('a wrong password is a problem, and is not shown', async () => {
    const { server } = await testRedis('--requirepass', 'right-password');
    const url = server.url.replace('//', '//:wrong-password@');
    const { code, text, errors } = await check({ REDIS_URL: url, CHANNELS: 'trains' });
    expect(code).toBe(1);
    expect(text).toContain('put the user and password into REDIS_URL');
    expect(text + errors).not.toContain('wrong-password');
  });

  test('names what the ACL forbids the gateway; rights that only the check needs are not a problem', async () => {
    const { server, admin } = await testRedis();
    const rights = '+@connection +info +ping +hlen +hscan +hget +subscribe +unsubscribe';
    await admin.acl('SETUSER', 'gateway', 'on', '>pw', '~trains', '&trains', '&buses', ...rights.split(' '));
    const url = server.url.replace('//', '//gateway:pw@');
    const right = await check({ REDIS_URL: url, CHANNELS: 'trains' });
    expect(right.text).toMatch(/! channels +cannot be read: Redis does not allow/u);
    expect(right.text).toContain('only this check needs +pubsub +scan');
    // It may have one: the check could not look.
    expect(right.text).not.toContain('has no hash and no subscriber');
    expect(right.code).toBe(0);
    const wrong = await check({ REDIS_URL: url, CHANNELS: 'trains,buses' });
    expect(wrong.text).toMatch(/✗ rights +clients could not GET buses/u);
    expect(wrong.text).not.toContain('SUB buses');
    expect(wrong.code).toBe(1);
  });
});
