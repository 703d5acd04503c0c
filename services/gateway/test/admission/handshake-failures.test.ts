import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { poll, UPGRADES, upgrade } from '@viaduct/testkit/handshakes';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { HandshakeOptions } from '../../src/admission/handshake.js';
import { SocketIoTransport } from '../../src/transports/socket-io/transport.js';
import type { TransportObserver } from '../../src/transports/transport.js';
import { RawTransport } from '../../src/transports/websocket/transport.js';
import { GRANT, idleSession, openHandshakes } from '../support/open-handshakes.js';
import { createClientWork } from '../support/work.js';

/** Both transports on a server of their own, with this check of handshakes. */
async function transports(handshake: HandshakeOptions['authenticator']['handshake'], heartbeatMs = 60_000) {
  const server: Server = createServer();
  const reported: unknown[] = [];
  const refused: unknown[] = [];
  const observer: TransportObserver = {
    opened: () => {},
    closed: () => {},
    refused: (transport, reason) => void refused.push([transport, reason]),
    handshakeTimedOut: () => {},
  };
  const options = {
    ...openHandshakes({ handshake }),
    reportInternalError: (error: unknown, context: object) => void reported.push([error, context]),
    heartbeatMs,
    clientWork: createClientWork(),
  };
  const socketIo = new SocketIoTransport(server, idleSession, observer, {
    ...options,
    allowedOrigins: ['*'],
    commandsPerSecond: 0,
    handshakeTimeoutMs: 60_000,
  });
  const raw = new RawTransport(server, idleSession, observer, {
    ...options,
    handshakeTimeoutMs: 60_000,
    deflate: null,
    version: '0',
    isForeign: (path) => path.startsWith('/socket.io/'),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    await Promise.all([socketIo.close(), raw.close()]);
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, raw, reported, refused };
}

test('a handshake with an unexpected error is answered, and the error is reported', async () => {
  const bug = new TypeError('a bug');
  const { url, reported, refused } = await transports(() => Promise.reject(bug));
  const answer = { status: 500, body: { message: 'the gateway failed; its log says why' } };
  expect(await upgrade(url, UPGRADES.raw(''))).toEqual(answer);
  expect(await upgrade(url, UPGRADES['socket.io'](''))).toEqual(answer);
  expect(await poll(url, '')).toMatchObject(answer);
  expect(reported).toEqual(
    ['raw', 'socket.io', 'socket.io'].map((transport) => [bug, { where: 'handshake', transport }]),
  );
  expect(refused.map(String)).toEqual(['raw,failed', 'socket.io,failed', 'socket.io,failed']);
});

test('a connection that has ended is not kept until the next heartbeat', async () => {
  // Exposed only here, because everything else must work without it.
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  vi.useFakeTimers({ toFake: ['setInterval'] });
  atEnd(() => vi.useRealTimers());
  const HEARTBEAT_MS = 600_000;
  const { url, raw } = await transports(async () => GRANT, HEARTBEAT_MS);
  const client = new WebSocket(url.replace('http', 'ws'));
  const pinged = new Promise((resolve) => client.once('ping', resolve));
  await new Promise((resolve) => client.once('open', resolve));
  await until(() => raw.size === 1, 'the connection to be open');
  const kept = [...raw.connections].map((connection) => new WeakRef(connection));
  // The heartbeat goes round in twenty steps, of which this is the first.
  vi.advanceTimersByTime(HEARTBEAT_MS / 20);
  await pinged;
  client.terminate();
  await until(() => {
    collectGarbage();
    return kept[0]?.deref() === undefined;
  }, 'the connection to be forgotten');
  expect(kept).toHaveLength(1);
});
