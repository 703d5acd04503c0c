import { CLOSE_CODES, ERROR_CODES, LEAVE_EVENTS, UNRECOVERED } from '@viaduct/protocol';
import { REFUSALS } from '../admission/admission.js';
import { MISDIRECTED } from '../admission/misdirected.js';
import { ACCESS_REFUSALS } from '../auth/refusal.js';
import { HTTP_REFUSALS, HTTP_STATES } from '../http/http-connections.js';
import { SOURCE_CONNECTIONS } from '../sources/source.js';

/** One metric. */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** What the value counts or measures: things such as `messages`, or `seconds` and `bytes`. */
  readonly unit: string;
  /** One or two sentences. */
  readonly help: string;
  /** By name: every possible value of the label, or a sentence about its values if they are not known beforehand. */
  readonly labels?: Readonly<Record<string, readonly string[] | string>>;
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

type Section = Readonly<Record<`viaduct_${string}`, MetricSpec>>;

const TRANSPORTS = ['raw', 'socket.io', 'sse'] as const;

/** The label `command`, whose values depend on the custom commands. */
const COMMAND = 'name of the command, `unknown` if there is no such command';

/** The label `channel`: never a name that clients choose. */
const WATCHED = 'name in `WATCH_CHANNELS`';

/** Seconds, from a single message that is sent at once to a slow client. */
const DELAY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Ranks among the busiest channels. They are labels in place of names, which clients choose where `CHANNELS` has globs. */
export const RANKS = ['1', '2', '3', '4', '5'] as const;

/** Close codes that are counted separately; all others count as `other`. */
export const COUNTED_CLOSE_CODES: ReadonlySet<string> = new Set([
  ...Object.values(CLOSE_CODES).map(({ code }) => String(code)),
  '1001', // the browser left the page
  '1005', // closed without a code
  '1006', // the connection broke
]);

const CONNECTIONS = {
  viaduct_connections: {
    type: 'gauge',
    unit: 'connections',
    help: 'Open connections.',
    labels: { transport: TRANSPORTS },
  },
  viaduct_connections_opened_total: {
    type: 'counter',
    unit: 'connections',
    help: 'Connections that became sessions.',
    labels: { transport: TRANSPORTS },
  },
  viaduct_connections_closed_total: {
    type: 'counter',
    unit: 'connections',
    help: 'Sessions that ended, by close code; "other" for codes that clients choose themselves.',
    labels: { transport: TRANSPORTS, code: [...COUNTED_CLOSE_CODES, 'other'] },
  },
  viaduct_connections_refused_total: {
    type: 'counter',
    unit: 'connections',
    help: 'Connections that were refused before they became sessions, and requests to the HTTP API that were refused by the same rules (http), by reason.',
    labels: {
      transport: [...TRANSPORTS, 'http'],
      reason: [...Object.keys(REFUSALS), ...Object.keys(ACCESS_REFUSALS), ...Object.keys(MISDIRECTED)],
    },
  },
  viaduct_http_connections: {
    type: 'gauge',
    unit: 'connections',
    help: 'Open HTTP connections that are not WebSockets: without a complete request yet (handshake), with one (request), or waiting for the next one (idle).',
    labels: { state: HTTP_STATES },
  },
  viaduct_http_connections_refused_total: {
    type: 'counter',
    unit: 'connections',
    help: 'HTTP connections that were refused before their first request, because their address or all clients together have too many.',
    labels: { reason: HTTP_REFUSALS },
  },
  viaduct_handshake_timeouts_total: {
    type: 'counter',
    unit: 'connections',
    help: 'Connections that were cut because the HTTP request (http) or the session on it (socket.io) took too long.',
    labels: { stage: ['http', 'socket.io'] },
  },
  viaduct_subscriptions: { type: 'gauge', unit: 'subscriptions', help: 'Subscriptions of all sessions.' },
} as const satisfies Section;

/** The label `key`: never the subject of a token, because there may be any number of subjects. */
const KEY = 'name of the API key; empty for all tokens together';

const ACCOUNT_LIMITS = ['connections', 'subscriptions', 'bytesPerSecond'] as const;

const ACCOUNTS = {
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
} as const satisfies Section;

const COMMANDS = {
  viaduct_commands_total: {
    type: 'counter',
    unit: 'commands',
    help: 'Commands that succeeded (ok) or failed (error).',
    labels: { command: COMMAND, outcome: ['ok', 'error'] },
  },
  viaduct_command_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from the start of a command to its end. Commands that wait for earlier ones have not started.',
    labels: { command: COMMAND },
    buckets: [0.0005, ...DELAY_BUCKETS],
  },
  viaduct_errors_total: {
    type: 'counter',
    unit: 'errors',
    help: 'Errors that were sent to clients, by error code.',
    labels: { code: Object.keys(ERROR_CODES) },
  },
  viaduct_delayed_view_changes_total: {
    type: 'counter',
    unit: 'commands',
    help: 'Changes of the box or projection beyond the rate, so that they waited or were replaced by the next one.',
  },
} as const satisfies Section;

const MESSAGES = {
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
} as const satisfies Section;

const LIVE = {
  viaduct_live_channels: {
    type: 'gauge',
    unit: 'channels',
    help: 'Channels whose features are held in memory for live views.',
  },
  viaduct_live_features: { type: 'gauge', unit: 'features', help: 'Features held in memory for live views.' },
  viaduct_live_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Approximate memory of the features held for live views. MAX_LIVE_BYTES limits it.',
  },
  viaduct_live_view_changes_total: {
    type: 'counter',
    unit: 'changes',
    help: 'Changes of a live view that were answered from memory, such as pans.',
  },
  viaduct_live_leaves_total: {
    type: 'counter',
    unit: 'envelopes',
    help: 'Envelopes that told a client that a feature is no longer in its live view, by the reason.',
    labels: { event: Object.keys(LEAVE_EVENTS) },
  },
  viaduct_live_reads_total: {
    type: 'counter',
    unit: 'reads',
    help: 'Reads of whole hashes for live views: for the first of them (start), after messages may have been missed (gap), after a keyspace notification (notify).',
    labels: { reason: ['start', 'gap', 'notify'] },
  },
} as const satisfies Section;

const STATE = {
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
} as const satisfies Section;

/** What the HTTP API serves. */
export const HTTP_API_RESOURCES = [
  'landing',
  'conformance',
  'api',
  'collections',
  'collection',
  'items',
  'item',
  'unknown',
] as const;

/** Every status with which it answers. */
const HTTP_API_STATUSES = [200, 204, 304, 400, 401, 403, 404, 405, 406, 429, 500, 503] as const;

const HTTP_API = {
  viaduct_http_api_requests_total: {
    type: 'counter',
    unit: 'requests',
    help: 'Requests to the HTTP API, by what they are for and the status of the answer.',
    labels: { resource: HTTP_API_RESOURCES, status: HTTP_API_STATUSES.map(String) },
  },
} as const satisfies Section;

const WORKERS = {
  viaduct_worker_task_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Time that a worker thread spent on a task: a big message, or a portion of a large hash.',
    labels: { kind: ['message', 'portion'] },
    buckets: DELAY_BUCKETS,
  },
  viaduct_worker_tasks_waiting: {
    type: 'gauge',
    unit: 'tasks',
    help: 'Tasks that wait for a worker thread.',
  },
  viaduct_worker_failures_total: {
    type: 'counter',
    unit: 'threads',
    help: 'Worker threads that were replaced because they crashed, or because one task took too long.',
    labels: { failure: ['crash', 'timeout'] },
  },
  viaduct_worker_retries_total: {
    type: 'counter',
    unit: 'tasks',
    help: 'Tasks that were given to another worker thread because the first one failed.',
  },
  viaduct_big_messages_waiting: {
    type: 'gauge',
    unit: 'messages',
    help: 'Big messages that wait for a worker thread or are being processed, and the messages behind them in their channels.',
  },
  viaduct_big_messages_waiting_bytes: { type: 'gauge', unit: 'bytes', help: 'Size of these messages.' },
  viaduct_worker_reads_refused_total: {
    type: 'counter',
    unit: 'reads',
    help: 'Reads of large hashes and fields that were refused with `overloaded`, because too many wait for workers.',
  },
  viaduct_big_messages_dropped_total: {
    type: 'counter',
    unit: 'messages',
    help: 'Messages that were dropped because too many waited for workers (queue), or because two workers failed on them (worker).',
    labels: { reason: ['queue', 'worker'] },
  },
} as const satisfies Section;

const SOURCE = {
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
} as const satisfies Section;

const REPLICAS = {
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
} as const satisfies Section;

const PROCESS = {
  viaduct_build_info: {
    type: 'gauge',
    unit: 'always 1',
    help: 'Version of the gateway and of Node.js.',
    labels: { version: 'of the gateway', node: 'version of Node.js' },
  },
  viaduct_internal_failures_total: {
    type: 'counter',
    unit: 'failures',
    help: 'Defects of the gateway or of custom code. Each has a line "internal failure" in the log.',
  },
  viaduct_uncaught_errors_total: {
    type: 'counter',
    unit: 'errors',
    help: 'Errors that nothing caught. The first one ends the process. Not in an embedded gateway.',
  },
} as const satisfies Section;

/** Every metric of the gateway, in the order of docs/metrics.md. */
export const METRIC_SECTIONS: readonly { readonly title: string; readonly metrics: Section }[] = [
  { title: 'Connections', metrics: CONNECTIONS },
  { title: 'Limits of API keys and tokens', metrics: ACCOUNTS },
  { title: 'Commands', metrics: COMMANDS },
  { title: 'Messages', metrics: MESSAGES },
  { title: 'Snapshots and gaps', metrics: STATE },
  { title: 'Live views', metrics: LIVE },
  { title: 'HTTP API', metrics: HTTP_API },
  { title: 'Workers and big messages', metrics: WORKERS },
  { title: 'Source', metrics: SOURCE },
  { title: 'Replicas and the admin API', metrics: REPLICAS },
  { title: 'Process', metrics: PROCESS },
];

/** The same by name. Code that counts uses the name, and the rest is defined here. */
export const METRICS = {
  ...CONNECTIONS,
  ...ACCOUNTS,
  ...COMMANDS,
  ...MESSAGES,
  ...STATE,
  ...LIVE,
  ...HTTP_API,
  ...WORKERS,
  ...SOURCE,
  ...REPLICAS,
  ...PROCESS,
} as const;

type Metrics = typeof METRICS;
export type MetricName = keyof Metrics;

/** Names of all metrics of one type. */
export type NameOf<Type extends MetricSpec['type']> = {
  [Name in MetricName]: Metrics[Name]['type'] extends Type ? Name : never;
}[MetricName];

/** Names of a metric's labels. */
export type LabelOf<Name extends MetricName> = Metrics[Name] extends { labels: infer Labels }
  ? keyof Labels & string
  : never;
