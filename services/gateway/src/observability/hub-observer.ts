import type { FailureDetails, HubObserver } from '../delivery/hub.js';
import type { ReportInternalError } from './errors.js';
import type { RateLimitedLogger } from './logger.js';
import type { GatewayMetrics } from './metrics.js';

/** Counts what the hub reports, and logs messages that are not JSON. */
export function observeHub(
  metrics: GatewayMetrics,
  logger: RateLimitedLogger,
  reportInternalError: ReportInternalError,
) {
  return {
    delivered: metrics.delivered.bind(metrics),
    unlocated: metrics.unlocated.bind(metrics),
    withheld(channel: string) {
      metrics.withheld();
      logger.warn(
        { channel },
        'withheld a message from sessions with an area because it is not GeoJSON (AREA_STRICT)',
      );
    },
    invalid(channel: string, error: unknown) {
      metrics.invalid();
      logger.warn({ channel, error: String(error) }, 'dropped a message that is not JSON');
    },
    failed(channel: string, error: unknown, details?: FailureDetails) {
      reportInternalError(error, { where: 'delivery', channel, ...details });
    },
  } satisfies HubObserver;
}
