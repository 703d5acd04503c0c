import { resolveCrs } from '@viaduct/geo-worker';
import { Accounts } from '../admission/accounts.js';
import { SharedRate } from '../admission/shared-rate.js';
import { Authenticator } from '../auth/authenticator.js';
import { type Config, ConfigError } from '../config/config.js';
import { QueueBudget } from '../delivery/queue-budget.js';
import { invalidValue } from '../observability/invalid-value.js';
import type { RateLimitedLogger } from '../observability/logger.js';
import type { HashReader } from '../state/hash-reader.js';
import type { ReadBudget } from '../state/read-budget.js';
import { RecoveryReader } from '../state/recoveries.js';
import { SnapshotReader } from '../state/snapshots.js';
import { ChannelViews } from './channel-views.js';
import { sessionLimits } from './limits.js';
import { publishLimits } from './publisher.js';
import type { SessionServices } from './services.js';
import { UsedRates } from './used-rates.js';

/** The parts of a gateway that exist before any session. */
type GatewayServices = Pick<
  SessionServices,
  | 'bigSnapshots'
  | 'flusher'
  | 'hooks'
  | 'hub'
  | 'live'
  | 'log'
  | 'metrics'
  | 'registry'
  | 'reportInternalError'
  | 'longWork'
  | 'source'
  | 'clientWork'
> & { readonly rateLimited: RateLimitedLogger; readonly budget: ReadBudget; readonly hashes: HashReader };

/**
 * Creates what all sessions share, from the settings.
 *
 * @throws ConfigError if a setting, or a combination of settings, is invalid
 */
export async function createSessionServices(
  config: Config,
  services: GatewayServices,
): Promise<SessionServices> {
  const { rateLimited, budget, hashes, ...shared } = services;
  const { source, metrics, hooks } = services;
  const { precisionMetres: metres, precisionDegrees: degrees } = config.delivery;
  const invalid = invalidValue(metrics, rateLimited);
  const queues = new QueueBudget(config.limits.maxTotalQueueBytes, () => metrics.queueEvicted());
  metrics.watchQueues(queues);
  const authenticator = new Authenticator(config, hooks, (error) =>
    rateLimited.warn({ error: String(error) }, 'cannot read the keys of tokens'),
  );
  const accounts = new Accounts(authenticator.keyAccounts);
  metrics.watchAccounts(accounts);
  const sharing = { stateSuffix: config.streamStateSuffix, shareMs: config.delivery.snapshotShareMs };
  return {
    ...shared,
    snapshots: new SnapshotReader(hashes, source.streams, sharing, invalid),
    recoveries: new RecoveryReader(source.streams, budget, config.limits.maxRecovery, invalid),
    channelViews: new ChannelViews(config.limits.maxViewsPerChannel),
    authenticator,
    accounts,
    queues,
    defaultCrs: await defaultCrs(config.delivery.defaultProjection),
    precision: { metres, degrees },
    publish: publishLimits(config),
    publishedBytes: publishedBytes(config),
    limits: sessionLimits(config),
    usedRates: new UsedRates(),
  };
}

function publishedBytes({ limits }: Config): SharedRate | null {
  const perSecond = limits.maxPublishedBytesPerSecond;
  return perSecond === 0 ? null : new SharedRate(perSecond, performance.now());
}

async function defaultCrs(name: string): Promise<SessionServices['defaultCrs']> {
  try {
    return await resolveCrs(name);
  } catch (error) {
    throw new ConfigError(`DEFAULT_PROJECTION: ${error instanceof Error ? error.message : String(error)}`);
  }
}
