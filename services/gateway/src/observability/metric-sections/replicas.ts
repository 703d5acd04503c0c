import type { MetricSection } from '../metric-spec.js';

export const REPLICA_METRICS = {
  viaduct_replicas_connected: {
    type: 'gauge',
    unit: '0 or 1',
    help: '1 while this replica can reach the others.',
  },
  viaduct_admin_requests_total: {
    type: 'counter',
    unit: 'requests',
    help: 'Requests to the admin API.',
    labels: {
      route: ['replicas', 'sessions', 'session', 'disconnect', 'notice', 'channels', 'busiest', 'unknown'],
      outcome: ['ok', 'incomplete', 'invalid', 'unauthorized', 'throttled', 'not_found', 'failed'],
    },
  },
} as const satisfies MetricSection;
