import { LEAVE_EVENTS } from '@viaduct/protocol';
import type { MetricSection } from '../metric-spec.js';

export const LIVE_METRICS = {
  viaduct_live_channels: {
    type: 'gauge',
    unit: 'channels',
    help: 'Channels whose features are held in memory for live views.',
  },
  viaduct_live_features: { type: 'gauge', unit: 'features', help: 'Features held in memory for live views.' },
  viaduct_live_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Approximate memory of the features held for live views, and of the text that is being read for them. MAX_LIVE_BYTES limits it.',
  },
  viaduct_live_view_changes_total: {
    type: 'counter',
    unit: 'changes',
    help: 'Changes of a live view that were answered from memory, such as pans.',
  },
  viaduct_live_leaves_total: {
    type: 'counter',
    unit: 'envelopes',
    help: 'Envelopes that told a client that a feature is no longer in its live view, by reason.',
    labels: { event: Object.keys(LEAVE_EVENTS) },
  },
  viaduct_live_reads_total: {
    type: 'counter',
    unit: 'reads',
    help: 'Reads of whole hashes for live views: for the first live view of a channel (start), after messages may have been missed (gap), after a keyspace notification (notify), or after many features have expired (expire).',
    labels: { reason: ['start', 'gap', 'notify', 'expire'] },
  },
} as const satisfies MetricSection;
