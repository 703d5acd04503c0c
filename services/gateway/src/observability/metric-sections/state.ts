import { UNRECOVERED } from '@viaduct/protocol';
import type { MetricSection } from '../metric-spec.js';

export const STATE_METRICS = {
  viaduct_snapshots_sent_total: {
    type: 'counter',
    unit: 'snapshots',
    help: 'Snapshots sent to subscribers, because the client asked (subscribed), messages may be missing (gap), or a live view has other coordinates (projection).',
    labels: { reason: ['subscribed', 'gap', 'projection', 'view'] },
  },
  viaduct_recoveries_total: {
    type: 'counter',
    unit: 'subscriptions',
    help: 'Subscriptions that asked for the entries of a stream after an id: recovered, or why not.',
    labels: { outcome: ['recovered', ...Object.keys(UNRECOVERED)] },
  },
  viaduct_read_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Memory of what is read for clients, as it is stored, until they have received it. MAX_READ_BYTES limits it.',
  },
  viaduct_reads_waiting: {
    type: 'gauge',
    unit: 'reads',
    help: 'Reads that wait until there is memory for them.',
  },
  viaduct_read_evictions_total: {
    type: 'counter',
    unit: 'sessions',
    help: 'Sessions that were closed with 4001 because they received too slowly what had been read for them, while other reads waited for the memory.',
  },
  viaduct_gap_notices_total: {
    type: 'counter',
    unit: 'notices',
    help: 'Notices to sessions that messages of their channels may be missing.',
  },
  viaduct_stream_losses_total: {
    type: 'counter',
    unit: 'losses',
    help: 'Losses of entries of a stream before the gateway could read them: it was trimmed, or recreated (unknown_id).',
    labels: { reason: ['trimmed', 'unknown_id'] },
  },
} as const satisfies MetricSection;
