import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outcomes, RawClient, SocketIoClient, type TestClient } from '@viaduct/testkit/clients';
import { keyPair, pemOf, SECRET, sha256, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, runGateway, startGateway } from '@viaduct/testkit/gateway';
import { poll, UPGRADES, upgrade } from '@viaduct/testkit/handshakes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const MAPS = 'a-key-of-the-map-team-0123456789';
const OTHERS = 'a-key-of-others-0123456789-abcdef';
const OPEN = { REDIS_URL: 'memory:', CHANNELS: 'trains,line_*,news' };

/** The command of docs/security.md. */
function hashByShell(key: string): string {
  return execFileSync('sh', ['-c', 'printf %s "$KEY" | sha256sum'], {
    env: { PATH: process.env.PATH, KEY: key },
  })
    .toString()
    .slice(0, 64);
}

const KEYS = JSON.stringify([
  { name: 'maps', sha256: hashByShell(MAPS), channels: ['trains', 'outside'] },
  { sha256: sha256(OTHERS).toUpperCase(), channels: ['line_*'] },
]);

const CONNECT: Record<string, (url: string, key: string) => Promise<TestClient>> = {
  'raw: ?key=': (url, key) => RawClient.connect(`${url}/v1/?key=${key}`),
  'raw: X-API-Key': (url, key) => RawClient.connect(url, { headers: { 'X-API-Key': key } }),
  'raw: subprotocol': (url, key) =>
    RawClient.connect(url, { protocols: ['viaduct.v1', `viaduct.key.${key}`] }),
  'socket.io: ?key=': (url, key) => SocketIoClient.connect(url, { query: { key } }),
  'socket.io: X-API-Key, polling': (url, key) =>
    SocketIoClient.connect(url, { headers: { 'X-API-Key': key }, transports: ['polling'] }),
  'socket.io: auth.key': (url, key) => SocketIoClient.connect(url, { auth: { key } }),
};

describe('a gateway with API keys', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await startGateway({ ...OPEN, API_KEYS: KEYS, JWT_SECRET: SECRET, LOG_LEVEL: 'trace' });
  });

  test.each(Object.entries(CONNECT))('accepts one from %s', async (_, connect) => {
    const client = await connect(gateway.url, MAPS);
    const lines = ['GET trains', 'SUB trains', 'GET line_1', 'GET outside'];
    expect(await outcomes(client, ...lines)).toEqual(['ok', 'ok', 'not_allowed', 'not_allowed']);
    expect(await outcomes(await connect(gateway.url, OTHERS), 'GET trains', 'GET line_1')).toEqual([
      'not_allowed',
      'ok',
    ]);
  });

  test('an unknown key is refused everywhere', async () => {
    const refusal = {
      status: 401,
      body: { code: 4005, message: expect.stringContaining('API key') },
    };
    for (const key of ['unknown-key', sha256(MAPS), MAPS.slice(1)]) {
      expect(await upgrade(gateway.url, UPGRADES.raw(`key=${key}`))).toMatchObject(refusal);
      expect(await upgrade(gateway.url, UPGRADES['socket.io'](`key=${key}`))).toMatchObject(refusal);
      expect(await poll(gateway.url, `key=${key}`)).toMatchObject(refusal);
      await expect(SocketIoClient.connect(gateway.url, { auth: { key } })).rejects.toMatchObject({
        cause: { data: { code: 4005 } },
      });
    }
    const scrape = await gateway.scrape();
    const reason = { reason: 'invalid_key' };
    expect(scrape.sum('viaduct_connections_refused_total', { transport: 'raw', ...reason })).toBe(3);
    expect(scrape.sum('viaduct_connections_refused_total', { transport: 'socket.io', ...reason })).toBe(9);
  });

  test('a token takes precedence over a key, and can replace it', async () => {
    const token = await sign({ channels: ['news'] });
    const both = await RawClient.connect(`${gateway.url}/?key=${MAPS}&token=${token}`);
    expect(await outcomes(both, 'GET trains', 'GET news')).toEqual(['not_allowed', 'ok']);
    const client = await RawClient.connect(`${gateway.url}/?key=${MAPS}`);
    expect(await outcomes(client, 'GET news', `TOKEN ${token}`, 'GET news')).toEqual([
      'not_allowed',
      'ok',
      'ok',
    ]);
  });

  test('without a key nothing is readable', async () => {
    expect(await outcomes(await RawClient.connect(gateway.url), 'GET trains', 'GET news')).toEqual([
      'not_allowed',
      'not_allowed',
    ]);
  });

  test('no part of a key appears in the log', () => {
    for (const text of [MAPS, OTHERS, 'unknown-key', sha256(MAPS)])
      expect(gateway.stdout).not.toContain(text);
  });
});

describe('invalid settings stop the start with their name and the remedy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-access-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  afterAll(() => rmSync(folder, { recursive: true }));
  const keys = keyPair('a');
  const privatePem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  test.each([
    [{ JWT_SECRET: 'short-secret' }, /^JWT_SECRET must have at least 32 bytes; "openssl rand/mu],
    [{ JWT_PUBLIC_KEY: 'no-pem-at-all' }, /^JWT_PUBLIC_KEY must be a public key in PEM/mu],
    [{ JWT_PUBLIC_KEY: privatePem }, /^JWT_PUBLIC_KEY must be only the public key/mu],
    [
      { JWT_PUBLIC_KEY_FILE: '/no/such/key.pem' },
      /^JWT_PUBLIC_KEY_FILE .*cannot be read \(ENOENT\); name a file/mu,
    ],
    [{ JWT_PUBLIC_KEY_FILE: folder }, /^JWT_PUBLIC_KEY_FILE .*\(EISDIR\)/mu],
    [
      { JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://a.example' },
      /^JWT_SECRET and JWT_JWKS_URL exclude each other/mu,
    ],
    [{ API_KEYS: 'trains' }, /^API_KEYS must be JSON: a list of keys/mu],
    [{ API_KEYS: '{}' }, /^API_KEYS must be a list of keys, as in docs\/security\.md/mu],
    [{ API_KEYS: '[]' }, /^API_KEYS must be a list of keys/mu],
    [{ API_KEYS: '[{"sha256":"abc"}]' }, /^API_KEYS .*0\.sha256: must be the SHA-256 hash of a key, 64/mu],
    [{ API_KEYS: `[{"sha256":"${sha256('a')}","chanels":[]}]` }, /^API_KEYS .*chanels/mu],
    [
      { API_KEYS: `[{"sha256":"${sha256('a')}","channels":["a[z-a]"]}]` },
      /^API_KEYS key 0: .*runs backwards/mu,
    ],
    [{ API_KEYS_FILE: file('bad.json', '[') }, /^API_KEYS_FILE must be JSON/mu],
    [{ API_KEYS: KEYS, API_KEYS_FILE: '/x' }, /^API_KEYS and API_KEYS_FILE exclude each other/mu],
    [{ ANONYMOUS_CHANNELS: 'news' }, /^ANONYMOUS_CHANNELS is for gateways with tokens or API keys/mu],
  ])('%j stops the start', async (env, message) => {
    const { exit, gateway } = await runGateway({ ...OPEN, ...env });
    expect(exit).toBe(1);
    expect(gateway.stderr).toMatch(message);
    expect(gateway.stderr).not.toMatch(/short-secret|no-pem-at-all|PRIVATE KEY-----/u);
  });

  test('keys are read from files', async () => {
    const env = {
      JWT_PUBLIC_KEY_FILE: file('key.pem', pemOf(keys)),
      API_KEYS_FILE: file('keys.json', KEYS),
    };
    const gateway = await startGateway({ ...OPEN, ...env });
    const byKey = await RawClient.connect(`${gateway.url}/?key=${MAPS}`);
    expect(await outcomes(byKey, 'GET trains')).toEqual(['ok']);
    const byToken = await RawClient.connect(
      `${gateway.url}/?token=${await sign({ channels: ['news'] }, keys)}`,
    );
    expect(await outcomes(byToken, 'GET news')).toEqual(['ok']);
  });
});
