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
      config.delivery.flushMs,
      { bytes: config.limits.maxQueueBytes, messages: config.limits.maxQueueMessages },
      { bytes: config.delivery.conflateBytes, messages: config.delivery.conflateMessages },
    ),
    maxSubscriptions: config.limits.maxSubscriptions,
    maxPendingCommands: config.limits.maxPendingCommands,
    commandsPerSecond: config.limits.commandsPerSecond,
    viewChangesPerSecond: config.limits.viewChangesPerSecond,
  };
}

/**
 * Who is let in.
 *
 * @param general what stands against any connection at the moment
 */
export function createAdmission(config: Config, general: () => Refusal | null): Admission {
  return new Admission(createAddressReader(config.limits.trustedProxies), general, {
    perAddress: config.limits.maxConnectionsPerAddress,
    perSecond: config.limits.connectionsPerSecond,
    perSecondPerAddress: config.limits.connectionsPerSecondPerAddress,
  });
}

/** How large snapshots may be, and how long they live. */
export function snapshotLimits(config: Config): SnapshotLimits {
  return {
    shareMs: config.delivery.snapshotShareMs,
    maxValues: config.limits.maxSnapshotValues,
    maxBytes: config.limits.maxSnapshotBytes,
    maxHeldBytes: config.limits.maxHeldSnapshotBytes,
  };
}
