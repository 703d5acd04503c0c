import type { RateLimitedLogger } from './logger.js';
import type { GatewayMetrics } from './metrics.js';

/** Counts and logs values that are not JSON. */
export function invalidValue(
  metrics: GatewayMetrics,
  logger: RateLimitedLogger,
): (key: string, error: unknown) => void {
  return (key, error) => {
    metrics.invalidValue();
    logger.warn({ key, error: String(error) }, 'left out a value that is not JSON');
  };
}
