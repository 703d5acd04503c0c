import { startLocalCluster } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { check } from '../support/check.js';
import { clusterClient } from '../support/source-kinds.js';
import { adminOf, subscribers, testRedis } from '../support/source-redis.js';

/** Calls a producer again and again until the test ends, each time with another number. */
function produce(step: (n: number) => Promise<unknown>): void {
  let ended = false;
  const run = async (): Promise<void> => {
    for (let n = 0; !ended; n += 1) {
      await step(n);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const running = run();
  atEnd(async () => {
    ended = true;
    await running;
  });
}

const feature = (id: unknown, n: number, geometry: object | null = { type: 'Point', coordinates: [7, 47] }) =>
  JSON.stringify({ type: 'Feature', id, geometry, properties: { n } });

/** The channels that the check names for a mistake, and its remedy; null if it does not mention the mistake. */
const noted = (text: string, flaw: string): [string, string] | null => {
  const [, names = '', remedy = ''] =
    new RegExp(`! watch +(.*) ${flaw}.*\\n +→ (.*)\\n`, 'u').exec(text) ?? [];
  return names === '' ? null : [names, remedy];
};

const CHANGED = 'changed, but nothing was published';
const UNSTORED = 'had messages about features that are not in the hash';
const MIXED = 'had messages with a number as id, but text in the hash, or the reverse';

test('viaduct check --watch says which producers write only the hash, only messages, or different ids', async () => {
  const { server, admin } = await testRedis();
  await admin.hset('still', 1, feature(1, 0));
  produce(async (n) => {
    await admin.hset('stored', 1, feature(1, n));
    await admin.hset('grown', n, feature(n, 0));
    await admin.hset('notified', 1, feature(1, n));
    await admin.publish('published', feature(1, n));
    await admin.multi().hset('number', 1, feature(1, n)).publish('number', feature('1', n)).exec();
    await admin.multi().hset('text', 1, feature('1', n)).publish('text', feature(1, n)).exec();
    // Nothing is wrong with these. The last one has two commands, one after the other.
    await admin.multi().hset('right', 1, feature(1, n)).publish('right', feature(1, n)).exec();
    await admin
      .multi()
      .hdel('removed', String(n))
      .publish('removed', feature(n, 0, null))
      .exec();
    const all = `{"type":"FeatureCollection","features":[${feature(1, n)},${feature(2, n)}]}`;
    await admin.hset('together', 'all', all);
    await admin.publish('together', all);
  });
  const CHANNELS = 'still,stored,grown,notified,published,number,text,right,removed,together';
  await admin.config('SET', 'notify-keyspace-events', 'Khgx');
  const env = { REDIS_URL: server.url, CHANNELS, NOTIFY: 'notified' };
  const { code, text } = await check(env, '--watch', '2');
  expect(code).toBe(0);
  expect(text).toMatch(/✓ watch +9 of 10 channels changed within 2 s\n/u);
  expect(text).toMatch(/^ +right +\d+ messages, and its hash has changed$/mu);
  const remedies = [CHANGED, UNSTORED, MIXED].map((flaw) => noted(text, flaw));
  expect(remedies).toEqual([
    ['stored, grown', expect.stringMatching(/^PUBLISH each feature .* set NOTIFY=notified,stored,grown$/u)],
    ['published', expect.stringMatching(/^HSET each feature/u)],
    ['number, text', 'write the same id in both: 17 and "17" are two features'],
  ]);
  expect(text.match(/! watch/gu)).toHaveLength(3);
});

test('viaduct check --watch asks whether the producer is running if nothing happens', async () => {
  const { server, admin } = await testRedis();
  await admin.hset('still', 1, feature(1, 0));
  const { code, text } = await check({ REDIS_URL: server.url, CHANNELS: 'still' }, '--watch', '0.1');
  expect(code).toBe(0);
  expect(text).toContain('! watch      nothing was published, and no hash has changed\n');
  expect(text).toContain('→ is the producer running, and does it write into this Redis and database?');
});

test('viaduct check --watch follows every node of a Redis Cluster', async () => {
  const cluster = await startLocalCluster();
  atEnd(() => cluster.stop());
  const client = clusterClient(cluster);
  atEnd(() => client.disconnect());
  const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `line_${letter}`);
  const published = names.slice(0, 3);
  produce(async (n) => {
    for (const name of names) {
      await client.hset(name, 1, feature(1, n));
      if (published.includes(name)) await client.spublish(name, feature(1, n));
    }
  });
  const env = { REDIS_URL: cluster.url, REDIS_PUBSUB: 'sharded', CHANNELS: 'line_*' };
  await eventually(async () => expect(await client.exists('line_f')).toBe(1));
  const { text } = await check(env, '--watch', '2');
  expect(noted(text, CHANGED)?.[0]).toBe('line_d, line_e, line_f');
  expect(text.match(/! watch/gu)).toHaveLength(1);
});

test('viaduct check --watch leaves streams and their state out', async () => {
  const { server, admin } = await testRedis();
  produce(async (n) => {
    await admin
      .multi()
      .hset('ships:state', 1, feature(1, n))
      .xadd('ships', '*', 'data', feature(1, n))
      .exec();
    await admin.multi().hset('buses', 1, feature(1, n)).publish('buses', feature(1, n)).exec();
  });
  await eventually(async () => expect(await admin.exists('buses')).toBe(1));
  const env = { REDIS_URL: server.url, CHANNELS: 'ships*,buses', STREAMS: 'ships' };
  const { text } = await check(env, '--watch', '2');
  expect(text).toMatch(/✓ watch +1 of 1 channels changed within 2 s\n/u);
  expect(text).not.toContain('! watch');
});

test('viaduct check --watch names a channel of a glob that is only published to, and counts its messages once', async () => {
  const { server, admin } = await testRedis();
  await admin.config('SET', 'notify-keyspace-events', 'Kh');
  // Two globs have trains:1. Redis publishes its notifications on channels that the last one has.
  const CHANNELS = 'trains:*,t*,ships*,_*';
  const checked = check({ REDIS_URL: server.url, CHANNELS, STREAMS: 'ships' }, '--watch', '1');
  await eventually(async () => expect(await admin.pubsub('NUMPAT')).toBe(4));
  let published = 0;
  produce(async (n) => {
    published += 1;
    await admin.publish('trains:1', feature(1, n));
    await admin.publish('ships', feature(1, n));
    await admin.hset('secret', 1, feature(1, n));
  });
  const { text } = await checked;
  expect(text).toMatch(/✓ watch +1 of 1 channels changed within 1 s\n/u);
  const [, messages] =
    /^ +trains:1 +(\d+) messages?, and no change of its hash was found$/mu.exec(text) ?? [];
  expect(Number(messages)).toBeGreaterThan(0);
  expect(Number(messages)).toBeLessThanOrEqual(published);
  expect(noted(text, UNSTORED)?.[0]).toBe('trains:1');
});

test('viaduct check --watch says how many channels it watches if there are too many', async () => {
  const { server, admin } = await testRedis();
  const names = Array.from({ length: 30 }, (_, i) => String(i).padStart(2, '0'));
  for (const name of names) await admin.hset(`stored:${name}`, 1, feature(1, 0));
  produce(async (n) => {
    for (const name of names) await admin.publish(`published:${name}`, feature(1, n));
    await admin.publish('stored:29', feature(1, n));
  });
  const { text } = await check({ REDIS_URL: server.url, CHANNELS: 'stored:*,published:*' }, '--watch', '1');
  expect(text).toMatch(/✓ watch +20 of 40 channels changed within 1 s\n/u);
  expect(text).toMatch(
    /! watch +40 of 60 channels were watched\n +→ to watch others, name them in CHANNELS/u,
  );
});

test('viaduct check --watch watches the channels with subscribers if Redis denies it subscriptions to globs', async () => {
  const { server, admin } = await testRedis();
  await admin.call('ACL', 'SETUSER', 'default', '-psubscribe');
  const subscriber = adminOf(server);
  await subscriber.subscribe('trains:1');
  produce((n) => admin.publish('trains:1', feature(1, n)));
  const { text } = await check({ REDIS_URL: server.url, CHANNELS: 'trains:*' }, '--watch', '1');
  expect(noted(text, UNSTORED)?.[0]).toBe('trains:1');
  expect(text).toMatch(/! watch +Redis denies PSUBSCRIBE trains:\*, so/u);
});

test('viaduct check --watch blames no producer if it lost the connection to Redis meanwhile', async () => {
  const { server, admin } = await testRedis();
  // Only the watch subscribes to a channel that no setting names.
  await admin.hset('trains:1', 1, feature(1, 0));
  const checked = check({ REDIS_URL: server.url, CHANNELS: 'trains:*' }, '--watch', '3');
  await eventually(async () => expect(await subscribers(admin, 'trains:1')).toEqual([1]));
  await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  const { text } = await checked;
  expect(text).toMatch(/! watch +the connection to Redis was lost in the meantime/u);
  expect(text).not.toContain('is the producer running');
});
