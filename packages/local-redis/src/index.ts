export { findRedisServer } from './find.js';
export { type LocalRedis, type LocalRedisOptions, startLocalRedis } from './local-redis.js';
