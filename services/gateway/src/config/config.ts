import { z } from 'zod';
import { createAddressReader } from '../admission/client-address.js';
import { createAllowlist } from '../auth/allowlist.js';
import { parseRedisUrl } from '../sources/redis/url.js';
import { AUTH_VARIABLES } from './auth-variables.js';
import { redisProblem } from './redis-settings.js';
import { decimal, integer, list, NAME, NAME_REMEDY, text, usable, variable } from './values.js';
import { WORKER_VARIABLES } from './worker-variables.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const MINUTE = 60_000;
const MIB = 1024 * 1024;

/** Every setting of the gateway. The reference in docs/settings.md and `--help` are made from this table. */
export const VARIABLES = {
  PORT: variable('8080', integer(0, 65_535), 'TCP port to listen on; 0 takes any free one.'),
  HOST: variable('', text, 'Address to listen on; empty for all interfaces.'),
  REDIS_URL: variable(
    'redis://localhost:6379',
    usable(text, (url) => url === 'memory:' || parseRedisUrl(url)),
    'Where the data is: `redis://[user:password@]host:port[/db]`, `redis+sentinel://[user:password@]host:port,host:port/master[/db]`, `redis+cluster://[user:password@]host:port,host:port`, each with `rediss` for TLS, or `memory:` for the embedded source.',
  ),
  REDIS_SENTINEL_USER: variable('', text, 'User at the Sentinels, where they have users; needs a password.'),
  REDIS_SENTINEL_PASSWORD: variable(
    '',
    text,
    'Password for the Sentinels themselves, where they want one; the one in `REDIS_URL` is for the master.',
  ),
  REDIS_PUBSUB: variable(
    'plain',
    z.enum(['plain', 'sharded']),
    'How your publishers publish: `plain` with PUBLISH, `sharded` with SPUBLISH (Redis 7 or newer), which spreads the load over the nodes of a Redis Cluster.',
  ),
  REDIS_TIMEOUT_MS: variable(
    '5000',
    integer(100, 10 * MINUTE),
    'A Redis command without an answer for so long fails with `source_unavailable`.',
  ),
  CHANNELS: variable(
    '',
    usable(list, createAllowlist),
    'Channels and keys that clients may read: names or globs (`*`, `?`, `[a-z]`), divided by commas. Nothing is readable without it.',
  ),
  STREAMS: variable(
    '',
    usable(list, createAllowlist),
    'Channels that are Redis Streams, as names or globs: tailed instead of subscribed, so that clients can ask for what they missed. They must be in `CHANNELS`, too.',
  ),
  STREAM_STATE_SUFFIX: variable(
    ':state',
    text,
    "What the name of the hash with a stream's state has behind the stream's name: `SUB ships snapshot=true` reads `ships:state`.",
  ),
  ...AUTH_VARIABLES,
  DEFAULT_PROJECTION: variable(
    'epsg:4326',
    text,
    'CRS in which a new session is sent features until it sends PROJECTION; geOps clients expect `epsg:3857`.',
  ),
  COMMANDS: variable(
    '',
    list,
    'Modules with commands of your own, divided by commas; relative to the working directory.',
  ),
  PAGE_DIR: variable(
    '',
    text,
    'Directory of a web page to serve at `/`, compressed where files have copies ending in `.br` or `.gz`; empty for none.',
  ),
  FLUSH_MS: variable(
    '20',
    integer(0, 1000),
    'Under a steady stream, messages of one client gather for at most so long and leave in one write. A lone message leaves at once.',
  ),
  PRECISION_METRES: variable(
    '0.001',
    decimal(1e-6, 1000),
    'Step to which reprojected coordinates are rounded, in metres. A client may ask for a coarser one.',
  ),
  PRECISION_DEGREES: variable('0.00000001', decimal(1e-12, 1), 'The same for geographic CRSs, in degrees.'),
  SNAPSHOT_SHARE_MS: variable(
    '0',
    integer(0, MINUTE),
    'How old a hash that was read for one GET may be to answer another. 0: only GETs that come while it is being read share it.',
  ),
  MAX_SNAPSHOT_VALUES: variable(
    '1000000',
    integer(1, 100_000_000),
    'Values of a hash that one GET reads; a larger hash is refused with `snapshot_too_big`.',
  ),
  MAX_SNAPSHOT_BYTES: variable(
    String(256 * MIB),
    integer(1024, 4096 * MIB),
    'The same bound for the values together, in bytes.',
  ),
  MAX_HELD_SNAPSHOT_BYTES: variable(
    String(64 * MIB),
    integer(0, 4096 * MIB),
    'What may be kept of hashes, as they are stored, for clients that do not read the answer to their GET on. Past it, those that stopped first are closed with 4001; one hash may always be kept.',
  ),
  DEFLATE: variable(
    'off',
    z.enum(['on', 'off']).transform((value) => value === 'on'),
    'Compression (permessage-deflate) for raw clients that offer it: `on` or `off`.',
  ),
  DEFLATE_MIN_BYTES: variable('1024', integer(0, MIB), 'Shorter messages are not compressed.'),
  DEFLATE_LEVEL: variable('1', integer(1, 9), 'From 1 (fast) to 9 (small).'),
  HEARTBEAT_MS: variable(
    '25000',
    integer(100, 10 * MINUTE),
    'Time between heartbeats; a client that answers none until the next is disconnected.',
  ),
  MAX_CONNECTIONS: variable(
    '50000',
    integer(1, 10_000_000),
    'Connections of both transports together; more are refused.',
  ),
  TRUSTED_PROXIES: variable(
    '',
    usable(list, createAddressReader),
    "Proxies whose `X-Forwarded-For` or `X-Real-IP` says who a client is: addresses, CIDR blocks, `loopback`, `private` or `linklocal`, divided by commas. Without it a client has its connection's address.",
  ),
  MAX_CONNECTIONS_PER_ADDRESS: variable(
    '0',
    integer(0, 10_000_000),
    'Connections from one IPv4 address or one IPv6 /64 network; more are refused with 429. 0: any number.',
  ),
  CONNECTIONS_PER_SECOND: variable(
    '0',
    integer(0, 1_000_000),
    'New connections in a second, and at once; more are refused with 429. 0: any number.',
  ),
  CONNECTIONS_PER_SECOND_PER_ADDRESS: variable(
    '0',
    integer(0, 1_000_000),
    'The same from one IPv4 address or one IPv6 /64 network.',
  ),
  HANDSHAKE_TIMEOUT_MS: variable(
    '10000',
    integer(100, 10 * MINUTE),
    'A connection that has not sent its whole HTTP request, or on socket.io not become a session, after so long is cut.',
  ),
  MAX_SUBSCRIPTIONS: variable('1000', integer(1, 1_000_000), 'Subscriptions of one session.'),
  MAX_PENDING_COMMANDS: variable(
    '1000',
    integer(2, 1_000_000),
    'Commands of one session that may wait for earlier ones; more are refused.',
  ),
  COMMANDS_PER_SECOND: variable(
    '1000',
    integer(0, 1_000_000),
    'Commands of one session in a second, and five times as many at once; more are refused, and who goes on sending as many again is closed with 4006. 0: any number.',
  ),
  VIEW_CHANGES_PER_SECOND: variable(
    '100',
    integer(0, 1_000_000),
    'Changes of box or projection of one session in a second, and five times as many at once; more wait, and of boxes in a row the last one counts. 0: any number.',
  ),
  IDLE_TIMEOUT_MS: variable(
    '0',
    integer(0, 24 * 60 * MINUTE),
    'A session without a subscription that sends no command for so long is closed with 4007. 0: never.',
  ),
  MAX_FRAME_BYTES: variable(
    String(MIB),
    integer(128, 64 * MIB),
    'Longest frame that a client may send; a longer one ends the connection with 1009.',
  ),
  MAX_QUEUE_BYTES: variable(
    String(8 * MIB),
    integer(64 * 1024, 1024 * MIB),
    'What may wait for one slow client; past it the client is closed with 4001.',
  ),
  MAX_QUEUE_MESSAGES: variable('50000', integer(100, 10_000_000), 'The same bound, in messages.'),
  CONFLATE_BYTES: variable(
    String(MIB),
    integer(0, 1024 * MIB),
    'When more waits for a slow client, only the newest message of each feature is kept for it. 0: not for its bytes; above `MAX_QUEUE_BYTES` as that.',
  ),
  CONFLATE_MESSAGES: variable(
    '1000',
    integer(0, 10_000_000),
    'The same bound, in messages. With both 0, every message is kept.',
  ),
  CONFLATE_PROPERTY: variable(
    '',
    text,
    'Member of `properties` that says which feature a Feature without `id` is; empty for none.',
  ),
  MAX_RECOVERY: variable(
    '10000',
    integer(1, 100_000),
    'Most entries of a Redis Stream that one `SUB` with `since` is sent, within `MAX_SNAPSHOT_BYTES`; who missed more takes a snapshot.',
  ),
  ...WORKER_VARIABLES,
  UNSUBSCRIBE_DELAY_MS: variable(
    '500',
    integer(0, MINUTE),
    'How long the subscription in Redis outlives the last client of a channel.',
  ),
  DRAIN_MS: variable(
    '20000',
    integer(0, 60 * MINUTE),
    'On SIGTERM, connections are closed evenly over so long. A second signal, or SIGINT, ends at once.',
  ),
  ADMIN_TOKEN: variable(
    '',
    text.refine((token) => token === '' || /^[\x21-\x7e]{16,}$/u.test(token), {
      error: 'must be at least 16 characters of printable ASCII without spaces; a random one is best',
    }),
    'Turns on the admin API at `/admin` for requests with `Authorization: Bearer <token>`, and lets replicas know each other; the same on all. Empty for neither.',
  ),
  REPLICA_ID: variable(
    '',
    text.regex(NAME, { error: NAME_REMEDY }),
    "How the admin API calls this replica. Empty for the host's name with a random ending.",
  ),
  CLUSTER_NAME: variable(
    'viaduct',
    text.regex(NAME, { error: NAME_REMEDY }),
    'Replicas with the same name on the same Redis know each other.',
  ),
  LOG_LEVEL: variable('info', z.enum(LOG_LEVELS), `One of ${LOG_LEVELS.join(', ')}.`),
} as const;

export type VariableName = keyof typeof VARIABLES;

/** The settings, read. Milliseconds and bytes as the names say. */
export type Config = { readonly [Name in VariableName]: z.output<(typeof VARIABLES)[Name]['schema']> };

/** A setting that cannot be used. The message names the variable and the remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings from environment variables. Unset and empty ones take their default.
 *
 * @throws ConfigError that names every variable that is wrong, and what would be right
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems = renamed(env);
  const entries = Object.entries(VARIABLES).map(([name, { schema, default: fallback }]) => {
    const given = env[name]?.trim();
    const result = schema.safeParse(given === undefined || given === '' ? fallback : given);
    if (!result.success)
      problems.push(`${name} ${result.error.issues.map((issue) => issue.message).join(', ')}`);
    return [name, result.data];
  });
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  const config = Object.fromEntries(entries) as Config;
  const problem = redisProblem(config);
  if (problem !== null) throw new ConfigError(problem);
  return config;
}

/** Settings that would otherwise be passed over, though somebody relies on them: the name that counts, by the other. */
const RENAMED = { CORS_ORIGINS: 'ALLOWED_ORIGINS' } as const satisfies Record<string, VariableName>;

function renamed(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(RENAMED)
    .filter(([name]) => (env[name] ?? '').trim() !== '')
    .map(([name, now]) => `${name} is called ${now}; it holds for both transports`);
}
