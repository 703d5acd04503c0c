import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
  type Config,
  ConfigError,
  loadConfig,
  SECTIONS,
  VARIABLES,
  type VariableName,
} from '../../src/config/config.js';
import { configFromOptions } from '../../src/config/from-options.js';
import type { SettingOptions } from '../../src/config/options.js';
import { redisAccess } from '../../src/config/redis-settings.js';
import { configHelp, configReference } from '../../src/config/reference.js';
import { warningsOf } from '../../src/config/warnings.js';

/** What the operator reads about these settings; empty if they are valid. */
function problems(env: Record<string, string>): string {
  try {
    loadConfig(env);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
}

function limitsOf(options: SettingOptions): Config['limits'] {
  return configFromOptions(options).limits;
}

const NAMES = Object.keys(VARIABLES) as VariableName[];

test('the defaults are valid, and are those of the table', () => {
  const defaults = Object.fromEntries(NAMES.map((name) => [name, VARIABLES[name].default]));
  expect(loadConfig({})).toEqual(loadConfig(defaults));
  expect(loadConfig({})).toMatchObject({ port: 8080, channels: [], commandModules: [], logLevel: 'info' });
});

test('there are as many threads as cores, up to a small number', () => {
  const { threads } = loadConfig({}).workers;
  expect(threads).toBe(Math.min(2, availableParallelism()));
});

test('LIMITS=off widens the limits of clients, except for those that are set', () => {
  const { limits } = loadConfig({ LIMITS: 'off', MAX_SUBSCRIPTIONS: '7' });
  expect(limits).toMatchObject({
    maxConnectionsPerAddress: 0,
    connectionsPerSecondPerAddress: 0,
    commandsPerSecond: 1000,
    maxFrameBytes: 1024 * 1024,
    maxSubscriptions: 7,
  });
  expect(limitsOf({ limits: { profile: 'off', maxSubscriptions: 7 } })).toEqual(limits);
});

test.each([
  ['tokens are on', { JWT_SECRET: 's'.repeat(32) }, 1],
  ['tokens are on, and origins are named', { JWT_SECRET: 's'.repeat(32), ALLOWED_ORIGINS: 'null' }, 0],
  ['tokens are off', {}, 0],
])('the operator is warned about pages of any origin: %s', (_case, env, expected) => {
  const warnings = warningsOf(loadConfig({ CHANNELS: '*', ...env }));
  expect(warnings.filter((warning) => warning.includes('ALLOWED_ORIGINS'))).toHaveLength(expected);
});

test('a variable that is empty or blank takes its default', () => {
  expect(loadConfig(Object.fromEntries(NAMES.map((name) => [name, ' '])))).toEqual(loadConfig({}));
});

test.each<[VariableName, string, unknown]>([
  ['PORT', '0', 0],
  ['PORT', ' 65535 ', 65_535],
  ['HOST', '::1', '::1'],
  ['KEEP_ALIVE_MS', '1000', 1000],
  ['REDIS_URL', 'redis://user:secret@redis.example:6380/2', 'redis://user:secret@redis.example:6380/2'],
  ['REDIS_URL', 'rediss://redis.example', 'rediss://redis.example'],
  ['REDIS_URL', 'memory:', 'memory:'],
  [
    'REDIS_URL',
    'redis+sentinel://:secret@one,two:26380/main/1',
    'redis+sentinel://:secret@one,two:26380/main/1',
  ],
  ['REDIS_URL', 'rediss+cluster://one:7000,two:7000', 'rediss+cluster://one:7000,two:7000'],
  ['REDIS_PUBSUB', 'sharded', 'sharded'],
  ['REDIS_TIMEOUT_MS', '100', 100],
  ['CHANNELS', 'trains, buses_* ,,line[0-9]', ['trains', 'buses_*', 'line[0-9]']],
  ['STREAMS', 'ships,flights_*', ['ships', 'flights_*']],
  ['STREAM_STATE_SUFFIX', '/now', '/now'],
  ['DEFAULT_PROJECTION', 'epsg:3857', 'epsg:3857'],
  ['COMMANDS', './near.js,/srv/far.js', ['./near.js', '/srv/far.js']],
  ['PAGE_DIR', '/srv/page', '/srv/page'],
  ['ALLOWED_ORIGINS', 'https://a.example,https://b.example', ['https://a.example', 'https://b.example']],
  ['JWT_SECRET', 's'.repeat(32), 's'.repeat(32)],
  ['JWT_PUBLIC_KEY', '-----BEGIN PUBLIC KEY-----\\n', '-----BEGIN PUBLIC KEY-----\\n'],
  ['JWT_PUBLIC_KEY_FILE', '/run/secrets/key.pem', '/run/secrets/key.pem'],
  ['JWT_JWKS_URL', 'https://issuer.example/keys', 'https://issuer.example/keys'],
  ['JWT_JWKS_COOLDOWN_MS', '0', 0],
  ['JWT_JWKS_MAX_AGE_MS', '1000', 1000],
  ['JWT_ISSUER', 'https://issuer.example', 'https://issuer.example'],
  ['JWT_AUDIENCE', 'maps, other', ['maps', 'other']],
  ['JWT_CLOCK_TOLERANCE_MS', '0', 0],
  ['JWT_REQUIRE_EXP', 'on', true],
  ['AREA_STRICT', 'off', false],
  ['API_KEYS', '[]', '[]'],
  ['API_KEYS_FILE', '/run/secrets/keys.json', '/run/secrets/keys.json'],
  ['PUBLISH_CHANNELS', 'reports,line[0-9]', ['reports', 'line[0-9]']],
  ['MAX_PUBLISH_BYTES', '1', 1],
  ['MAX_PUBLISHES_PER_SECOND', '0.5', 0.5],
  ['ANONYMOUS_CHANNELS', 'news,line[0-9]', ['news', 'line[0-9]']],
  ['FLUSH_MS', '0', 0],
  ['PRECISION_METRES', '0.5', 0.5],
  ['PRECISION_DEGREES', '1e-6', 1e-6],
  ['SNAPSHOT_SHARE_MS', '1000', 1000],
  ['DEFLATE', 'on', true],
  ['DEFLATE_MIN_BYTES', '0', 0],
  ['DEFLATE_LEVEL', '9', 9],
  ['HEARTBEAT_MS', '600000', 600_000],
  ['LIMITS', 'public', 'public'],
  ['MAX_CONNECTIONS', '1', 1],
  ['TRUSTED_PROXIES', 'loopback, 10.0.0.0/8,::1', ['loopback', '10.0.0.0/8', '::1']],
  ['MAX_CONNECTIONS_PER_ADDRESS', '10', 10],
  ['CONNECTIONS_PER_SECOND', '10', 10],
  ['CONNECTIONS_PER_SECOND_PER_ADDRESS', '10', 10],
  ['HANDSHAKE_TIMEOUT_MS', '100', 100],
  ['MAX_SUBSCRIPTIONS', '1', 1],
  ['MAX_CHANNELS', '1', 1],
  ['MAX_VIEWS_PER_CHANNEL', '0', 0],
  ['MAX_PENDING_COMMANDS', '2', 2],
  ['COMMANDS_PER_SECOND', '0', 0],
  ['VIEW_CHANGES_PER_SECOND', '0', 0],
  ['IDLE_TIMEOUT_MS', '60000', 60_000],
  ['MAX_SNAPSHOT_VALUES', '1', 1],
  ['MAX_READ_BYTES', '1024', 1024],
  ['MAX_FRAME_BYTES', '128', 128],
  ['MAX_FRAME_BYTES', '128 KiB', 131_072],
  ['MAX_FRAME_BYTES', '2MiB', 2_097_152],
  ['MAX_QUEUE_BYTES', '65536', 65_536],
  ['MAX_QUEUE_MESSAGES', '100', 100],
  ['MAX_TOTAL_QUEUE_BYTES', '1 GiB', 1_073_741_824],
  ['CONFLATE_BYTES', '0', 0],
  ['CONFLATE_MESSAGES', '10000000', 10_000_000],
  ['FEATURE_ID_PROPERTY', 'train_id', 'train_id'],
  ['MAX_LIVE_BYTES', '1 MiB', 1_048_576],
  ['EXPIRE', 'planes=60s, trains_*=5m', ['planes=60s', 'trains_*=5m']],
  ['NOTIFY', 'planes,trains_*', ['planes', 'trains_*']],
  ['NOTIFY_MS', '50', 50],
  ['MAX_RECOVERY', '1', 1],
  ['WORKER_THREADS', '0', 0],
  ['WORKER_MIN_BYTES', '1024', 1024],
  ['WORKER_MIN_HASH_BYTES', '1024', 1024],
  ['WORKER_TIMEOUT_MS', '600000', 600_000],
  ['WORKER_QUEUE_BYTES', '1048576', 1_048_576],
  ['WORKER_QUEUE_MESSAGES', '10', 10],
  ['UNSUBSCRIBE_DELAY_MS', '0', 0],
  ['DRAIN_MS', '0', 0],
  ['ADMIN_TOKEN', '~!0123456789abcdef', '~!0123456789abcdef'],
  ['ADMIN_PORT', '8082', 8082],
  ['REPLICA_ID', 'gateway-1.zone_b', 'gateway-1.zone_b'],
  ['REPLICA_GROUP', 'staging', 'staging'],
  ['PEERS', 'gateway.example:8080', 'gateway.example:8080'],
  ['LOG_LEVEL', 'silent', 'silent'],
])('%s=%s sets its option, and no other one', (name, value, expected) => {
  const [group = '', member] = VARIABLES[name].option.split('.');
  const changed = new Map<string, unknown>(Object.entries(loadConfig({})));
  changed.set(
    group,
    member === undefined ? expected : { ...(changed.get(group) as object), [member]: expected },
  );
  expect(loadConfig({ [name]: value })).toEqual(Object.fromEntries(changed));
});

const BAD: Partial<Record<VariableName, { values: string[]; remedy: RegExp }>> = {
  PORT: { values: ['65536', '-1', '80.5', '8080x', '0x50', '1e3'], remedy: /whole number from 0 to 65535/u },
  KEEP_ALIVE_MS: { values: ['999', '3600001', '75s'], remedy: /from 1000 to 3600000/u },
  REDIS_URL: {
    values: [
      'localhost:6379',
      'http://localhost',
      'redis://',
      'redis://host/first',
      'memory:x',
      'redis://a,b',
    ],
    remedy: /redis:\/\/.*host.*memory:/u,
  },
  REDIS_SENTINEL_USER: { values: ['viaduct'], remedy: /needs REDIS_SENTINEL_PASSWORD/u },
  REDIS_SENTINEL_PASSWORD: { values: ['secret'], remedy: /use redis\+sentinel:\/\/host:port/u },
  REDIS_TLS_CA_FILE: { values: ['/ca.pem'], remedy: /write rediss/u },
  REDIS_TLS_CERT_FILE: { values: ['/cert.pem'], remedy: /write rediss/u },
  REDIS_TLS_KEY_FILE: { values: ['/key.pem'], remedy: /write rediss/u },
  REDIS_PUBSUB: { values: ['both', 'SHARDED'], remedy: /plain.*sharded/u },
  REDIS_TIMEOUT_MS: { values: ['99', '600001', '5s'], remedy: /from 100 to 600000/u },
  CHANNELS: { values: ['trains,line[9-0]'], remedy: /line\[9-0\].*backwards.*\[a-z\]/u },
  STREAMS: { values: ['line[9-0]'], remedy: /line\[9-0\].*backwards.*\[a-z\]/u },
  ALLOWED_ORIGINS: {
    values: ['map.example.org', 'https://map.example.org/'],
    remedy: /not an origin; write only scheme, host and port/u,
  },
  JWT_JWKS_URL: {
    values: ['issuer.example/keys', 'ftp://issuer.example', 'https://user:secret@issuer.example'],
    remedy: /cannot be used: (Invalid URL|it must (begin|not contain))/u,
  },
  JWT_JWKS_COOLDOWN_MS: { values: ['-1', '3600001'], remedy: /from 0 to 3600000/u },
  JWT_JWKS_MAX_AGE_MS: { values: ['999', '86400001'], remedy: /from 1000 to 86400000/u },
  JWT_CLOCK_TOLERANCE_MS: { values: ['-1', '600001'], remedy: /from 0 to 600000/u },
  JWT_REQUIRE_EXP: { values: ['yes', 'ON'], remedy: /on.*off/u },
  AREA_STRICT: { values: ['no', 'lax'], remedy: /on.*off/u },
  PUBLISH_CHANNELS: { values: ['line[9-0]'], remedy: /line\[9-0\].*backwards/u },
  MAX_PUBLISH_BYTES: { values: ['0', '67108865'], remedy: /from 1 to 67108864 bytes.*8 MiB/u },
  MAX_PUBLISHES_PER_SECOND: { values: ['0', 'many', '100001'], remedy: /number from 0\.01 to 100000/u },
  ANONYMOUS_CHANNELS: { values: ['line[9-0]'], remedy: /line\[9-0\].*backwards/u },
  FLUSH_MS: { values: ['-1', '1001'], remedy: /from 0 to 1000/u },
  PRECISION_METRES: { values: ['0', '-1', '1001', 'fine'], remedy: /number from 0\.000001 to 1000/u },
  PRECISION_DEGREES: { values: ['0', '2', 'NaN'], remedy: /number from 1e-12 to 1/u },
  SNAPSHOT_SHARE_MS: { values: ['-1', '60001'], remedy: /from 0 to 60000/u },
  DEFLATE: { values: ['yes', 'true', 'ON'], remedy: /on.*off/u },
  DEFLATE_MIN_BYTES: { values: ['-1', '1048577'], remedy: /from 0 to 1048576 bytes.*8 MiB/u },
  DEFLATE_LEVEL: { values: ['0', '10'], remedy: /from 1 to 9/u },
  HEARTBEAT_MS: { values: ['99', '600001'], remedy: /from 100 to 600000/u },
  LIMITS: { values: ['none', 'OFF'], remedy: /public.*off/u },
  MAX_CONNECTIONS: { values: ['0', 'many'], remedy: /from 1 to 10000000/u },
  TRUSTED_PROXIES: {
    values: ['lan', '10.0.0.0/33', '10.0.0/8', '::/129', '10.0.0.0/8/8', 'proxy.example'],
    remedy: /CIDR block such as 10\.0\.0\.0\/8.*loopback, private, linklocal/u,
  },
  MAX_CONNECTIONS_PER_ADDRESS: { values: ['-1'], remedy: /from 0 to 10000000/u },
  CONNECTIONS_PER_SECOND: { values: ['0.5'], remedy: /from 0 to 1000000/u },
  CONNECTIONS_PER_SECOND_PER_ADDRESS: { values: ['1000001'], remedy: /from 0 to 1000000/u },
  HANDSHAKE_TIMEOUT_MS: { values: ['0', '600001'], remedy: /from 100 to 600000/u },
  MAX_SUBSCRIPTIONS: { values: ['0', '1000001'], remedy: /from 1 to 1000000/u },
  MAX_CHANNELS: { values: ['0'], remedy: /from 1 to/u },
  MAX_VIEWS_PER_CHANNEL: { values: ['-1', '1000001'], remedy: /from 0 to 1000000/u },
  MAX_PENDING_COMMANDS: { values: ['1'], remedy: /from 2 to 1000000/u },
  COMMANDS_PER_SECOND: { values: ['-1'], remedy: /from 0 to 1000000/u },
  VIEW_CHANGES_PER_SECOND: { values: ['fast'], remedy: /from 0 to 1000000/u },
  IDLE_TIMEOUT_MS: { values: ['86400001'], remedy: /from 0 to 86400000/u },
  MAX_SNAPSHOT_VALUES: { values: ['0'], remedy: /from 1 to 100000000/u },
  MAX_READ_BYTES: { values: ['1023'], remedy: /from 1024 to 4294967296 bytes.*8 MiB/u },
  MAX_FRAME_BYTES: { values: ['127', '67108865', '1MB'], remedy: /from 128 to 67108864 bytes.*8 MiB/u },
  MAX_QUEUE_BYTES: { values: ['65535', '1073741825'], remedy: /from 65536 to 1073741824 bytes.*8 MiB/u },
  MAX_TOTAL_QUEUE_BYTES: { values: ['65535'], remedy: /from 65536 to 68719476736 bytes.*8 MiB/u },
  MAX_QUEUE_MESSAGES: { values: ['99', '10000001'], remedy: /from 100 to 10000000/u },
  CONFLATE_BYTES: { values: ['-1', '1073741825'], remedy: /from 0 to 1073741824 bytes.*8 MiB/u },
  CONFLATE_MESSAGES: { values: ['-1', '10000001'], remedy: /from 0 to 10000000/u },
  MAX_LIVE_BYTES: { values: ['1048575', 'much'], remedy: /from 1048576 to 68719476736 bytes.*8 MiB/u },
  WATCH_CHANNELS: { values: ['planes', 'planes=10ms'], remedy: /such as planes=60s/u },
  EXPIRE: {
    values: ['planes', 'planes=60', 'planes=10ms', '=5m', 'a=1s,b=200h'],
    remedy: /such as planes=60s/u,
  },
  NOTIFY: { values: ['[z-a]'], remedy: /write it as in \[a-z\]/u },
  NOTIFY_MS: { values: ['49', '1s'], remedy: /from 50 to 3600000/u },
  HTTP_API: {
    values: ['ogc', '/', '/admin', '/metrics/x', '/socket.io', 'on'],
    remedy: /off, or a path such as \/ogc/u,
  },
  COLLECTIONS: {
    values: [
      '[',
      '/no/such/file',
      '[{"id":""}]',
      '[{"title":"Trains"}]',
      '[{"id":"trains","extent":[1,2,3]}]',
      '[{"id":"trains","extent":[1,2,3,1]}]',
      '[{"id":"trains","crs":["3857"]}]',
      '[{"id":"trains","colour":"red"}]',
      '[{"id":"trains"},{"id":"trains"}]',
    ],
    remedy: /cannot be used: .*(such as|name a file|docs\/http-api\.md|name each once)/u,
  },
  MAX_RECOVERY: { values: ['0', '100001'], remedy: /from 1 to 100000/u },
  WORKER_THREADS: { values: ['65', '-1', 'all'], remedy: /from 0 to 64, or auto/u },
  WORKER_MIN_BYTES: { values: ['1023', '64K'], remedy: /from 1024 to 1073741824 bytes.*8 MiB/u },
  WORKER_MIN_HASH_BYTES: { values: ['1023', '1M'], remedy: /from 1024 to 1073741824 bytes.*8 MiB/u },
  WORKER_TIMEOUT_MS: { values: ['99', '10s'], remedy: /from 100 to 600000/u },
  WORKER_QUEUE_BYTES: { values: ['1048575'], remedy: /from 1048576 to 68719476736 bytes.*8 MiB/u },
  WORKER_QUEUE_MESSAGES: { values: ['9'], remedy: /from 10 to 10000000/u },
  UNSUBSCRIBE_DELAY_MS: { values: ['60001', '-5'], remedy: /from 0 to 60000/u },
  DRAIN_MS: { values: ['3600001', 'NaN'], remedy: /from 0 to 3600000/u },
  ADMIN_TOKEN: { values: ['0123456789abcde', '01234567 89abcdef'], remedy: /at least 16 .*ASCII/u },
  ADMIN_PORT: { values: ['http', '-1', '65536'], remedy: /whole number from 0 to 65535/u },
  REPLICA_ID: { values: ['a b', 'a*', 'x'.repeat(101)], remedy: /at most 100 letters, digits/u },
  REPLICA_GROUP: { values: ['[a]', 'a:b'], remedy: /at most 100 letters, digits/u },
  PEERS: { values: ['gateway', 'http://gateway:8080', 'gateway:0'], remedy: /host name and a port/u },
  LOG_LEVEL: { values: ['loud', 'INFO'], remedy: /fatal.*error.*warn.*info.*debug.*trace.*silent/u },
};

/** Any text may be a name, a path or an address; only the start shows whether it works. */
const ANY_TEXT: VariableName[] = [
  'JWT_SECRET',
  'JWT_PUBLIC_KEY',
  'JWT_PUBLIC_KEY_FILE',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'API_KEYS',
  'API_KEYS_FILE',
  'HOST',
  'STREAM_STATE_SUFFIX',
  'DEFAULT_PROJECTION',
  'COMMANDS',
  'PAGE_DIR',
  'FEATURE_ID_PROPERTY',
];

describe('an invalid value is refused with the name of the variable and the remedy', () => {
  const cases = Object.entries(BAD).flatMap(([name, { values, remedy }]) =>
    values.map((value) => ({ name, value, remedy })),
  );

  test.each(cases)('$name=$value is refused', ({ name, value, remedy }) => {
    const message = problems({ [name]: value });
    expect(message.startsWith(`${name} `)).toBe(true);
    expect(message).toMatch(remedy);
    expect(message).not.toContain('\n');
  });

  test('every variable is covered here', () => {
    expect([...Object.keys(BAD), ...ANY_TEXT].sort()).toEqual([...NAMES].sort());
  });
});

test('streams of a Redis Cluster are refused with the remedy', () => {
  const message = problems({ STREAMS: 'trains', REDIS_URL: 'redis+cluster://localhost' });
  expect(message).toMatch(/^STREAMS .*Redis Cluster.*one server or Sentinels/u);
});

test('credentials for Sentinels require a URL that names Sentinels', () => {
  const sentinels = {
    REDIS_URL: 'redis+sentinel://localhost/mymaster',
    REDIS_SENTINEL_USER: 'viaduct',
    REDIS_SENTINEL_PASSWORD: 'secret',
  };
  expect(redisAccess(loadConfig(sentinels)).sentinel).toEqual({
    username: 'viaduct',
    password: 'secret',
  });
  expect(redisAccess(loadConfig({}))).toEqual({ sentinel: {}, tls: {} });
});

test('an error does not repeat a password', () => {
  expect(problems({ REDIS_URL: 'redis://user:secret@host/first' })).not.toContain('secret');
  expect(problems({ ADMIN_TOKEN: 'too-short' })).not.toContain('too-short');
});

test('a name that no longer has an effect is reported', () => {
  expect(problems({ CORS_ORIGINS: 'https://a.example' })).toMatch(
    /CORS_ORIGINS is now called ALLOWED_ORIGINS/u,
  );
  expect(problems({ CORS_ORIGINS: ' ' })).toBe('');
});

test('a former name works until the new one is set, and both together are refused', () => {
  expect(loadConfig({ CLUSTER_NAME: 'old' }).admin.group).toBe('old');
  expect(loadConfig({ CLUSTER_NAME: 'old', REPLICA_GROUP: ' ' }).admin.group).toBe('old');
  expect(problems({ CLUSTER_NAME: 'a b' })).toMatch(/^REPLICA_GROUP must be at most 100 letters/u);
  expect(problems({ CLUSTER_NAME: 'old', REPLICA_GROUP: 'new' })).toBe(
    'CLUSTER_NAME is the former name of REPLICA_GROUP; set only REPLICA_GROUP',
  );
  expect(configReference()).toMatch(/\| `REPLICA_GROUP`.*The former name `CLUSTER_NAME` is deprecated\. \|/u);
});

test('several problems are reported together, each on its own line', () => {
  const message = problems({ PORT: 'x', LOG_LEVEL: 'loud', MAX_CONNECTIONS: '0', FLUSH_MS: '5' });
  const lines = message.split('\n').map((line) => line.split(' ')[0]);
  expect(lines.sort()).toEqual(['LOG_LEVEL', 'MAX_CONNECTIONS', 'PORT']);
});

test('the references name every variable with its default and its meaning', () => {
  for (const name of NAMES) {
    const { default: fallback, doc } = VARIABLES[name];
    const row = configReference()
      .split('\n')
      .find((line) => line.startsWith(`| \`${name}\` |`));
    expect(row).toContain(doc);
    if (fallback !== '') expect(row).toContain(`| \`${fallback}\``);
    const help = configHelp()
      .split('\n')
      .find((line) => line.trim().startsWith(`${name} `));
    expect(help).toContain(doc.replaceAll('`', ''));
    if (fallback !== '') expect(help).toContain(`[${fallback}`);
  }
});

test('every row of the Markdown tables has four columns', () => {
  const rows = configReference()
    .split('\n')
    .filter((line) => line.startsWith('|'));
  for (const row of rows) expect(row.split('|')).toHaveLength(6);
});

test('every setting is in one section and has its own option', () => {
  const inSections = Object.values(SECTIONS).flatMap((settings) => Object.keys(settings));
  expect(inSections.sort()).toEqual([...NAMES].sort());
  expect(new Set(NAMES.map((name) => VARIABLES[name].option)).size).toBe(NAMES.length);
});
