export { findRedisServer } from './find.js';
export { type LocalCluster, type LocalClusterOptions, startLocalCluster } from './local-cluster.js';
export { type LocalRedis, type LocalRedisOptions, startLocalRedis } from './local-redis.js';
export { type LocalSentinels, type LocalSentinelsOptions, startLocalSentinels } from './local-sentinels.js';
