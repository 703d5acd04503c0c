import type { HookRunner } from '../auth/hooks.js';
import type { TransportObserver } from '../transports/transport.js';
import type { GatewayMetrics } from './metrics.js';
import type { SessionLog } from './session-log.js';

/** Counts the events of transports, logs them if there is a log of sessions, and calls the `close` hook. */
export function observeTransports(
  metrics: GatewayMetrics,
  log: SessionLog | null,
  hooks: HookRunner,
): TransportObserver {
  if (log === null && !hooks.has('close')) return metrics;
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
    refused(transport, reason, address) {
      metrics.refused(transport, reason);
      log?.refused(transport, reason, address);
    },
    handshakeTimedOut: (stage) => metrics.handshakeTimedOut(stage),
  };
}
