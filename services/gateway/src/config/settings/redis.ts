import { parseRedisUrl } from '../../sources/redis/url.js';
import { integer, oneOf, setting, text, usable } from '../setting.js';

const MINUTE = 60_000;

/** Where the data comes from. */
export const REDIS_SETTINGS = {
  REDIS_URL: setting(
    'redis.url',
    'redis://localhost:6379',
    usable(text(), (url) => url === 'memory:' || parseRedisUrl(url)),
    'The data source: `redis://[user:password@]host:port[/db]`, `redis+sentinel://[user:password@]host:port,host:port/master[/db]` or `redis+cluster://[user:password@]host:port,host:port`, each with `rediss` for TLS, or `memory:` for the embedded source.',
  ),
  REDIS_SENTINEL_USER: setting(
    'redis.sentinelUser',
    '',
    text(),
    'User at the Sentinels, if they have users. Needs a password.',
  ),
  REDIS_SENTINEL_PASSWORD: setting(
    'redis.sentinelPassword',
    '',
    text(),
    'Password for the Sentinels themselves, if they need one. The password in `REDIS_URL` is for the master.',
  ),
  REDIS_PUBSUB: setting(
    'redis.pubSub',
    'plain',
    oneOf(['plain', 'sharded']),
    'How your publishers publish: `plain` with PUBLISH, or `sharded` with SPUBLISH (Redis 7 or newer), which spreads the load over the nodes of a Redis Cluster.',
  ),
  REDIS_TIMEOUT_MS: setting(
    'redis.timeoutMs',
    '5000',
    integer(100, 10 * MINUTE),
    'If nothing arrives from Redis for this time, a command that waits for its answer fails with `source_unavailable`. A long answer over a slow line may take longer.',
  ),
} as const;
