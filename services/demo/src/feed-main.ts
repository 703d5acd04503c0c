// Only the feed, for a Redis that several gateways share: `REDIS_URL=redis://... node
// services/demo/dist/feed-main.js`.
import { pino } from 'pino';
import { feedOptions } from './feed-options.js';
import { startRedisFeed } from './redis-feed.js';
import { onStopSignal } from './stop-signals.js';

const logger = pino({ level: process.env.LOG_LEVEL ?? 'info' });
const url = process.env.REDIS_URL ?? 'redis://localhost:6379';

let stop = async (): Promise<void> => undefined;
onStopSignal(() => stop());

try {
  const options = feedOptions(process.env);
  const feed = await startRedisFeed(url, options, (error) => logger.warn({ err: error }, 'feed interrupted'));
  stop = feed.stop;
  logger.info(options, 'feed running');
} catch (error) {
  logger.fatal({ err: error }, 'feed could not start');
  process.exit(1);
}
