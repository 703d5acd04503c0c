import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { createAllowlist } from './access.js';
import { redisProblem } from './redis-settings.js';
import { parseRedisUrl } from './sources/redis-url.js';

/** One environment variable: what it means and how its text is read. */
interface Variable<T> {
  /** One or two sentences for `--help` and the reference. */
  doc: string;
  /** What stands where nothing is set, as it would be written; empty for none. */
  default: string;
  schema: z.ZodType<T, string>;
}

function variable<T>(fallback: string, schema: z.ZodType<T, string>, doc: string): Variable<T> {
  return { doc, default: fallback, schema };
}

const text = z.string();
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** Values that `use` can use; what it throws says why not. */
function usable<T>(schema: z.ZodType<T, string>, use: (value: T) => unknown): z.ZodType<T, string> {
  return schema.superRefine((value, context) => {
    try {
      use(value);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message: `cannot be used: ${why}` });
    }
  });
}

function integer(min: number, max: number): z.ZodType<number, string> {
  return z
    .string()
    .refine((value) => /^\d+$/u.test(value) && Number(value) >= min && Number(value) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);
}

function decimal(min: number, max: number): z.ZodType<number, string> {
  return z
    .string()
    .refine((value) => Number(value) >= min && Number(value) <= max, {
      error: `must be a number from ${min} to ${max}`,
    })
    .transform(Number);
}

/** More threads than this help only with an unusual load, and each takes memory: hundreds of megabytes at worst. */
const MOST_THREADS_BY_ITSELF = 2;

/** A number of threads, or `auto` for one that suits the machine. */
function threads(max: number): z.ZodType<number, string> {
  const given = integer(0, max);
  return z.string().transform((value, context) => {
    if (value === 'auto') return Math.min(MOST_THREADS_BY_ITSELF, availableParallelism());
    const result = given.safeParse(value);
    if (result.success) return result.data;
    context.addIssue({ code: 'custom', message: `must be a whole number from 0 to ${max}, or auto` });
    return z.NEVER;
  });
}

/** A name that can stand in a URL and in a Redis glob as it is. */
const NAME = /^[\w.-]{0,100}$/u;
const NAME_REMEDY = 'must be at most 100 letters, digits, ".", "_" and "-"';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const MINUTE = 60_000;
const MIB = 1024 * 1024;

/** Every setting of the gateway. The reference in README.md and `--help` are made from this table. */
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
  PAGE_DIR: variable('', text, 'Directory of a web page to serve at `/`; empty for none.'),
  CORS_ORIGINS: variable(
    '*',
    list,
    'Origins of pages that may use socket.io polling, divided by commas; `*` for any.',
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
  MAX_SUBSCRIPTIONS: variable('1000', integer(1, 1_000_000), 'Subscriptions of one session.'),
  MAX_PENDING_COMMANDS: variable(
    '1000',
    integer(2, 1_000_000),
    'Commands of one session that may wait for earlier ones; more are refused.',
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
  MAX_RECOVERY: variable(
    '10000',
    integer(1, 100_000),
    'Most entries of a Redis Stream that one `SUB` with `since` is sent; who missed more takes a snapshot.',
  ),
  WORKER_THREADS: variable(
    'auto',
    threads(64),
    `Threads for big messages and large hashes, started when there is work. \`auto\`: as many as there are cores, at most ${MOST_THREADS_BY_ITSELF}. 0: the main thread does all.`,
  ),
  WORKER_MIN_BYTES: variable(
    '65536',
    integer(1024, 1024 * MIB),
    'Messages, and values of hashes, of at least so many bytes are worked on in those threads.',
  ),
  WORKER_MIN_HASH_BYTES: variable(
    String(MIB),
    integer(1024, 1024 * MIB),
    'Hashes whose values together have at least so many bytes, about, are worked on there, however small each value is.',
  ),
  WORKER_TIMEOUT_MS: variable(
    '10000',
    integer(100, 10 * MINUTE),
    'A thread that is at one piece of work for longer is replaced, and the work tried once more.',
  ),
  WORKER_QUEUE_BYTES: variable(
    String(64 * MIB),
    integer(MIB, 64 * 1024 * MIB),
    'Big messages, and those behind them in the same channels, that may wait. Past it a channel keeps its newest messages.',
  ),
  WORKER_QUEUE_MESSAGES: variable('10000', integer(10, 10_000_000), 'The same bound, in messages.'),
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
  const problems: string[] = [];
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

/** The table of settings as Markdown, for README.md. */
export function configReference(): string {
  const rows = Object.entries(VARIABLES).map(
    ([name, { default: fallback, doc }]) =>
      `| \`${name}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${doc} |`,
  );
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The table of settings for a terminal. */
export function configHelp(): string {
  return Object.entries(VARIABLES)
    .map(
      ([name, { default: fallback, doc }]) =>
        `  ${name.padEnd(25)}${doc.replaceAll('`', '')}${fallback === '' ? '' : ` [${fallback}]`}`,
    )
    .join('\n');
}
