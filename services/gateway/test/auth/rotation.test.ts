import { RawClient } from '@viaduct/testkit/clients';
import { KeyServer, keyPair, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { upgrade } from '@viaduct/testkit/handshakes';
import { eventually } from '@viaduct/testkit/wait';
import { beforeEach, describe, expect, test } from 'vitest';

const CLAIMS = { channels: ['trains'] };
const FIRST = keyPair('first', 'RS256');
const SECOND = keyPair('second', 'ES256');

function start(url: string, env: Record<string, string> = {}): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: 'trains', JWT_JWKS_URL: url, ...env });
}

async function statusOf(gateway: GatewayProcess, token: string): Promise<number | undefined> {
  return (await upgrade(gateway.url, `/?token=${token}`)).status;
}

describe('JWT_JWKS_URL', () => {
  let server: KeyServer;
  let byFirst: string;
  let bySecond: string;

  beforeEach(async () => {
    server = await KeyServer.start(FIRST);
    byFirst = await sign(CLAIMS, FIRST);
    bySecond = await sign(CLAIMS, SECOND);
  });

  test('a new key is found without a restart, and a withdrawn one is refused', async () => {
    const gateway = await start(server.url, { JWT_JWKS_COOLDOWN_MS: '0' });
    const client = await RawClient.connect(`${gateway.url}/?token=${byFirst}`);
    expect(await statusOf(gateway, bySecond)).toBe(401);
    server.keys = [FIRST, SECOND];
    expect(await statusOf(gateway, bySecond)).toBe(101);
    expect(await statusOf(gateway, byFirst)).toBe(101);
    server.keys = [SECOND];
    // A token with an unknown key makes the gateway read the set.
    expect(await statusOf(gateway, await sign(CLAIMS, keyPair('nobody')))).toBe(401);
    expect(await statusOf(gateway, byFirst)).toBe(401);
    expect((await client.run('GET trains')).status.status).toBe('ok');
  });

  test('a withdrawn key is accepted no longer than JWT_JWKS_MAX_AGE_MS', async () => {
    const gateway = await start(server.url, { JWT_JWKS_MAX_AGE_MS: '1000' });
    expect(await statusOf(gateway, byFirst)).toBe(101);
    server.keys = [SECOND];
    await eventually(async () => expect(await statusOf(gateway, byFirst)).toBe(401));
  });

  test('tokens with unknown keys do not make the gateway read the keys again and again', async () => {
    const gateway = await start(server.url, { JWT_JWKS_COOLDOWN_MS: '600000' });
    for (let i = 0; i < 5; i++) {
      const unknown = await Promise.all([1, 2, 3].map((n) => sign(CLAIMS, keyPair(`unknown ${i} ${n}`))));
      for (const status of await Promise.all(unknown.map((token) => statusOf(gateway, token)))) {
        expect(status).toBe(401);
      }
    }
    expect(server.requests).toBe(1);
    expect(await statusOf(gateway, byFirst)).toBe(101);
  });

  test('while the key set cannot be read, handshakes and TOKEN are answered with "try again later"', async () => {
    const gateway = await start(server.url);
    const client = await RawClient.connect(gateway.url);
    server.status = 500;
    expect(await statusOf(gateway, byFirst)).toBe(503);
    expect((await client.run(`TOKEN ${byFirst}`)).status).toMatchObject({
      code: 'source_unavailable',
      command: 'TOKEN',
    });
    expect(gateway.log.map(({ msg }) => msg)).toContain('cannot read the keys of tokens');
    server.status = 200;
    await eventually(async () => expect(await statusOf(gateway, byFirst)).toBe(101));
    expect((await client.run(`TOKEN ${byFirst}`)).status.status).toBe('ok');
    const scrape = await gateway.scrape();
    expect(
      scrape.sum('viaduct_connections_refused_total', { reason: 'keys_unavailable' }),
    ).toBeGreaterThanOrEqual(1);
    expect(gateway.stdout).not.toMatch(/eyJ[\w-]{20}/u);
  });

  test('after a failed read, the gateway waits before the next one, however many clients come', async () => {
    const gateway = await start(server.url, { JWT_JWKS_COOLDOWN_MS: '600000' });
    server.status = 500;
    const answers = [];
    for (let i = 0; i < 50; i++) answers.push(await statusOf(gateway, byFirst));
    expect(new Set(answers)).toEqual(new Set([503]));
    // After waits of 1, 2, 4 s and so on: as many reads as the time allows, and no test takes an hour.
    expect(server.requests).toBeLessThan(12);
    const before = server.requests;
    server.status = 200;
    await eventually(async () => expect(await statusOf(gateway, byFirst)).toBe(101));
    expect(server.requests).toBe(before + 1);
  });

  test.each([
    ['of more than 1 MiB', 400 * 1024 * 1024, 503],
    ['of nearly 1 MiB', 1024 * 1024 - 64 * 1024, 101],
  ])('of a key set %s, no more is read', async (_size, padBytes, expected) => {
    server.padBytes = padBytes;
    const gateway = await start(server.url);
    expect(await statusOf(gateway, byFirst)).toBe(expected);
    // More than the mebibyte, because the network buffers some of it.
    expect(server.sentBytes).toBeLessThan(32 * 1024 * 1024);
  });

  test('a token with a wrong algorithm, or an unreadable one, causes no request to the key server', async () => {
    const gateway = await start(server.url);
    expect(await statusOf(gateway, await sign(CLAIMS, 's'.repeat(32)))).toBe(401);
    expect(await statusOf(gateway, 'bad')).toBe(401);
    expect(server.requests).toBe(0);
  });
});
