import type { RedisCredentials } from '../sources/redis/url.js';

/** The settings that concern Redis. */
interface RedisSettings {
  readonly redis: {
    readonly url: string;
    readonly sentinelUser: string;
    readonly sentinelPassword: string;
    readonly pubSub: 'plain' | 'sharded';
  };
  readonly streams: readonly string[];
  readonly live: { readonly notify: readonly string[] };
}

/** Explains why the settings of Redis contradict each other, and how to fix that; null if they do not. */
export function redisProblem({ redis, streams, live }: RedisSettings): string | null {
  if (redis.sentinelUser !== '' && redis.sentinelPassword === '')
    return 'REDIS_SENTINEL_USER needs REDIS_SENTINEL_PASSWORD: set both or neither';
  if (redis.sentinelPassword !== '' && !/^rediss?\+sentinel:/iu.test(redis.url))
    return 'REDIS_SENTINEL_PASSWORD is set, but REDIS_URL names no Sentinels: use redis+sentinel://host:port,host:port/master, or unset it';
  if (streams.length > 0 && /^rediss?\+cluster:/iu.test(redis.url))
    return 'STREAMS is set, but REDIS_URL names a Redis Cluster, whose streams the gateway cannot follow: name one server or Sentinels, or unset it';
  if (live.notify.length > 0 && /^rediss?\+cluster:/iu.test(redis.url))
    return 'NOTIFY is set, but REDIS_URL names a Redis Cluster, whose notifications the gateway cannot follow: name one server or Sentinels, or unset it';
  if (live.notify.length > 0 && redis.pubSub === 'sharded')
    return 'NOTIFY is set, but Redis does not notify sharded subscribers: set REDIS_PUBSUB=plain, or unset it';
  return null;
}

/** Credentials for the Sentinels; empty if there are none. */
export function sentinelCredentials({
  redis: { sentinelUser: username, sentinelPassword: password },
}: Pick<RedisSettings, 'redis'>): RedisCredentials {
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
}
