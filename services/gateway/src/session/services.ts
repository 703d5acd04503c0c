import type { Crs } from '@viaduct/geo-worker';
import type { Accounts } from '../admission/accounts.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { HookRunner } from '../auth/hooks.js';
import type { CommandServices } from '../commands/command-services.js';
import type { RateLimits } from '../commands/session-rates.js';
import type { Flusher } from '../delivery/flusher.js';
import type { Hub } from '../delivery/hub.js';
import type { OutboxLimits } from '../delivery/outbox-limits.js';
import type { QueueBudget } from '../delivery/queue-budget.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import type { Source } from '../sources/source.js';
import type { LiveChannels } from '../state/live/live-channels.js';
import type { LongWork } from '../state/long-work.js';
import type { RecoveryReader } from '../state/recoveries.js';
import type { ValueReaders } from '../state/snapshot-writer.js';
import type { SnapshotReader } from '../state/snapshots.js';
import type { ChannelViews } from './channel-views.js';
import type { PublisherServices } from './publisher.js';
import type { UsedRates } from './used-rates.js';
import type { Precision } from './view.js';

/** What all sessions of a gateway share. */
export interface SessionServices
  extends CommandServices,
    Pick<PublisherServices, 'publish' | 'publishedBytes'> {
  readonly hub: Hub;
  readonly source: Source;
  readonly snapshots: SnapshotReader;
  readonly live: LiveChannels;
  readonly recoveries: RecoveryReader;
  readonly channelViews: ChannelViews;
  /** Reads large snapshots; null if the main thread does everything. */
  readonly bigSnapshots: ValueReaders | null;
  readonly authenticator: Authenticator;
  readonly accounts: Accounts;
  readonly hooks: HookRunner;
  readonly metrics: GatewayMetrics;
  readonly flusher: Flusher;
  readonly queues: QueueBudget;
  readonly longWork: LongWork;
  /** The projection of new sessions. */
  readonly defaultCrs: Crs;
  readonly precision: Precision;
  readonly usedRates: UsedRates;
  readonly limits: OutboxLimits &
    CommandServices['limits'] &
    RateLimits & {
      /** The most subscriptions of one session. */
      readonly maxSubscriptions: number;
      /** The most channels of all sessions together. */
      readonly maxChannels: number;
    };
}
