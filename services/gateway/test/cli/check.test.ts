import { readFileSync } from 'node:fs';
import { RawClient } from '@viaduct/testkit/clients';
import { runGateway, startGateway } from '@viaduct/testkit/gateway';
import { describe, expect, test } from 'vitest';
import { check, POINT } from '../support/check.js';
import { testRedis } from '../support/source-redis.js';

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
    expect(text).toMatch(/! keys +trams is not a hash.*\n +→ delete the key, and HSET each feature/u);
    expect(text).not.toContain('trams in CHANNELS has no hash');
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

  test('points out what is probably a mistake: misspelt settings and channels, and coordinates that are not degrees', async () => {
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

  test('points out features that nothing identifies, and no other values', async () => {
    const { server, admin } = await testRedis();
    const { id, ...noId } = JSON.parse(POINT) as { id: number };
    await admin.hset('noid', { 1: POINT, 2: JSON.stringify({ ...noId, properties: { number: id } }) });
    await admin.hset('ids', { 1: POINT });
    const collection = `{"type":"FeatureCollection","features":[${POINT}]}`;
    await admin.hset('others', { 1: '{"a":1}', 2: '"text"', 3: collection });
    const env = { REDIS_URL: server.url, CHANNELS: 'noid,ids,others' };
    const { code, text } = await check(env);
    expect(code).toBe(0);
    expect(text).toMatch(
      /! values +some have no id, in noid\n +→ publish them with an id, or set FEATURE_ID_PROPERTY\n/u,
    );
    expect((await check({ ...env, FEATURE_ID_PROPERTY: 'other' })).text).toContain('have no id, in noid\n');
    expect((await check({ ...env, FEATURE_ID_PROPERTY: 'number' })).text).not.toContain('no id');
  });

  test.each<[string, string, Record<string, string>]>([
    [
      'are not a Feature',
      '→ maps leave those out: write {"type":"Feature","id":…,',
      {
        plain: '{"id":1,"lat":46.9,"lon":7.4}',
        geometry: '{"type":"Point","coordinates":[7.4,46.9]}',
        lower: POINT.replace('"Feature"', '"feature"'),
      },
    ],
    [
      'have coordinates that do not fit the type of their geometry',
      '→ write a position as [longitude, latitude], two numbers without quotes',
      {
        quoted: POINT.replace('[7.4,46.9]', '["7.4","46.9"]'),
        nested: POINT.replace('[7.4,46.9]', '[[7.4,46.9]]'),
        missing: POINT.replace('"coordinates"', '"coords"'),
      },
    ],
    [
      'are not in the field of their id',
      '→ HSET each feature into the field that its id names',
      { other: POINT.replace('"id":1', '"id":2'), word: POINT.replace('"id":1', '"id":"one"') },
    ],
  ])('points out values that %s, and no valid ones', async (flaw, remedy, hashes) => {
    const { server, admin } = await testRedis();
    for (const [name, value] of Object.entries(hashes)) await admin.hset(name, { 1: value });
    await admin.hset('valid', { 1: POINT });
    await admin.hset('text', { 1: POINT.replace('"id":1', '"id":"1"') });
    const collection = `{"type":"FeatureCollection","features":[${POINT},${POINT}]}`;
    await admin.hset('whole', { all: collection });
    const { code, text } = await check({ REDIS_URL: server.url, CHANNELS: '*' });
    expect(code).toBe(0);
    expect(text).toContain(
      `! values     some ${flaw}, in ${Object.keys(hashes).sort().join(', ')}\n             ${remedy}`,
    );
    expect(text.match(/! values/gu)).toHaveLength(1);
  });

  test('says what a watched channel without a hash lacks', async () => {
    const { server, admin } = await testRedis();
    await admin.hset('buses', { 1: POINT });
    const env = { REDIS_URL: server.url, CHANNELS: 'buses,busses,planes' };
    const client = await RawClient.connect((await startGateway(env)).url);
    for (const name of ['buses', 'busses', 'planes']) await client.run(`SUB ${name}`);
    const { text } = await check(env);
    const remedyOf = (name: string) => text.split(`${name} in CHANNELS has 1 subscriber, but no hash\n`)[1];
    expect(remedyOf('planes')).toMatch(/^ +→ HSET each feature before you PUBLISH it: /u);
    expect(remedyOf('busses')).toMatch(/^ +→ did you mean buses\? Otherwise HSET each feature before/u);
    expect(remedyOf('buses')).toBeUndefined();
  });

  test('shows the commas that CHANNELS lacks', async () => {
    const { server } = await testRedis();
    const { text } = await check({ REDIS_URL: server.url, CHANNELS: 'buses  trains,ships' });
    expect(text).toContain('→ separate names with commas: buses,trains\n');
    expect(text.match(/commas/gu)).toHaveLength(1);
  });

  test('names the databases with keys, if its own has no hashes', async () => {
    const { server, admin } = await testRedis();
    await admin.set('ready', 'yes');
    await admin.select(3);
    await admin.hset('trains', { 1: POINT });
    const { code, text } = await check({ REDIS_URL: server.url, CHANNELS: 'trains' });
    expect(code).toBe(0);
    expect(text).toContain(
      '! Redis      this database has no hashes, but database 3 has 1 key\n             → if your feed writes there, end REDIS_URL with /3\n',
    );
    expect(text).not.toContain('database 0');
    expect((await check({ REDIS_URL: `${server.url}/3`, CHANNELS: 'trains' })).text).not.toContain(
      'database',
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

  test.each([['check', 'trains'], ['check', '--loud'], ['check', '--watch=0'], ['chek'], ['--port=80']])(
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
