import { request } from 'node:http';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { beforeAll, describe, expect, test } from 'vitest';

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', DEFLATE: 'on' });
});

/** Sends a handshake with this `Sec-WebSocket-Extensions`; resolves with the answer, `null` if nothing is accepted. */
function handshake(offer: string): Promise<{ status: number | undefined; accepted: string | null }> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16, 'k').toString('base64'),
    'sec-websocket-extensions': offer,
  };
  return new Promise((resolve, reject) => {
    const sent = request(gateway.url, { headers });
    sent.on('error', reject);
    sent.on('response', ({ statusCode }) => resolve({ status: statusCode, accepted: null }));
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      const accepted = response.headers['sec-websocket-extensions'] ?? null;
      resolve({ status: response.statusCode, accepted });
    });
    sent.end();
  });
}

// RFC 7692, section 7.1: a server declines an offer with parameters that are unknown, invalid or not supported.
describe('an unacceptable offer of compression is declined, and the client is served without compression', () => {
  test.each([
    'permessage-deflate; server_max_window_bits=12',
    'permessage-deflate; server_max_window_bits="12"; client_max_window_bits',
    'permessage-deflate; server_max_window_bits=16',
    'permessage-deflate; server_max_window_bits=07',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; client_max_window_bits=7',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; level=9',
    'permessage-deflate;',
    'permessage-bzip2, x-webkit-deflate-frame',
    ';;,=',
  ])('%s', async (offer) => {
    expect(await handshake(offer)).toEqual({ status: 101, accepted: null });
  });
});

describe('an acceptable offer is accepted, whatever other offers there are', () => {
  test.each([
    'permessage-deflate',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_no_context_takeover',
    'permessage-deflate; server_max_window_bits=15; client_max_window_bits="15"',
    'permessage-deflate; server_max_window_bits=12, permessage-deflate',
    'x-unknown; a="b", permessage-deflate; level=9, permessage-deflate',
  ])('%s', async (offer) => {
    const { status, accepted } = await handshake(offer);
    expect(status).toBe(101);
    // A server may name the full windows even if the client does not (section 7.1.2).
    const parts = (accepted ?? '').split('; ').filter((part) => !part.endsWith('max_window_bits=15'));
    expect(parts.toSorted()).toEqual([
      'client_no_context_takeover',
      'permessage-deflate',
      'server_no_context_takeover',
    ]);
  });
});
