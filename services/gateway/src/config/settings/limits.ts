import { createAddressReader } from '../../admission/client-address.js';
import { bytes, decimal, integer, limit, list, oneOf, setting, usable } from '../setting.js';

const MINUTE = 60_000;
const KIB = 1024;
const MIB = 1024 * KIB;

/** How many clients may connect, and how fast. */
export const CONNECTION_LIMITS = {
  LIMITS: setting(
    'limits.profile',
    'public',
    oneOf(['public', 'off']),
    'Defaults of the limits: `public` for the open internet, or `off` for trusted networks, where clients share addresses and are not hostile. A limit that is set explicitly keeps its value with either.',
  ),
  MAX_CONNECTIONS: setting(
    'limits.maxConnections',
    '50000',
    integer(1, 10_000_000),
    'Connections of all transports together. Further ones are refused.',
  ),
  TRUSTED_PROXIES: setting(
    'limits.trustedProxies',
    '',
    usable(list, createAddressReader),
    "Proxies whose `X-Forwarded-For` or `X-Real-IP` gives a client's address: addresses, CIDR blocks, `loopback`, `private` or `linklocal`, separated by commas. If empty, a client has the address of its connection.",
  ),
  MAX_CONNECTIONS_PER_ADDRESS: limit(
    'limits.maxConnectionsPerAddress',
    '50',
    '0',
    integer(0, 10_000_000),
    'Connections from one IPv4 address or one IPv6 /64 network: sessions, and as many HTTP connections that are not WebSockets. Further ones are refused with 429. 0: no limit.',
  ),
  CONNECTIONS_PER_SECOND: limit(
    'limits.connectionsPerSecond',
    '500',
    '0',
    integer(0, 1_000_000),
    'New connections per second, and in one burst. Further ones are refused with 429. 0: no limit.',
  ),
  CONNECTIONS_PER_SECOND_PER_ADDRESS: limit(
    'limits.connectionsPerSecondPerAddress',
    '10',
    '0',
    integer(0, 1_000_000),
    'The same limit for one IPv4 address or one IPv6 /64 network. It may open ten times as many HTTP connections per second, WebSockets included; further ones are refused with 429, except from `TRUSTED_PROXIES`.',
  ),
  HANDSHAKE_TIMEOUT_MS: setting(
    'limits.handshakeTimeoutMs',
    '10000',
    integer(100, 10 * MINUTE),
    'A connection is cut if its HTTP request is not complete within this time, if the handshake of a WebSocket or of socket.io waits for its turn for this long, or if a socket.io connection stays without a session for this long. A hook of an embedding program that takes longer counts as failed.',
  ),
  MAX_CHANNELS: limit(
    'limits.maxChannels',
    '20000',
    '200000',
    integer(1, 10_000_000),
    'Channels that clients are subscribed to, all together. Subscriptions to further ones are refused; clients can reach this only if `CHANNELS` has globs.',
  ),
  MAX_FRAME_BYTES: limit(
    'limits.maxFrameBytes',
    '128 KiB',
    '1 MiB',
    bytes(128, 64 * MIB),
    'Longest frame that a client may send. A longer one ends the connection with 1009.',
  ),
} as const;

/** What one session may have and do. */
export const SESSION_LIMITS = {
  MAX_SUBSCRIPTIONS: limit(
    'limits.maxSubscriptions',
    '100',
    '1000',
    integer(1, 1_000_000),
    'Subscriptions of one session.',
  ),
  MAX_VIEWS_PER_CHANNEL: limit(
    'limits.maxViewsPerChannel',
    '100',
    '0',
    integer(0, 1_000_000),
    'Distinct projections and precisions in which the messages of one channel are sent, because each may cost work for every message. One address may add a quarter of them. Further ones are refused with `too_many_views`. 0: no limit.',
  ),
  MAX_PENDING_COMMANDS: limit(
    'limits.maxPendingCommands',
    '100',
    '1000',
    integer(2, 1_000_000),
    'Commands of one session that may wait for earlier ones, each counted as in `COMMANDS_PER_SECOND`. Further ones are refused.',
  ),
  COMMANDS_PER_SECOND: limit(
    'limits.commandsPerSecond',
    '50',
    '1000',
    integer(0, 1_000_000),
    'Commands of one session per second, and twice as many in one burst. A command counts once for each 4 KiB or part of it. Further ones are refused; a client that keeps sending them is closed with 4006. 0: no limit.',
  ),
  VIEW_CHANGES_PER_SECOND: limit(
    'limits.viewChangesPerSecond',
    '20',
    '100',
    integer(0, 1_000_000),
    'Changes of the view of one session per second (BBOX, PROJECTION, RESET and TOKEN), and twice as many in one burst. An expensive change counts as several: together they take at most a tenth of the main thread. Further ones wait, and of consecutive boxes only the last one counts. 0: no limit.',
  ),
  IDLE_TIMEOUT_MS: limit(
    'limits.idleTimeoutMs',
    '600000',
    '0',
    integer(0, 24 * 60 * MINUTE),
    'A session without a subscription that sends no command for this time is closed with 4007. 0: never.',
  ),
  MAX_QUEUE_BYTES: setting(
    'limits.maxQueueBytes',
    '8 MiB',
    bytes(64 * KIB, 1024 * MIB),
    'What may be queued for one slow client. Beyond it, the client is closed with 4001.',
  ),
  MAX_QUEUE_MESSAGES: setting(
    'limits.maxQueueMessages',
    '50000',
    integer(100, 10_000_000),
    'The same limit, in messages.',
  ),
  MAX_TOTAL_QUEUE_BYTES: setting(
    'limits.maxTotalQueueBytes',
    '64 MiB',
    bytes(64 * KIB, 64 * 1024 * MIB),
    'What may wait for all slow clients together; a message that many of them wait for counts once. Beyond it, only the newest message of each feature is kept; then those that have read nothing for the longest time, and hold no less than the average, are closed with 4001.',
  ),
  MAX_PUBLISH_BYTES: setting(
    'limits.maxPublishBytes',
    '64 KiB',
    bytes(1, 64 * MIB),
    'Longest message that a client may publish.',
  ),
  MAX_PUBLISHES_PER_SECOND: setting(
    'limits.maxPublishesPerSecond',
    '10',
    decimal(0.01, 100_000),
    'Messages that one session may publish per second, and in one burst.',
  ),
  MAX_PUBLISHED_BYTES_PER_SECOND: limit(
    'limits.maxPublishedBytesPerSecond',
    '16 MiB',
    '0',
    bytes(0, 4096 * MIB),
    'Bytes that published messages of clients may cause on this gateway per second, and in one burst: those of their envelopes, once for each session here that receives them. Networks share them in equal parts; a network is one IPv4 address or one IPv6 /64 network. Further messages are refused with `rate_limited`. 0: no limit.',
  ),
} as const;

/** How much is read from Redis for clients. */
export const READ_LIMITS = {
  MAX_SNAPSHOT_VALUES: setting(
    'limits.maxSnapshotValues',
    '1000000',
    integer(1, 100_000_000),
    'Values of a hash that one GET reads. A larger hash is refused with `snapshot_too_big`.',
  ),
  MAX_READ_BYTES: setting(
    'limits.maxReadBytes',
    '128 MiB',
    bytes(KIB, 4096 * MIB),
    'Memory for everything that is read for clients, as it is stored, until they have received it. Further reads wait in turn; meanwhile, clients that have stopped reading are closed with 4001. One read may take seven eighths of it: a larger hash is refused with `snapshot_too_big`.',
    'MAX_SNAPSHOT_BYTES',
  ),
  MAX_RECOVERY: setting(
    'limits.maxRecovery',
    '10000',
    integer(1, 100_000),
    'Entries of a Redis Stream that one `SUB` with `since` can recover, within seven eighths of `MAX_READ_BYTES`. A client that missed more needs a snapshot.',
  ),
} as const;
