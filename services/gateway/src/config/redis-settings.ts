import { MEMORY_URL } from '../sources/memory-url.js';
import { requireTlsFiles, type TlsFiles } from '../sources/redis/tls.js';
import { parseRedisUrl, type RedisAccessOptions, type RedisAddress } from '../sources/redis/url.js';

/** The settings that concern Redis. */
interface RedisSettings {
  readonly redis: {
    readonly url: string;
    readonly sentinelUser: string;
    readonly sentinelPassword: string;
    readonly pubSub: 'plain' | 'sharded';
    readonly tlsCaFile: string;
    readonly tlsCertFile: string;
    readonly tlsKeyFile: string;
  };
  readonly streams: readonly string[];
  readonly live: { readonly notify: readonly string[] };
}

/** Explains why the settings of Redis contradict each other, and how to fix that; null if they do not. */
export function redisProblem({ redis, streams, live }: RedisSettings): string | null {
  if (redis.sentinelUser !== '' && redis.sentinelPassword === '')
    return 'REDIS_SENTINEL_USER needs REDIS_SENTINEL_PASSWORD: set both or neither';
  if (redis.sentinelPassword !== '' && addressIn(redis.url)?.kind !== 'sentinel')
    return 'REDIS_SENTINEL_PASSWORD is set, but REDIS_URL names no Sentinels: use redis+sentinel://host:port,host:port/master, or unset it';
  if (streams.length > 0 && isCluster(redis.url))
    return 'STREAMS is set, but REDIS_URL names a Redis Cluster, whose streams the gateway cannot follow: name one server or Sentinels, or unset it';
  if (live.notify.length > 0 && isCluster(redis.url))
    return 'NOTIFY is set, but REDIS_URL names a Redis Cluster, whose notifications the gateway cannot follow: name one server or Sentinels, or unset it';
  if (live.notify.length > 0 && redis.pubSub === 'sharded')
    return 'NOTIFY is set, but Redis does not notify sharded subscribers: set REDIS_PUBSUB=plain, or unset it';
  return tlsProblem(redis);
}

/** Whether a valid REDIS_URL names a Redis Cluster. */
export function isCluster(url: string): boolean {
  return addressIn(url)?.kind === 'cluster';
}

/** What a valid REDIS_URL names; null for no Redis. */
function addressIn(url: string): RedisAddress | null {
  return url === MEMORY_URL ? null : parseRedisUrl(url);
}

/** The settings of Redis that its URL cannot contain. */
export function redisAccess({ redis }: Pick<RedisSettings, 'redis'>): RedisAccessOptions {
  const { sentinelUser: username, sentinelPassword: password } = redis;
  return {
    sentinel: { ...(username !== '' && { username }), ...(password !== '' && { password }) },
    tls: tlsFiles(redis),
  };
}

function tlsFiles({ tlsCaFile, tlsCertFile, tlsKeyFile }: RedisSettings['redis']): TlsFiles {
  return {
    ...(tlsCaFile !== '' && { caFile: tlsCaFile }),
    ...(tlsCertFile !== '' && { certFile: tlsCertFile }),
    ...(tlsKeyFile !== '' && { keyFile: tlsKeyFile }),
  };
}

function tlsProblem(redis: RedisSettings['redis']): string | null {
  const files = tlsFiles(redis);
  const names = Object.keys(files).map((member) => TLS_VARIABLES[member as keyof TlsFiles]);
  if (names.length === 0) return null;
  const given = names.join(', ');
  if ((addressIn(redis.url)?.tls ?? null) === null)
    return `${given} cannot be used: REDIS_URL does not begin with rediss, which stands for TLS; write rediss, or unset it`;
  if ((files.certFile === undefined) !== (files.keyFile === undefined))
    return 'REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE belong together: set both or neither';
  try {
    requireTlsFiles(files);
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `${given} cannot be used (${why}): name PEM files that this process can read, and a key that belongs to the certificate`;
  }
}

const TLS_VARIABLES = {
  caFile: 'REDIS_TLS_CA_FILE',
  certFile: 'REDIS_TLS_CERT_FILE',
  keyFile: 'REDIS_TLS_KEY_FILE',
} as const;
