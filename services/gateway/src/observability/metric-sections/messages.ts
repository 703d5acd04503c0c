import { DELAY_BUCKETS, type MetricSection, TRANSPORTS } from '../metric-spec.js';

export const MESSAGE_METRICS = {
  viaduct_messages_total: {
    type: 'counter',
    unit: 'messages',
    help: 'Messages from the source for channels with at least one session.',
  },
  viaduct_invalid_messages_total: {
    type: 'counter',
    unit: 'messages or values',
    help: 'Messages (channel) and hash values (hash) that are not JSON in UTF-8. They are dropped.',
    labels: { where: ['channel', 'hash'] },
  },
  viaduct_area_withheld_total: {
    type: 'counter',
    unit: 'messages or values',
    help: 'Messages (channel) and hash values (hash) that are not valid GeoJSON, and were therefore not sent to sessions with an area: see AREA_STRICT. A message counts once for all sessions that would have received the same bytes.',
    labels: { where: ['channel', 'hash'] },
  },
  viaduct_deliveries_total: {
    type: 'counter',
    unit: 'envelopes',
    help: 'Envelopes written to connections: messages and answers.',
    labels: { transport: TRANSPORTS },
  },
  viaduct_sent_bytes_total: {
    type: 'counter',
    unit: 'bytes',
    help: 'Size of these envelopes as JSON in UTF-8, before buffering, framing and compression.',
    labels: { transport: TRANSPORTS },
  },
  viaduct_delivery_delay_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from the arrival of a message until it is written. Measured for the oldest message of each distinct write, however many connections receive it.',
    buckets: DELAY_BUCKETS,
  },
  viaduct_filtered_total: {
    type: 'counter',
    unit: 'deliveries',
    help: 'Messages that a subscribed session did not receive because of its box, its area, a filter or RESET.',
  },
  viaduct_conflated_messages_total: {
    type: 'counter',
    unit: 'messages',
    help: 'Queued messages for slow clients that were replaced by a newer one about the same feature.',
  },
  viaduct_sessions_conflating: {
    type: 'gauge',
    unit: 'sessions',
    help: 'Sessions of clients that are so slow that only the newest message of each feature is queued for them.',
  },
  viaduct_slow_queue_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Messages that wait for clients whose connections accept no more data; each counts once. MAX_TOTAL_QUEUE_BYTES limits them.',
  },
  viaduct_queue_evictions_total: {
    type: 'counter',
    unit: 'sessions',
    help: 'Sessions closed with 4001 because the queues of all slow clients together passed MAX_TOTAL_QUEUE_BYTES.',
  },
  viaduct_queue_overflows_total: {
    type: 'counter',
    unit: 'sessions',
    help: 'Sessions closed as slow consumers: their queue passed its limit, or the memory for long answers was short.',
  },
  viaduct_unlocated_features_total: {
    type: 'counter',
    unit: 'features',
    help: 'Features sent without geometry because they do not exist in the CRS of an audience.',
  },
  viaduct_audiences: {
    type: 'gauge',
    unit: 'audiences',
    help: 'Audiences: sessions of one channel that receive the same bytes.',
  },
} as const satisfies MetricSection;
