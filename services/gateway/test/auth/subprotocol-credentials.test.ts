import { RawClient } from '@viaduct/testkit/clients';
import { inSeconds, SECRET, sha256, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

/** With characters that a subprotocol must not contain; RFC 9110 lists those that it may. */
const KEY = 'key (of the map team), "ä"';

/** The same as a page would write it: percent-encoded by hand. */
const ESCAPED_KEY = 'key%20%28of%20the%20map%20team%29%2C%20%22%C3%A4%22';

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await startGateway({
    REDIS_URL: 'memory:',
    CHANNELS: 'trains',
    JWT_SECRET: SECRET,
    JWT_CLOCK_TOLERANCE_MS: '0',
    API_KEYS: JSON.stringify([{ sha256: sha256(KEY), channels: ['trains'] }]),
  });
});

/** The close code of a connection; null if the handshake fails. */
function closeCode(...protocols: string[]): Promise<number | null> {
  const socket = new WebSocket(gateway.url.replace(/^http/u, 'ws'), protocols);
  atEnd(() => socket.terminate());
  return new Promise((resolve) => {
    socket.on('error', () => resolve(null));
    socket.on('close', (code) => resolve(code));
  });
}

describe('credentials in a subprotocol', () => {
  test('are never the subprotocol that the gateway chooses', async () => {
    const token = `viaduct.token.${await sign({ channels: ['trains'] })}`;
    for (const [offers, chosen] of [
      [['viaduct.v1', token], 'viaduct.v1'],
      [[token, 'viaduct.v1'], 'viaduct.v1'],
      [[token, 'other'], 'other'],
    ] as const) {
      const client = await RawClient.connect(gateway.url, { protocols: offers });
      expect(client.socket.protocol).toBe(chosen);
    }
  });

  test('may be any text, percent-encoded', async () => {
    const client = await RawClient.connect(gateway.url, {
      protocols: ['viaduct.v1', `viaduct.key.${ESCAPED_KEY}`],
    });
    expect((await client.run('SUB trains')).status).toMatchObject({ status: 'ok' });
  });

  test('that are refused close the connection with the code, which a page can read', async () => {
    const expired = await sign({ channels: ['trains'], exp: inSeconds(-60) });
    expect(await closeCode('viaduct.v1', 'viaduct.token.no.token.at.all')).toBe(4005);
    expect(await closeCode('viaduct.v1', 'viaduct.token.%')).toBe(4005);
    expect(await closeCode('viaduct.v1', 'viaduct.key.unknown')).toBe(4005);
    expect(await closeCode('viaduct.v1', `viaduct.token.${expired}`)).toBe(4004);
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_connections_refused_total', { reason: 'invalid_key' })).toBe(1);
    expect(scrape.sum('viaduct_connections_refused_total', { reason: 'token_expired' })).toBe(1);
  });

  test('in another place are refused by the handshake, as before', async () => {
    const socket = new WebSocket(`${gateway.url.replace(/^http/u, 'ws')}/?token=none`, ['viaduct.v1']);
    const status = await new Promise((resolve) => {
      socket.on('error', () => {});
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    });
    expect(status).toBe(401);
    socket.terminate();
  });
});
