import type { Crs } from '@viaduct/geo-worker';
import type { CloseReason } from '@viaduct/protocol';
import type { Authenticator } from '../auth/authenticator.js';
import type { CommandRegistry } from '../commands/command.js';
import type { Flusher } from '../delivery/flusher.js';
import type { Hub } from '../delivery/hub.js';
import type { OutboxLimits, Writer } from '../delivery/outbox.js';
import type { ReportInternalError } from '../observability/errors.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import type { Source } from '../sources/source.js';
import type { FairScheduler } from '../state/fair-scheduler.js';
import type { RecoveryReader } from '../state/recoveries.js';
import type { SnapshotReader } from '../state/snapshots.js';
import type { BigSnapshots } from '../workers/big-snapshots.js';
import type { PublishLimits } from './publisher.js';
import type { Precision } from './view.js';

/** A connected client as a transport presents it. */
export interface Connection extends Writer {
  readonly transport: 'raw' | 'socket.io';
  /** IP address of the other end, which may be a proxy's; null where it is not known any more. */
  readonly address: string | null;
  /** Ends the connection with the code of that reason. */
  close(reason: CloseReason): void;
  /** Asks the connection to bring no more commands for now, or to go on; not every transport can. */
  pauseReading(paused: boolean): void;
}

/** What all sessions of a gateway share. */
export interface SessionDeps {
  readonly hub: Hub;
  readonly source: Source;
  readonly snapshots: SnapshotReader;
  readonly recoveries: RecoveryReader;
  /** Null where the main thread does all. */
  readonly bigSnapshots: BigSnapshots | null;
  readonly registry: CommandRegistry;
  readonly authenticator: Authenticator;
  readonly metrics: GatewayMetrics;
  readonly flusher: Flusher;
  readonly scheduler: FairScheduler;
  readonly reportInternalError: ReportInternalError;
  /** In which a new session is sent features. */
  readonly defaultCrs: Crs;
  readonly precision: Precision;
  readonly publish: PublishLimits;
  readonly limits: OutboxLimits & {
    /** Subscriptions of one session. */
    maxSubscriptions: number;
    /** Commands of one session that wait for earlier ones. */
    maxPendingCommands: number;
    /** Commands of one session in a second; 0 for any number. */
    commandsPerSecond: number;
    /** Changes of the box or projection of one session in a second; 0 for any number. */
    viewChangesPerSecond: number;
  };
}
