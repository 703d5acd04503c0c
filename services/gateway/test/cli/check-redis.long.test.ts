import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Envelope } from '@viaduct/protocol';
import { outcomes, RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { startLocalCluster, startLocalRedis, startLocalSentinels } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';
import { check as checkWith } from '../support/check.js';
import { adminOf, testRedis } from '../support/source-redis.js';
import { temporaryDirectory, tlsRedis } from '../support/tls.js';

const READY = 'A gateway can serve with these settings.';

const check = (env: Record<string, string>) => checkWith({ CHANNELS: 'trains', ...env });

async function cluster(masters: number, ...args: string[]) {
  const started = await startLocalCluster({ masters, args });
  atEnd(() => started.stop());
  return started;
}

describe('viaduct check judges by what Redis is', () => {
  test.each([
    ['of one node', 1, []],
    ['that announces no host', 3, ['--cluster-preferred-endpoint-type', 'unknown-endpoint']],
  ] as const)('a Redis Cluster %s can be served, plain and sharded', async (_, masters, args) => {
    const { url } = await cluster(masters, ...args);
    for (const pubSub of ['plain', 'sharded']) {
      const { code, text } = await check({ REDIS_URL: url, REDIS_PUBSUB: pubSub });
      expect(text).toContain(READY);
      expect(code).toBe(0);
    }
  });

  test('a Redis Cluster without slots cannot be served, plain and sharded', async () => {
    const server = await startLocalRedis({ args: ['--cluster-enabled', 'yes'] });
    atEnd(() => server.stop());
    for (const pubSub of ['plain', 'sharded']) {
      const url = server.url.replace('redis:', 'redis+cluster:');
      const { code, text } = await check({ REDIS_URL: url, REDIS_PUBSUB: pubSub });
      expect(text).toContain('→ give every slot a master');
      expect(text).toContain('1 problem to fix');
      expect(code).toBe(1);
    }
  });

  test.each(['plain', 'sharded'])(
    'if one master is unreachable, a check of what the others have succeeds, just as a gateway is ready; %s',
    async (pubSub) => {
      // On a busy machine, nodes with a short timeout believe each other dead, and serve nothing.
      const settings = ['--cluster-require-full-coverage', 'no', '--cluster-node-timeout', '60000'];
      const { url, masters } = await cluster(3, ...settings);
      await masters[1]?.stop();
      const env = { REDIS_URL: url, REDIS_PUBSUB: pubSub, CHANNELS: '*' };
      const gateway = await startGateway(env);
      const client = await RawClient.connect(gateway.url);
      const names = Array.from({ length: 30 }, (_, i) => `key${i}`);
      const answers = await outcomes(client, ...names.map((name) => `GET ${name}`));
      const all = await check(env);
      expect(all.text).toMatch(new RegExp(`! Redis +the master at 127.0.0.1:${masters[1]?.port}`, 'u'));
      expect(all.text).toContain(READY);
      expect(all.code).toBe(0);
      for (const [answer, code] of [
        ['ok', 0],
        ['source_unavailable', 1],
      ] as const) {
        const name = names[answers.indexOf(answer)] ?? 'none';
        const one = await check({ ...env, CHANNELS: name });
        expect(one.code, `${name}: ${one.text}`).toBe(code);
        expect(one.text).not.toContain('has no hash');
      }
    },
  );

  test('a node of a cluster, or a Sentinel, behind redis:// is named with the right URL', async () => {
    const { masters } = await cluster(3);
    const node = await check({ REDIS_URL: masters[0]?.url ?? '' });
    expect(node.text).toContain(`→ write redis+cluster://127.0.0.1:${masters[0]?.port}`);
    expect(node.code).toBe(1);
    const { sentinels, servers, stop } = await startLocalSentinels();
    atEnd(stop);
    const sentinel = await check({ REDIS_URL: sentinels[0]?.url ?? '' });
    expect(sentinel.text).toContain(`→ write redis+sentinel://127.0.0.1:${sentinels[0]?.port}/mymaster`);
    expect(sentinel.code).toBe(1);
    const server = await check({ REDIS_URL: `redis+cluster://127.0.0.1:${servers[0].port}` });
    expect(server.text).toContain('→ write redis:// in REDIS_URL: this is not a Redis Cluster');
    expect(server.code).toBe(1);
    const noSentinel = await check({ REDIS_URL: `redis+sentinel://127.0.0.1:${servers[0].port}/mymaster` });
    expect(noSentinel.text).toContain('→ name');
    expect(noSentinel.code).toBe(1);
  });

  test('a replica can be read, but not published to; without its master, perhaps not even read', async () => {
    const master = await testRedis('--repl-diskless-sync-delay', '0');
    const server = await startLocalRedis({ args: ['--replicaof', `127.0.0.1 ${master.server.port}`] });
    atEnd(() => server.stop());
    const admin = adminOf(server);
    await eventually(async () => expect(await admin.info('replication')).toContain('master_link_status:up'));
    const reading = await check({ REDIS_URL: server.url });
    expect(reading.text).toMatch(/! Redis +it is a replica/u);
    expect(reading.code).toBe(0);
    const publishing = await check({ REDIS_URL: server.url, PUBLISH_CHANNELS: 'trains' });
    expect(publishing.text).toContain('→ name its master in REDIS_URL');
    expect(publishing.code).toBe(1);
    await admin.config('SET', 'replica-serve-stale-data', 'no');
    await master.server.stop();
    const lost = await check({ REDIS_URL: server.url, CHANNELS: 'trains_*' });
    expect(lost.text).toContain('MASTERDOWN');
    expect(lost.text).toContain('→ bring its master back');
    expect(lost.text).not.toContain('ACL');
    expect(lost.code).toBe(1);
  });
});

describe('viaduct check judges by what Redis does', () => {
  test('a Redis that cannot save to disk is not a problem', async () => {
    const { server, admin } = await testRedis('--dir', '/proc', '--save', '3600 1000000');
    await admin.set('a', '1');
    await admin.call('BGSAVE');
    await eventually(async () => expect(await admin.info('persistence')).toContain('last_bgsave_status:err'));
    await expect(admin.set('a', '2')).rejects.toThrow('MISCONF');
    const { code, text } = await check({ REDIS_URL: server.url });
    expect(text).toContain(READY);
    expect(code).toBe(0);
  });

  test('a Redis that runs a long script is reported as busy', async () => {
    const { server, admin } = await testRedis('--busy-reply-threshold', '50');
    const second = adminOf(server);
    await second.ping();
    const script = admin.eval('while true do end', 0).catch(() => {});
    await eventually(() => expect(second.ping()).rejects.toThrow('BUSY'));
    const { code, text } = await check({ REDIS_URL: server.url });
    await second.call('SCRIPT', 'KILL');
    await script;
    expect(text).toContain('→ wait until the script has ended');
    expect(text).not.toContain('ACL');
    expect(code).toBe(1);
  });

  test('a Redis that has too many clients says so itself', async () => {
    const { server, admin } = await testRedis();
    await admin.config('SET', 'maxclients', '1');
    const { code, text } = await check({ REDIS_URL: server.url });
    expect(text).toContain('max number of clients reached');
    expect(text).toContain('→ raise maxclients');
    expect(code).toBe(1);
  });

  test('TLS at only one end is reported as such', async () => {
    const { url, server } = await tlsRedis();
    const plain = await check({ REDIS_URL: url.replace('rediss:', 'redis:') });
    expect(plain.text).toContain('→ write rediss:// if Redis uses TLS');
    expect(plain.code).toBe(1);
    const tls = await check({ REDIS_URL: `rediss://localhost:${server.port}` });
    expect(tls.text).toContain('rediss:// if Redis uses TLS, and redis:// if not');
    expect(tls.code).toBe(1);
  });
});

test('missing certificates at either end are reported with their settings', async () => {
  const { url, authority } = await tlsRedis('yes');
  const untrusted = await check({ REDIS_URL: url });
  expect(untrusted.text).toContain('→ set REDIS_TLS_CA_FILE');
  const unknown = await check({ REDIS_URL: url, REDIS_TLS_CA_FILE: authority.ca });
  expect(unknown.text).toContain('→ set REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE');
  const { cert, key } = await authority.issue('gateway');
  const both = { REDIS_TLS_CERT_FILE: cert, REDIS_TLS_KEY_FILE: key };
  const known = await check({ REDIS_URL: url, REDIS_TLS_CA_FILE: authority.ca, ...both });
  expect([untrusted.code, unknown.code, known.code]).toEqual([1, 1, 0]);
});

describe('viaduct check judges by rights', () => {
  const READING = '+@connection +info +ping +hlen +hscan +hget +subscribe +unsubscribe'.split(' ');

  async function withUser(...rules: string[]) {
    const { server, admin } = await testRedis();
    await admin.call('XADD', 'ships', '*', 'data', '1');
    await admin.call('ACL', 'SETUSER', 'gateway', 'on', '>pw', ...rules);
    const setUser = (...more: string[]) => admin.call('ACL', 'SETUSER', 'gateway', ...more);
    return { url: server.url.replace('//', '//gateway:pw@'), setUser, admin };
  }

  test('a stream needs XREAD, and its state a key', async () => {
    const { url, setUser } = await withUser('~ships*', '&ships', ...READING, '+multi', '+exec', '+xinfo');
    const env = { REDIS_URL: url, CHANNELS: 'ships', STREAMS: 'ships' };
    const wrong = await check(env);
    expect(wrong.text).toMatch(/✗ rights +clients could not recover entries of ships: NOPERM.*xread/u);
    expect(wrong.code).toBe(1);
    await setUser('+xread');
    const right = await check(env);
    expect(right.text).toContain(READY);
    expect(right.code).toBe(0);
  });

  test.each(['hget', 'hlen', 'hscan', 'subscribe', 'xread', 'xinfo'])(
    'without +%s, some command fails on a gateway, and so does the check, even if CHANNELS has only globs',
    async (right) => {
      const { url, admin } = await withUser('~*', '&*', '+@all', `-${right}`);
      await admin.hset('trains', { 1: '{}' });
      const env = { REDIS_URL: url, CHANNELS: '*', STREAMS: 'ship*' };
      const client = await RawClient.connect((await startGateway(env)).url);
      const answers = await outcomes(client, 'GET trains', 'GET trains 1', 'SUB trains', 'SUB ships');
      // A stream that cannot be tailed ends after it was confirmed.
      const isDenial = ({ content }: Envelope) =>
        (content as { code?: string } | null)?.code === 'not_allowed';
      if (right === 'xread') await client.inbox.first('the end of the stream', isDenial);
      else expect(answers).toContain('not_allowed');
      const { code, text } = await check(env);
      expect(text).toMatch(new RegExp(`✗ rights +clients could not .+ run the '${right}`, 'u'));
      expect(code).toBe(1);
    },
  );

  test('rights to some of the channels that a glob stands for are enough', async () => {
    const { url } = await withUser('~trains_1', '&trains_1', ...READING);
    const env = { REDIS_URL: url, CHANNELS: 'trains_*' };
    const client = await RawClient.connect((await startGateway(env)).url);
    expect(await outcomes(client, 'GET trains_1', 'SUB trains_1')).toEqual(['ok', 'ok']);
    const { code, text } = await check(env);
    expect(text).toContain(READY);
    expect(code).toBe(0);
  });

  test('a gateway serves without +info, and the check says what is missing', async () => {
    const { url } = await withUser('~trains', '&trains', ...READING, '-info', '+publish');
    const { code, text, errors } = await check({ REDIS_URL: url, PUBLISH_CHANNELS: 'trains' });
    expect(text).toContain('→ grant +info to its user');
    expect(text).toContain(READY);
    expect([code, errors]).toEqual([0, '']);
    const gateway = await startGateway({ REDIS_URL: url, CHANNELS: 'trains', PUBLISH_CHANNELS: 'trains' });
    const client = await RawClient.connect(gateway.url);
    const commands = ['GET trains', 'SUB trains', 'PUB trains 1'];
    expect(await outcomes(client, ...commands)).toEqual(['ok', 'ok', 'ok']);
  });

  test('PUB and the admin API need PUBLISH, which is tested without publishing anything', async () => {
    const { url, setUser, admin } = await withUser('~trains', '&trains', ...READING, '+multi', '+discard');
    const env = { REDIS_URL: url, PUBLISH_CHANNELS: 'trains,chat_*' };
    const published: string[] = [];
    const listener = admin.duplicate();
    atEnd(() => listener.disconnect());
    await listener.psubscribe('*');
    listener.on('pmessage', (_pattern, channel) => published.push(channel));
    const without = await check(env);
    expect(without.text).toMatch(/✗ rights +clients could not PUB trains: NOPERM/u);
    expect(without.code).toBe(1);
    await setUser('+publish');
    const other = await check(env);
    expect(other.text).not.toContain('PUB trains');
    expect(other.text).toMatch(/✗ rights +clients could not PUB chat_\*: NOPERM/u);
    expect(other.code).toBe(1);
    await setUser('&chat_*');
    expect((await check(env)).code).toBe(0);

    const admins = { ...env, ADMIN_TOKEN: 'a'.repeat(16) };
    const alone = await check(admins);
    expect(alone.text).toContain('replicas could not reach each other');
    expect(alone.code).toBe(1);
    await setUser('&viaduct:replicas:*', '+pubsub');
    expect((await check(admins)).code).toBe(0);
    expect(published).toEqual([]);
  });
});

test('a check that ends early does not report success', async () => {
  const module = join(await temporaryDirectory(), 'waits.mjs');
  writeFileSync(module, 'await new Promise(() => {});');
  const { code, text, errors } = await check({ REDIS_URL: 'memory:', COMMANDS: module });
  expect(text).not.toContain(READY);
  expect(errors).toContain('without a verdict');
  expect(code).toBe(1);
});
