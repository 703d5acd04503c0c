export { type Demo, PAGE_DIR, startDemo } from './demo.js';
export { FEED_CHANNEL, FEED_CHANNELS, FEED_FIELD, Feed, type FeedReport } from './feed.js';
export { type FeedOptions, FeedOptionsError, feedOptions } from './feed-options.js';
export { type RedisFeed, startRedisFeed } from './redis-feed.js';
export { MemorySink, RedisSink, type Sink } from './sink.js';
export type { VehicleFeature } from './vehicle.js';
