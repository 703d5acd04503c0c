import type { HookRunner } from '../auth/hooks.js';
import type { TransportObserver } from '../transports/transport.js';
import type { RateLimitedLogger } from './logger.js';
import type { GatewayMetrics } from './metrics.js';
import type { SessionLog } from './session-log.js';

/** Longer than any origin of a page; programs may send any text. */
const MAX_ORIGIN_LENGTH = 200;

/** Counts the events of transports, logs them if there is a log of sessions, and calls the `close` hook. */
export function observeTransports(
  metrics: GatewayMetrics,
  log: SessionLog | null,
  hooks: HookRunner,
  rateLimited: RateLimitedLogger,
): TransportObserver {
  return {
    opened(connection) {
      metrics.opened(connection);
      log?.opened(connection.session);
    },
    closed(connection, code) {
      metrics.closed(connection, code);
      log?.closed(connection.session, code);
      if (hooks.has('close')) void hooks.close(connection.session.context.client, code);
    },
    refused(transport, reason, address, origin) {
      metrics.refused(transport, reason);
      if (origin !== undefined) {
        const fields = { origin: origin.slice(0, MAX_ORIGIN_LENGTH), address };
        rateLimited.warn(fields, 'refused a page of this origin; if it is yours, add it to ALLOWED_ORIGINS');
      }
      log?.refused(transport, reason, address);
    },
    handshakeTimedOut: (stage) => metrics.handshakeTimedOut(stage),
  };
}
