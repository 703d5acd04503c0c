import { MemorySource } from './memory.js';
import { RedisSource, type RedisSourceOptions } from './redis.js';
import type { Source } from './source.js';

export { MemorySource } from './memory.js';
export { type PubSub, RedisSource, type RedisSourceOptions } from './redis.js';
export {
  type Source,
  SourceError,
  type SourceErrorCode,
  type SourceEvents,
  type SourceLogger,
} from './source.js';

export interface CreateSourceOptions extends Omit<RedisSourceOptions, 'url'> {
  /** URL of a Redis (see `RedisSourceOptions.url`), or `memory:` for an empty source in this process. */
  redisUrl: string;
}

/**
 * Makes the source that the configuration names; it is not started yet.
 *
 * @throws Error with the remedy for any other URL
 */
export function createSource({ redisUrl, ...options }: CreateSourceOptions): Source {
  return redisUrl === 'memory:' ? new MemorySource() : new RedisSource({ url: redisUrl, ...options });
}
