import { CLOSE_CODES } from '@viaduct/protocol';
import { outcomes, RawClient, TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { upgrade } from '@viaduct/testkit/handshakes';
import { eventually } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';

// The numbers are those of the table in docs/security.md.

function start(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', ...env });
}

function numbered<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Outcome of a handshake: `accepted`, or the reason of the refusal. */
async function knock(gateway: GatewayProcess): Promise<string> {
  const { status, body } = await upgrade(gateway.url, '/');
  return status === 101 ? 'accepted' : (body as { message: string }).message;
}

describe('by default', () => {
  test('an address may have 50 connections, and not all of them at once', async () => {
    const gateway = await start({ LIMITS: 'public' });
    const outcomes: string[] = [];
    await eventually(async () => {
      outcomes.push(...(await Promise.all(numbered(20, () => knock(gateway)))));
      expect(outcomes).toContain('too_many_from_address');
    });
    expect(outcomes).toContain('too_fast_from_address');
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(50);
    // The address may still have to wait for its next connection.
    const scrape = await eventually(() => gateway.scrape());
    expect(scrape.sum('viaduct_connections')).toBe(50);
  });

  test.each(TRANSPORT_NAMES)(
    'a map that opens, and is dragged, is not refused anything (%s)',
    async (transport) => {
      const gateway = await start({ LIMITS: 'public' });
      const client = await TRANSPORTS[transport](gateway.url);
      // A full burst: 40 subscriptions and 40 boxes, with a projection.
      client.sendTogether([
        'PROJECTION epsg:3857',
        ...numbered(40, (i) => `SUB layer${i}`),
        ...numbered(40, (i) => `BBOX ${i} 0 ${i + 1} 1`),
      ]);
      expect(await outcomes(client, 'PING')).toEqual(['ok']);
      const scrape = await gateway.scrape();
      expect(scrape.sum('viaduct_errors_total')).toBe(0);
    },
  );

  test('a session may have 100 subscriptions', async () => {
    const gateway = await start({ LIMITS: 'public', COMMANDS_PER_SECOND: '0' });
    const client = await RawClient.connect(gateway.url);
    const results = await outcomes(client, ...numbered(101, (i) => `SUB channel${i}`));
    expect(results).toEqual([...numbered(100, () => 'ok'), 'too_many_subscriptions']);
  });

  test('a frame of more than 128 KiB ends the connection', async () => {
    const gateway = await start({ LIMITS: 'public' });
    const client = await RawClient.connect(gateway.url);
    const frame = (size: number): string => 'PING '.padEnd(size, 'x');
    expect(await outcomes(client, frame(128 * 1024))).toEqual(['invalid_argument']);
    client.send(frame(128 * 1024 + 1));
    expect((await client.closed).code).toBe(CLOSE_CODES.too_big.code);
  });
});

describe('with LIMITS=off', () => {
  test('an address may open any number of connections at once', async () => {
    const gateway = await start({ LIMITS: 'off' });
    const outcomes = await Promise.all(numbered(100, () => knock(gateway)));
    expect(new Set(outcomes)).toEqual(new Set(['accepted']));
  });

  test('a limit that is set applies', async () => {
    const gateway = await start({ LIMITS: 'off', MAX_CONNECTIONS_PER_ADDRESS: '1' });
    expect(await knock(gateway)).toBe('accepted');
    expect(await knock(gateway)).toBe('too_many_from_address');
  });
});

test('a gateway with tokens warns at its start if pages of any origin may connect', async () => {
  const gateway = await start({ JWT_SECRET: 'a secret that is long enough for HS256' });
  const warnings = gateway.log.filter(({ level, msg }) => level === 40 && msg.includes('ALLOWED_ORIGINS'));
  expect(warnings).toHaveLength(1);
});
