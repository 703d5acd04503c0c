import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Config, ConfigError, loadConfig } from '../../src/config/config.js';
import { configHelp, configReference } from '../../src/config/reference.js';

const LONG_SECRET = 'a secret that is at least 32 bytes long';

/** A file that exists until the test ends. */
function file(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-secret-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'secret');
  writeFileSync(path, content);
  return path;
}

describe.each<[variable: string, value: string, read: (config: Config) => unknown]>([
  ['REDIS_URL', 'rediss://user:pass@redis.example:6380', ({ redis }) => redis.url],
  ['REDIS_SENTINEL_PASSWORD', 'pass', ({ redis }) => redis.sentinelPassword],
  ['JWT_SECRET', LONG_SECRET, ({ auth }) => auth.jwtSecret],
  ['ADMIN_TOKEN', '0123456789abcdef', ({ admin }) => admin.token],
])('%s', (variable, value, read) => {
  const sentinels = { REDIS_URL: 'redis+sentinel://one/main' };
  const rest = variable === 'REDIS_SENTINEL_PASSWORD' ? sentinels : {};
  const name = `${variable}_FILE`;

  test.each(['', '\n', '\r\n'])('may be in a file that ends with %j', (end) => {
    expect(read(loadConfig({ ...rest, [name]: file(value + end) }))).toBe(value);
  });

  test('cannot be both set and in a file, and the error does not contain the secret', () => {
    const load = () => loadConfig({ ...rest, [variable]: value, [name]: file(value) });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(`${variable} and ${name} are both set`);
    expect(load).not.toThrow(value);
  });

  test.each([
    ['is missing', () => '/nowhere/secret', 'cannot read /nowhere/secret'],
    ['is a folder', () => tmpdir(), `cannot read ${tmpdir()}`],
    ['is empty', () => file('\n'), 'is empty; write the value into it'],
  ])('stops the start if its file %s', (_what, path, message) => {
    const load = () => loadConfig({ ...rest, [name]: path() });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(new RegExp(`^${name}: .*${message.replaceAll('/', '\\/')}`, 'u'));
  });

  test('has its file in the reference and in --help', () => {
    expect(configReference()).toContain(`\`${name}\``);
    expect(configHelp()).toContain(name);
  });
});

test('a value from a file is checked like any other, and the error names the variable', () => {
  expect(() => loadConfig({ ADMIN_TOKEN_FILE: file('short') })).toThrow(/^ADMIN_TOKEN must be at least 16/u);
});

test('a gateway that has its Redis and its secret from files serves', async () => {
  const gateway = await startGateway({
    REDIS_URL_FILE: file('memory:\n'),
    CHANNELS: '*',
    ADMIN_TOKEN_FILE: file('0123456789abcdef\n'),
  });
  const client = await RawClient.connect(gateway.url);
  expect((await client.run('SUB a')).status.status).toBe('ok');
  const headers = { authorization: 'Bearer 0123456789abcdef' };
  expect((await fetch(`${gateway.url}/admin/replicas`, { headers })).status).toBe(200);
});
