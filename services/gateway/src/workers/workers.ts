import { GeoPool, type GeoPoolObserver } from '@viaduct/geo-worker';
import type { Registry } from 'prom-client';
import type { Config } from '../config/config.js';
import type { RateLimitedLogger } from '../observability/logger.js';
import { WorkerMetrics } from '../observability/worker-metrics.js';
import type { LongWork } from '../state/long-work.js';
import type { BigDeliveryObserver } from './big-delivery.js';
import { BigMessages } from './big-messages.js';
import { BigSnapshots } from './big-snapshots.js';
import { ReadTurns } from './read-turns.js';

/** The worker pool and what uses it. */
export interface Workers {
  readonly pool: GeoPool;
  readonly bigMessages: BigMessages;
  readonly bigSnapshots: BigSnapshots;
  close(): Promise<void>;
}

/** The parts of the gateway that workers use. */
export interface WorkerServices {
  longWork: LongWork;
  registry: Registry;
  logger: RateLimitedLogger;
  observer: BigDeliveryObserver;
}

/** Makes the pool that the settings ask for; null if they ask for none. Its threads start with the first work. */
export function createWorkers(config: Config, services: WorkerServices): Workers | null {
  const { longWork, registry, logger, observer } = services;
  const metrics = new WorkerMetrics(registry);
  if (config.workers.threads === 0) {
    metrics.watch(null, null, null);
    return null;
  }
  const poolObserver: GeoPoolObserver = {
    done: (kind, ms) => metrics.done(kind, ms),
    failed(kind, failure, again, error) {
      metrics.failed(failure, again);
      logger.warn({ kind, failure, again, error: String(error) }, 'replaced a worker thread');
    },
  };
  const { threads, timeoutMs } = config.workers;
  const pool = new GeoPool({ threads, timeoutMs, observer: poolObserver });
  const bigMessages = new BigMessages(
    pool,
    longWork,
    {
      ...observer,
      dropped(channel, reason, error) {
        metrics.dropped(reason);
        logger.warn(
          { channel, reason, error: String(error) },
          'dropped a message instead of handing it to workers',
        );
      },
    },
    {
      minBytes: config.workers.minBytes,
      maxBytes: config.workers.queueBytes,
      maxMessages: config.workers.queueMessages,
      idProperty: config.delivery.featureIdProperty,
    },
  );
  const turns = new ReadTurns(pool, () => metrics.readRefused());
  metrics.watch(pool, bigMessages, turns);
  const close = async (): Promise<void> => {
    bigMessages.close();
    await pool.close();
  };
  const bigSnapshots = new BigSnapshots(turns, {
    minBytes: config.workers.minBytes,
    minHashBytes: config.workers.minHashBytes,
  });
  return { pool, bigMessages, bigSnapshots, close };
}
