import type { Config } from '../config/config.js';
import { outboxLimits } from '../delivery/outbox.js';
import type { SnapshotLimits } from '../state/snapshots.js';
import type { SessionDeps } from './deps.js';

/** The limits of one session, from the settings. */
export function sessionLimits(config: Config): SessionDeps['limits'] {
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
  };
}

/** The limits of size and age of snapshots, from the settings. */
export function snapshotLimits(config: Config): SnapshotLimits {
  return {
    shareMs: config.delivery.snapshotShareMs,
    maxValues: config.limits.maxSnapshotValues,
    maxBytes: config.limits.maxSnapshotBytes,
    maxHeldBytes: config.limits.maxHeldSnapshotBytes,
  };
}
