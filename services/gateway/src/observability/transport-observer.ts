import type { TransportObserver } from '../transports/transport.js';
import type { GatewayMetrics } from './metrics.js';
import type { SessionLog } from './session-log.js';

/** Counts what transports report, and logs it if there is a log of sessions. */
export function observeTransports(metrics: GatewayMetrics, log: SessionLog | null): TransportObserver {
  if (log === null) return metrics;
  return {
    opened(connection) {
      metrics.opened(connection);
      log.opened(connection.session);
    },
    closed(connection, code) {
      metrics.closed(connection, code);
      log.closed(connection.session, code);
    },
    refused(transport, reason, address) {
      metrics.refused(transport, reason);
      log.refused(transport, reason, address);
    },
    handshakeTimedOut: (stage) => metrics.handshakeTimedOut(stage),
  };
}
