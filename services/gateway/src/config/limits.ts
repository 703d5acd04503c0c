import { Admission, type Refusal } from '../admission/admission.js';
import { createAddressReader } from '../admission/client-address.js';
import { outboxLimits } from '../delivery/outbox.js';
import type { SessionDeps } from '../session/deps.js';
import type { SnapshotLimits } from '../state/snapshots.js';
import type { Config } from './config.js';

/** What one session may have and do, as the settings say. */
export function sessionLimits(config: Config): SessionDeps['limits'] {
  return {
    ...outboxLimits(
      config.FLUSH_MS,
      { bytes: config.MAX_QUEUE_BYTES, messages: config.MAX_QUEUE_MESSAGES },
      { bytes: config.CONFLATE_BYTES, messages: config.CONFLATE_MESSAGES },
    ),
    maxSubscriptions: config.MAX_SUBSCRIPTIONS,
    maxPendingCommands: config.MAX_PENDING_COMMANDS,
    commandsPerSecond: config.COMMANDS_PER_SECOND,
    viewChangesPerSecond: config.VIEW_CHANGES_PER_SECOND,
  };
}

/**
 * Who is let in.
 *
 * @param general what stands against any connection at the moment
 */
export function createAdmission(config: Config, general: () => Refusal | null): Admission {
  return new Admission(createAddressReader(config.TRUSTED_PROXIES), general, {
    perAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
    perSecond: config.CONNECTIONS_PER_SECOND,
    perSecondPerAddress: config.CONNECTIONS_PER_SECOND_PER_ADDRESS,
  });
}

/** How large snapshots may be, and how long they live. */
export function snapshotLimits(config: Config): SnapshotLimits {
  return {
    shareMs: config.SNAPSHOT_SHARE_MS,
    maxValues: config.MAX_SNAPSHOT_VALUES,
    maxBytes: config.MAX_SNAPSHOT_BYTES,
    maxHeldBytes: config.MAX_HELD_SNAPSHOT_BYTES,
  };
}
