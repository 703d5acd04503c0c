import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig, VARIABLES, type VariableName } from '../../src/config/config.js';
import { configReference } from '../../src/config/reference.js';

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
  MAX_PUBLISHED_BYTES_PER_SECOND: { values: ['-1', 'fast'], remedy: /from 0 to 4294967296 bytes.*8 MiB/u },
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
    expect([...Object.keys(BAD), ...ANY_TEXT].sort()).toEqual(Object.keys(VARIABLES).sort());
  });
});

test('streams of a Redis Cluster are refused with the remedy', () => {
  const message = problems({ STREAMS: 'trains', REDIS_URL: 'redis+cluster://localhost' });
  expect(message).toMatch(/^STREAMS .*Redis Cluster.*one server or Sentinels/u);
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
