import type { Crs } from '@viaduct/geo-worker';
import type { CloseReason } from '@viaduct/protocol';
import type { Authenticator } from './access/authenticator.js';
import type { BigSnapshots } from './big-snapshots.js';
import type { CommandRegistry } from './command.js';
import type { DefectLog } from './errors.js';
import type { Flusher } from './flusher.js';
import type { Hub } from './hub.js';
import type { GatewayMetrics } from './metrics.js';
import type { OutboxLimits, Writer } from './outbox.js';
import type { PublishLimits } from './publisher.js';
import type { RecoveryReader } from './recoveries.js';
import type { SnapshotReader } from './snapshots.js';
import type { Source } from './sources/source.js';
import type { Turns } from './turns.js';
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
export interface SessionServices {
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
  readonly turns: Turns;
  readonly defects: DefectLog;
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
