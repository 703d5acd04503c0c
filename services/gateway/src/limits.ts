import type { Config } from './config.js';
import { outboxLimits } from './outbox.js';
import type { SessionServices } from './services.js';

/** What one session may have and do, as the settings say. */
export function sessionLimits(config: Config): SessionServices['limits'] {
  return {
    ...outboxLimits(
      config.FLUSH_MS,
      { bytes: config.MAX_QUEUE_BYTES, messages: config.MAX_QUEUE_MESSAGES },
      { bytes: config.CONFLATE_BYTES, messages: config.CONFLATE_MESSAGES },
    ),
    maxSubscriptions: config.MAX_SUBSCRIPTIONS,
    maxPendingCommands: config.MAX_PENDING_COMMANDS,
  };
}
