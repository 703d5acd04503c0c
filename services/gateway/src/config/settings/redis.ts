import { MEMORY_URL } from '../../sources/memory-url.js';
import { parseRedisUrl } from '../../sources/redis/url.js';
import { integer, oneOf, secret, setting, text, usable } from '../setting.js';

const MINUTE = 60_000;

/** Where the data comes from. */
export const REDIS_SETTINGS = {
  REDIS_URL: secret(
    setting(
      'redis.url',
      'redis://localhost:6379',
      usable(text(), (url) => url === MEMORY_URL || parseRedisUrl(url)),
      'The data source: `redis://[user:password@]host:port[/db]`, `redis+sentinel://[user:password@]host:port,host:port/master[/db]` or `redis+cluster://[user:password@]host:port,host:port`, each with `rediss` for TLS, or `memory:` for the embedded source.',
    ),
  ),
  REDIS_SENTINEL_USER: setting(
    'redis.sentinelUser',
    '',
    text(),
    'User name for the Sentinels, if they require one. Needs a password.',
  ),
  REDIS_SENTINEL_PASSWORD: secret(
    setting(
      'redis.sentinelPassword',
      '',
      text(),
      'Password for the Sentinels themselves, if they need one. The password in `REDIS_URL` is for the master.',
    ),
  ),
  REDIS_TLS_CA_FILE: setting(
    'redis.tlsCaFile',
    '',
    text(),
    'Path of a PEM file with the certificates of the authorities to trust for `rediss`, in place of the public ones.',
  ),
  REDIS_TLS_CERT_FILE: setting(
    'redis.tlsCertFile',
    '',
    text(),
    "Path of a PEM file with the gateway's own certificate, if Redis asks for one, as it does by default (`tls-auth-clients`). Needs a key. The files are read for each connection, so they can be renewed.",
  ),
  REDIS_TLS_KEY_FILE: setting(
    'redis.tlsKeyFile',
    '',
    text(),
    'Path of a PEM file with the private key of that certificate.',
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
    'If nothing arrives from Redis for this time, a command that waits for its answer fails with `source_unavailable`. A long answer over a slow connection may take longer.',
  ),
} as const;
