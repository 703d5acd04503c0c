import { SOURCE_CONNECTIONS } from '../../sources/source.js';
import { DELAY_BUCKETS, type MetricSection } from '../metric-spec.js';

/** The label `channel`: never a name that clients choose. */
const WATCHED = 'name in `WATCH_CHANNELS`';

/** Ranks among the busiest channels. They are labels in place of names, which clients choose where `CHANNELS` has globs. */
export const RANKS = ['1', '2', '3', '4', '5'] as const;

export const SOURCE_METRICS = {
  viaduct_source_ready: {
    type: 'gauge',
    unit: '0 or 1',
    help: '1 while the source answers and all subscriptions are in place.',
  },
  viaduct_channels: { type: 'gauge', unit: 'channels', help: 'Channels that are subscribed in the source.' },
  viaduct_busiest_channel_messages_per_second: {
    type: 'gauge',
    unit: 'messages per second',
    help: 'Messages from the source on the channels with the most of them, averaged over half a minute. GET /admin/busiest names the channels.',
    labels: { rank: RANKS },
  },
  viaduct_busiest_channel_bytes_per_second: {
    type: 'gauge',
    unit: 'bytes per second',
    help: 'Size of the messages of these channels, as UTF-8.',
    labels: { rank: RANKS },
  },
  viaduct_busiest_channel_subscribers: {
    type: 'gauge',
    unit: 'subscriptions',
    help: 'Subscribers of these channels.',
    labels: { rank: RANKS },
  },
  viaduct_watched_channel_messages_total: {
    type: 'counter',
    unit: 'messages',
    help: 'Messages from the source on a channel of WATCH_CHANNELS, valid or not, with or without clients.',
    labels: { channel: WATCHED },
  },
  viaduct_watched_channel_silence_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Time since the last message on a channel of WATCH_CHANNELS, or since the gateway started.',
    labels: { channel: WATCHED },
  },
  viaduct_watched_channel_max_silence_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'How long the channel may be silent according to WATCH_CHANNELS.',
    labels: { channel: WATCHED },
  },
  viaduct_source_resumed_total: {
    type: 'counter',
    unit: 'times',
    help: 'Times that the connection to the source and all subscriptions recovered. Messages from before that may be missing.',
  },
  viaduct_source_denied_channels_total: {
    type: 'counter',
    unit: 'channels',
    help: 'Subscribed channels that the source denied to this gateway. Their subscriptions ended.',
  },
  viaduct_source_round_trip_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Time until Redis answered a PING of this gateway, sent every REDIS_TIMEOUT_MS on the connection for commands and on that of the subscriptions, where it waits behind the messages.',
    labels: { connection: SOURCE_CONNECTIONS },
    buckets: [0.0001, 0.00025, 0.0005, ...DELAY_BUCKETS],
  },
  viaduct_source_slow_subscriber_total: {
    type: 'counter',
    unit: 'times',
    help: 'Times that the source ended a connection because this gateway read too slowly. Messages were lost.',
  },
} as const satisfies MetricSection;
