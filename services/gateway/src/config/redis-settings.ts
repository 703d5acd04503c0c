import type { RedisCredentials } from '../sources/redis/url.js';
import type { Config } from './config.js';

type SentinelSettings = Pick<Config, 'REDIS_URL' | 'REDIS_SENTINEL_USER' | 'REDIS_SENTINEL_PASSWORD'>;

/** Why the settings of Redis do not go together, with the variable and the remedy; null where they do. */
export function redisProblem({
  REDIS_URL,
  STREAMS,
  REDIS_SENTINEL_USER,
  REDIS_SENTINEL_PASSWORD,
}: SentinelSettings & Pick<Config, 'STREAMS'>): string | null {
  if (REDIS_SENTINEL_USER !== '' && REDIS_SENTINEL_PASSWORD === '')
    return 'REDIS_SENTINEL_USER is of use only with REDIS_SENTINEL_PASSWORD: set both or neither';
  if (REDIS_SENTINEL_PASSWORD !== '' && !/^rediss?\+sentinel:/iu.test(REDIS_URL))
    return 'REDIS_SENTINEL_PASSWORD is set but REDIS_URL names no Sentinels: use redis+sentinel://host:port,host:port/master, or unset it';
  if (STREAMS.length > 0 && /^rediss?\+cluster:/iu.test(REDIS_URL))
    return 'STREAMS is set but REDIS_URL names a Redis Cluster, whose streams are not tailed: name one server or Sentinels, or unset it';
  return null;
}

/** Credentials for the Sentinels; empty where there are none. */
export function sentinelCredentials({
  REDIS_SENTINEL_USER: username,
  REDIS_SENTINEL_PASSWORD: password,
}: SentinelSettings): RedisCredentials {
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
}
