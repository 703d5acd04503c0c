import { RawClient } from '@viaduct/protocol/conformance/clients';
import { Redis } from 'ioredis';
import { Stack } from './stack.js';
import type { Tally } from './tally.js';

/** Keys of a Redis that the demo's feed might mistake for its own. */
const THEIRS = {
  trains: { 'train-1': '"theirs"', 'ic-1': '"theirs"' },
  feed: { now: '"theirs"' },
};

/**
 * The stack on somebody else's Redis: it starts no Redis and no feed of its own, serves what is there, and leaves it as
 * it was.
 *
 * @param available services whose image this machine has
 */
export async function checkAnotherRedis(
  root: string,
  tally: Tally,
  available: readonly string[],
): Promise<void> {
  const stack = await Stack.createWithAnotherRedis(root);
  try {
    await stack.down();
    await checkContradiction(stack, tally);
    await stack.up(['theirs']);
    const redis = new Redis(stack.addresses.redis);
    try {
      await checkOn(stack, redis, tally, available);
    } finally {
      redis.disconnect();
    }
  } finally {
    await stack.end();
  }
}

/** Compose refuses two addresses of Redis, and says why. */
async function checkContradiction(stack: Stack, tally: Tally): Promise<void> {
  const said = await stack.compose(['config', '--quiet'], { REDIS_URL_FILE: '/run/secrets/redis-url' }).then(
    () => 'nothing',
    (error: unknown) => String(error),
  );
  tally.expect(
    'compose says that REDIS_URL and REDIS_URL_FILE must not both be set',
    said.includes('REDIS_URL and REDIS_URL_FILE are both set'),
    said,
  );
}

async function checkOn(
  stack: Stack,
  redis: Redis,
  tally: Tally,
  available: readonly string[],
): Promise<void> {
  for (const [key, fields] of Object.entries(THEIRS)) await redis.hset(key, fields);
  const before = await contents(redis);
  const wanted = await stack.services();
  tally.expect(
    'on another Redis, the stack has no Redis and no feed',
    !wanted.includes('redis') && !wanted.includes('feed'),
    wanted.join(', '),
  );
  await stack.up(wanted.filter((service) => available.includes(service)));
  const client = await RawClient.connect(stack.addresses.http.replace(/^http/, 'ws'));
  const { envelopes } = await client.run('GET trains');
  client.terminate();
  tally.expect(
    'on another Redis, clients read what is in it',
    envelopes.length === Object.keys(THEIRS.trains).length &&
      envelopes.every(({ content }) => content === 'theirs'),
    `${envelopes.length} values`,
  );
  // The feed removes its vehicles when it stops, so the end counts, too.
  await stack.compose(['stop', '--timeout', '5', ...wanted.filter((service) => service !== 'theirs')]);
  const after = await contents(redis);
  tally.expect('another Redis is left as it was', after === before);
}

/** All keys with their contents, as text. */
async function contents(redis: Redis): Promise<string> {
  const keys = (await redis.keys('*')).sort();
  const dumps = await Promise.all(keys.map(async (key) => (await redis.dumpBuffer(key))?.toString('hex')));
  return keys.map((key, i) => `${key}: ${dumps[i]}`).join('\n');
}
