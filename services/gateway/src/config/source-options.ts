import { createAllowlist } from '../auth/allowlist.js';
import type { CreateSourceOptions, SourceLogger } from '../sources/index.js';
import type { Config } from './config.js';
import { redisAccess } from './redis-settings.js';

/** The options of the data source that the settings name. */
export function sourceOptions(config: Config, logger: SourceLogger): CreateSourceOptions {
  return {
    redisUrl: config.redis.url,
    access: redisAccess(config),
    pubSub: config.redis.pubSub,
    commandTimeoutMs: config.redis.timeoutMs,
    logger,
    isStream: config.streams.length === 0 ? null : createAllowlist(config.streams),
  };
}
