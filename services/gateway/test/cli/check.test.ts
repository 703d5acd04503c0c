import { readFileSync } from 'node:fs';
import { RawClient } from '@viaduct/testkit/clients';
import { runGateway, startGateway } from '@viaduct/testkit/gateway';
import { startLocalCluster, startLocalSentinels } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { describe, expect, test } from 'vitest';
import { clusterClient } from '../support/source-kinds.js';
import { adminOf, testRedis } from '../support/source-redis.js';

const POINT =
  '{"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[7.4,46.9]},"properties":{}}';

/** Runs `viaduct check` to its end. */
async function check(env: Record<string, string>, ...options: string[]) {
  const { exit, gateway } = await runGateway(env, { arguments: ['check', ...options] });
  return { code: exit, text: gateway.stdout, errors: gateway.stderr };
}

/** What a check printed, without what differs from machine to machine. */
function withoutParticulars(text: string): string {
  return text
    .replace(/\d+ of \d+ are set: [^;]*/u, 'some are set')
    .replace(/redis:\/\/\S+ is .*/u, 'a Redis');
}

describe('viaduct check', () => {
  test('shows what clients could read, and of the rest only names', async () => {
    const { server, admin } = await testRedis();
    await admin.hset('trains', { 1: POINT, 2: POINT });
    await admin.hset('buses_1', { 1: 'not JSON' });
    await admin.hset('buses_3', { 1: Buffer.from('"Z\u00fcrich"', 'latin1') });
    await admin.hset('secret', { 1: POINT });
    await admin.set('trams', 'a string');
    const env = { REDIS_URL: server.url, CHANNELS: 'trains,trams,buses_*' };
    const gateway = await startGateway(env);
    const client = await RawClient.connect(gateway.url);
    await client.run('SUB buses_2');
    await admin.subscribe('hidden');

    const { code, text, errors } = await check(env);
    expect([code, errors]).toEqual([0, '']);
    expect(text).toMatch(/✓ settings .*REDIS_URL, CHANNELS/u);
    expect(text).toContain('a new session has epsg:4326 (WGS 84)');
    expect(text).toMatch(/✓ Redis +redis:\/\/127\.0\.0\.1:\d+\/0 is (Redis|Valkey) [\d.]+, [\d.]+ ms away/u);
    expect(text).toMatch(
      /channels +1 readable with subscribers at the moment; 1 more that clients may not read: hidden\n/u,
    );
    expect(text).toMatch(/ buses_2 +1 subscriber\n/u);
    expect(text).toMatch(/hashes +3 readable; 1 more that clients may not read: secret\n/u);
    expect(text).toMatch(/ trains +2 values, GeoJSON\n/u);
    expect(text).toMatch(/! values +some are not JSON, in buses_1\n/u);
    expect(text).toMatch(/! values +some are not UTF-8, in buses_3\n/u);
    expect(text).toMatch(/! keys +trams is not a hash/u);
    expect(text).not.toMatch(/^ +(?:secret|hidden)/mu);
    expect(text).toContain('A gateway can serve with these settings.');
    expect(text).not.toContain('\u001b');
  });

  test('shows the limits of API keys', async () => {
    const key = (name: string, digit: string, limits?: object) => ({
      name,
      sha256: digit.repeat(64),
      channels: ['*'],
      ...(limits !== undefined && { limits }),
    });
    const API_KEYS = JSON.stringify([
      key('acme', '1', { connections: 1500, bytesPerSecond: 500_000 }),
      key('globex', '2', {}),
      key('free', '3'),
    ]);
    const { code, text } = await check({ REDIS_URL: 'memory:', CHANNELS: '*', API_KEYS });
    expect(code).toBe(0);
    expect(text).toMatch(/✓ limits +of all sessions of an API key together, on each gateway\n/u);
    expect(text).toMatch(/ acme +1,500 connections, 500,000 bytes per second\n/u);
    expect(text).toMatch(/ globex +none; its sessions are counted\n/u);
    expect(text).not.toContain('free');
    const wrong = await check({
      REDIS_URL: 'memory:',
      CHANNELS: '*',
      API_KEYS: JSON.stringify([key('acme', '1', { bytesPerSecond: 1 })]),
    });
    expect(wrong.code).toBe(1);
    expect(wrong.text).toMatch(/✗ access .*limits\.bytesPerSecond: must be a whole number of at least 1024/u);
  });

  test('remarks on what is probably a mistake: misspelt settings and channels, and coordinates that are not degrees', async () => {
    const { server, admin } = await testRedis();
    await admin.hset('buses', { 1: POINT.replace('46.9', '946.9') });
    await admin.xadd('ships', '*', 'data', POINT);
    const env = {
      REDIS_URL: server.url,
      CHANNELS: 'buss,ships,planes,buses',
      STREAMS: 'ships',
      ALLOWED_ORIGIN: 'x',
    };
    const { code, text } = await check(env);
    expect(code).toBe(0);
    expect(text).toMatch(/! settings +ALLOWED_ORIGIN is not a setting\n +→ did you mean ALLOWED_ORIGINS\?/u);
    expect(text).toMatch(
      /! channels +buss in CHANNELS has no hash and no subscriber\n +→ did you mean buses\?/u,
    );
    expect(text).toMatch(/! channels +planes in CHANNELS .*\n +→ right if its feed has not started yet/u);
    expect(text).not.toMatch(/ships in CHANNELS/u);
    expect(text).toMatch(
      /! values +some have latitudes beyond 90 degrees, in buses\n +→ .*\[longitude, latitude\]/u,
    );
    const gateway = await startGateway(env);
    expect(gateway.log).toContainEqual(
      expect.objectContaining({
        variable: 'ALLOWED_ORIGIN',
        msg: expect.stringContaining('did you mean ALLOWED_ORIGINS?'),
      }),
    );
  });

  test.each(['buss', 'Buses', 'busess', 'bsues'])(
    '%s alone in CHANNELS is compared with the names that clients may not read',
    async (name) => {
      const { server, admin } = await testRedis();
      await admin.hset('buses', { 1: POINT });
      const { code, text } = await check({ REDIS_URL: server.url, CHANNELS: name });
      expect(code).toBe(0);
      expect(text).toMatch(/hashes +0 readable; 1 more that clients may not read: buses\n/u);
      expect(text).toContain(
        `${name} in CHANNELS has no hash and no subscriber\n             → did you mean buses, which has a hash that clients may not read? Otherwise right if its feed has not started yet\n`,
      );
    },
  );

  test('of names that clients may not read, a readable one, a channel or a short name is suggested only if it is near', async () => {
    const { server, admin } = await testRedis();
    await admin.hset('trains', { 1: POINT });
    await admin.hset('trainz_b', { 1: POINT });
    await admin.hset('gps', { 1: POINT });
    for (let i = 0; i < 5; i += 1) await admin.hset(`other_${i}`, { 1: POINT });
    await admin.hset('\u001b[31mship', { 1: POINT });
    await admin.subscribe('ferries');
    const { text } = await check({ REDIS_URL: server.url, CHANNELS: 'trains,trainz,ferrys,ais,[31mship' });
    const remedyOf = (name: string) => text.split(`${name} in CHANNELS has`)[1]?.split('\n')[1]?.trim();
    expect(remedyOf('trainz')).toBe('→ did you mean trains?');
    expect(remedyOf('ferrys')).toMatch(
      /^→ did you mean ferries, which has subscribers that clients may not read\? /u,
    );
    expect(remedyOf('ais')).toBe('→ right if its feed has not started yet');
    expect(text).toMatch(
      /1 readable; 8 more that clients may not read: \\u001b\[31mship, gps, other_0, other_1, other_2, …\n/u,
    );
    expect(text).not.toContain('\u001b');
  });

  test('remarks on features that nothing identifies, and on no other values', async () => {
    const { server, admin } = await testRedis();
    const { id, ...noId } = JSON.parse(POINT) as { id: number };
    await admin.hset('noid', { 1: POINT, 2: JSON.stringify({ ...noId, properties: { number: id } }) });
    await admin.hset('ids', { 1: POINT });
    await admin.hset('others', { 1: '{"a":1}', 2: '"text"', 3: '{"type":"Point","coordinates":[7,47]}' });
    const env = { REDIS_URL: server.url, CHANNELS: 'noid,ids,others' };
    const { code, text } = await check(env);
    expect(code).toBe(0);
    expect(text).toMatch(
      /! values +some have no id, in noid\n +→ publish them with an id, or set FEATURE_ID_PROPERTY\n/u,
    );
    expect((await check({ ...env, FEATURE_ID_PROPERTY: 'other' })).text).toContain('have no id, in noid\n');
    expect((await check({ ...env, FEATURE_ID_PROPERTY: 'number' })).text).not.toContain('no id');
  });

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

  test('lists at most twenty hashes, and counts the rest', async () => {
    const { server, admin } = await testRedis();
    for (let i = 10; i < 35; i += 1) await admin.hset(`line_${i}`, { 1: POINT });
    const { text } = await check({ REDIS_URL: server.url, CHANNELS: 'line_*' });
    expect(text).toMatch(/hashes +25 readable/u);
    expect(text).toContain('line_29');
    expect(text).not.toContain('line_30');
    expect(text).toContain('and 5 more');
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

  test.each([
    [{ PORT: 'http', LOG_LEVEL: 'loud' }, ['PORT must be a whole number', 'LOG_LEVEL', '1 problem to fix']],
    [{ CHANNELS: '' }, ['✗ access', "CHANNELS='trains,buses_*'"]],
    [{ DEFAULT_PROJECTION: 'epsg:999999' }, ['✗ projection', '999999']],
    [{ COMMANDS: './no-such-module.js' }, ['✗ commands', './no-such-module.js cannot be loaded']],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, ['✗ Redis', 'ECONNREFUSED', '→ start Redis there']],
    [{ REDIS_URL: 'redis://no-such-host.invalid' }, ['✗ Redis', "→ fix the host's name"]],
  ])('%o is a problem', async (env, expected) => {
    const { code, text } = await check({ REDIS_URL: 'memory:', CHANNELS: 'trains', ...env });
    expect(code).toBe(1);
    for (const part of expected) expect(text).toContain(part);
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

  test('control characters in a name from Redis do not affect the terminal', async () => {
    const { server, admin } = await testRedis();
    await admin.hset('red\u001b[31m\n', { 1: POINT });
    const { text } = await check({ REDIS_URL: server.url, CHANNELS: '*' });
    expect(text).toContain('red\\u001b[31m\\u000a');
    expect(text).not.toContain('\u001b');
  });

  test('--color prints colours even in a pipe', async () => {
    const { text } = await check({ REDIS_URL: 'memory:', CHANNELS: 'trains' }, '--color');
    expect(text).toContain('\u001b[32m✓');
  });

  test.each([['check', 'trains'], ['check', '--loud'], ['chek'], ['--port=80']])(
    'an invalid command line, %s %s, is refused with exit code 2 and a hint',
    async (...args) => {
      const { exit, gateway } = await runGateway({ REDIS_URL: 'memory:' }, { arguments: args });
      expect(exit).toBe(2);
      expect(gateway.stderr).toMatch(/^viaduct: .+\nSee viaduct .*--help\.\n$/u);
    },
  );

  test('prints what docs/getting-started.md shows', async () => {
    const page = readFileSync(new URL('../../../../docs/getting-started.md', import.meta.url), 'utf8');
    const [, shown = ''] = /```text\n(✓ settings.*?)```/su.exec(page) ?? [];
    const [, key = '', field = '', value = ''] = /redis-cli HSET (\w+) (\w+) '(.*)'/u.exec(page) ?? [];
    const { server, admin } = await testRedis();
    await admin.hset(key, field, value);
    const { text } = await check({ REDIS_URL: server.url, CHANNELS: 'buses' });
    expect(withoutParticulars(text)).toBe(withoutParticulars(shown));
    expect(shown).toContain('GeoJSON');
  });

  test('--version prints the version of the package', async () => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { exit, gateway } = await runGateway({}, { arguments: ['--version'] });
    expect([exit, gateway.stdout]).toEqual([0, `${JSON.parse(manifest).version}\n`]);
  });

  test('--help describes it', async () => {
    const { code, text } = await check({}, '--help');
    expect(code).toBe(0);
    expect(text).toMatch(/^Usage: viaduct check/u);
  });
});
