import { MemorySource } from './memory/source.js';
import { MemoryStreams } from './memory/streams.js';
import { MEMORY_URL } from './memory-url.js';
import { DEFAULT_COMMAND_TIMEOUT_MS, RedisSource, type RedisSourceOptions } from './redis/source.js';
import { RedisStreams } from './redis/streams.js';
import { parseRedisUrl } from './redis/url.js';
import type { Source } from './source.js';
import { StreamedSource } from './streamed.js';

export { type Source, SourceError, type SourceLogger } from './source.js';

export interface CreateSourceOptions extends Omit<RedisSourceOptions, 'url'> {
  /** URL of a Redis (see `RedisSourceOptions.url`), or `memory:` for an empty source in this process. */
  redisUrl: string;
  /** Which channels are streams; null if none is. */
  isStream?: ((channel: string) => boolean) | null;
}

/**
 * Makes the source that the configuration names; it is not started yet.
 *
 * @throws Error with the remedy for any other URL
 */
export function createSource({ redisUrl, isStream = null, ...options }: CreateSourceOptions): Source {
  const inMemory = redisUrl === MEMORY_URL;
  const source = inMemory ? new MemorySource() : new RedisSource({ url: redisUrl, ...options });
  if (isStream === null) return source;
  const { logger, commandTimeoutMs = DEFAULT_COMMAND_TIMEOUT_MS } = options;
  const streams = inMemory
    ? new MemoryStreams()
    : new RedisStreams({ address: parseRedisUrl(redisUrl, options.access), logger, commandTimeoutMs });
  return new StreamedSource(source, streams, isStream);
}
