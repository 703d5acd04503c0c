import type { MetricSection } from '../metric-spec.js';

/** The label `key`: never the subject of a token, because there may be any number of subjects. */
const KEY = 'name of the API key; empty for all tokens together';

const ACCOUNT_LIMITS = ['connections', 'subscriptions', 'bytesPerSecond'] as const;

export const ACCOUNT_METRICS = {
  viaduct_account_connections: {
    type: 'gauge',
    unit: 'connections',
    help: 'Open connections of API keys and tokens with `limits`.',
    labels: { key: KEY },
  },
  viaduct_account_subscriptions: {
    type: 'gauge',
    unit: 'subscriptions',
    help: 'Subscriptions of API keys and tokens with `limits`.',
    labels: { key: KEY },
  },
  viaduct_account_sent_bytes_total: {
    type: 'counter',
    unit: 'bytes',
    help: 'Messages that were written to connections of API keys and tokens with `limits`, as UTF-8, and answers of the HTTP API to them.',
    labels: { key: KEY },
  },
  viaduct_account_limited_total: {
    type: 'counter',
    unit: 'events',
    help: 'How often a limit refused a connection, a subscription or a request to the HTTP API, or made the queue of a session wait (bytesPerSecond).',
    labels: { key: KEY, limit: ACCOUNT_LIMITS },
  },
  viaduct_account_limit: {
    type: 'gauge',
    unit: 'connections, subscriptions, or bytes per second',
    help: 'The limits of API keys on this gateway. A limit that a key does not have is left out.',
    labels: { key: 'name of the API key', limit: ACCOUNT_LIMITS },
  },
} as const satisfies MetricSection;
