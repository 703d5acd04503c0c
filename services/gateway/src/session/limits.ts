import type { Config } from '../config/config.js';
import { outboxLimits } from '../delivery/outbox-limits.js';
import type { SessionServices } from './services.js';

/** The limits of one session, from the settings. */
export function sessionLimits(config: Config): SessionServices['limits'] {
  return {
    ...outboxLimits(
      config.delivery.flushMs,
      { bytes: config.limits.maxQueueBytes, messages: config.limits.maxQueueMessages },
      { bytes: config.delivery.conflateBytes, messages: config.delivery.conflateMessages },
    ),
    maxSubscriptions: config.limits.maxSubscriptions,
    maxChannels: config.limits.maxChannels,
    maxPendingCommands: config.limits.maxPendingCommands,
    commandsPerSecond: config.limits.commandsPerSecond,
    viewChangesPerSecond: config.limits.viewChangesPerSecond,
    publishesPerSecond: config.limits.maxPublishesPerSecond,
  };
}
