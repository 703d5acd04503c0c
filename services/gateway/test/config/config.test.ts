import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { type Config, loadConfig, SECTIONS, VARIABLES, type VariableName } from '../../src/config/config.js';
import { configFromOptions } from '../../src/config/from-options.js';
import type { SettingOptions } from '../../src/config/options.js';
import { redisAccess } from '../../src/config/redis-settings.js';
import { configHelp, configReference } from '../../src/config/reference.js';
import { warningsOf } from '../../src/config/warnings.js';

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

test('the operator is warned about channels that have the name of a source of the gateway', () => {
  const warnings = warningsOf(loadConfig({ CHANNELS: 'websocket,trains,buffer,*' }));
  expect(warnings).toMatchObject([/"websocket"/u, /"buffer"/u].map((name) => expect.stringMatching(name)));
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
  ['MAX_PUBLISHED_BYTES_PER_SECOND', '0', 0],
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

test('credentials for Sentinels are separate from those of the URL, which are for the master', () => {
  const sentinels = {
    REDIS_URL: 'redis+sentinel://app:other@localhost/mymaster',
    REDIS_SENTINEL_USER: 'viaduct',
    REDIS_SENTINEL_PASSWORD: 'secret',
  };
  expect(redisAccess(loadConfig(sentinels)).sentinel).toEqual({
    username: 'viaduct',
    password: 'secret',
  });
  expect(redisAccess(loadConfig({}))).toEqual({ sentinel: {}, tls: {} });
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
