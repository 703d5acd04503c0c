import type { Logger } from 'pino';
import type { Gateway } from '../gateway-options.js';
import { counter } from './metric.js';

/**
 * How long the process continues to serve after an uncaught error, at most, in ms: clients leave, and a scrape reads
 * the counter.
 */
const LONGEST_DRAIN_MS = 10_000;

/** Time that remains after that for closing, in ms, before the process exits anyway. */
const CLOSE_MS = 5_000;

/**
 * Ends the process with code 1 after an error that nothing caught, because its state is unknown. Clients are closed
 * as in a restart, so that they reconnect to other gateways one after the other.
 *
 * @param drainMs `DRAIN_MS` of the configuration; at most {@link LONGEST_DRAIN_MS} of it are used
 */
export function endOnUncaughtErrors(gateway: Gateway, logger: Logger, drainMs: number): void {
  const errors = counter(gateway.metrics, 'viaduct_uncaught_errors_total');
  const ended = (): void => logger.flush(() => process.exit(1));
  let ending = false;
  // Unhandled rejections arrive here, too.
  process.on('uncaughtException', (error, origin) => {
    errors.inc();
    if (ending) return;
    ending = true;
    logger.fatal({ err: error, origin }, 'uncaught error');
    setTimeout(ended, LONGEST_DRAIN_MS + CLOSE_MS);
    gateway.close({ drainMs: Math.min(drainMs, LONGEST_DRAIN_MS) }).then(ended, ended);
  });
}
