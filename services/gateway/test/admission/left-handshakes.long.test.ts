import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, until } from '@viaduct/testkit/wait';
import { beforeAll, expect, test } from 'vitest';
import { createGateway, MemorySource } from '../../src/index.js';

/** A token that names a key, which the gateway has to ask for. */
const TOKEN = [{ alg: 'RS256', kid: 'unknown' }, { sub: 'somebody' }, 'signature']
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.');

let port = 0;
let asked = 0;

beforeAll(async () => {
  // A key server that does not answer.
  const keys = createServer(() => {
    asked++;
  });
  keys.listen(0, '127.0.0.1');
  await once(keys, 'listening');
  atEnd(() => {
    keys.closeAllConnections();
    keys.close();
  });
  const gateway = createGateway({
    port: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    channels: ['trains'],
    anonymousChannels: ['trains'],
    source: new MemorySource(),
    limits: { maxConnections: 1 },
    auth: {
      jwtJwksUrl: `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`,
      jwtJwksCooldownMs: 0,
    },
  });
  atEnd(() => gateway.close());
  port = Number(new URL((await gateway.start()).url).port);
});

/** Sends a WebSocket handshake. Only the gateway ends the connection. */
async function handshake(path: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  atEnd(() => void socket.destroy());
  await once(socket, 'connect');
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n`);
  return socket;
}

// An error that nobody handles would fail the run.
test.each(['/?', '/socket.io/?EIO=4&transport=websocket&'])(
  'a client of %s that resets its connection while its credentials are checked disturbs nobody',
  async (path) => {
    const before = asked;
    await eventually(async () => {
      const socket = await handshake(`${path}token=${TOKEN}`);
      await until(() => asked > before, 'the key server to be asked', { withinMs: 1000 });
      socket.resetAndDestroy();
      await once(socket, 'close');
    });
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).ok).toBe(true);
  },
);

test('a refused client that stays, and continues to send, is disconnected', async () => {
  await eventually(async () => {
    const admitted = await handshake('/');
    expect(String(await once(admitted, 'data'))).toContain(' 101 ');
  });
  const refused = await handshake('/');
  expect(String(await once(refused, 'data'))).toContain(' 503 ');
  let isOpen = true;
  refused.once('close', () => {
    isOpen = false;
  });
  await until(() => {
    if (isOpen) refused.write('more than the request');
    return !isOpen;
  }, 'the gateway to end the connection');
});
