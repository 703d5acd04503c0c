import { get, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextRound } from 'node:timers/promises';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { io } from 'socket.io-client';
import { describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Session } from '../../../src/session/session.js';
import { SocketIoTransport } from '../../../src/transports/socket-io/transport.js';
import { holdTurns } from '../../support/held-turns.js';
import { GRANT, idleSession, openHandshakes } from '../../support/open-handshakes.js';
import { createClientWork } from '../../support/work.js';

/** How long it takes to open a session, in ms. */
const OPENING_MS = 20;

/** A transport on a server of its own, with what its observer has counted. */
async function transport(handshakeTimeoutMs = 60_000) {
  const clientWork = createClientWork();
  const counts = { checked: 0, opened: 0, timedOut: 0 };
  const session = (): Session => {
    const end = performance.now() + OPENING_MS;
    while (performance.now() < end);
    return idleSession();
  };
  const server = new Server();
  const socketIo = new SocketIoTransport(
    server,
    session,
    {
      opened: () => void counts.opened++,
      closed: () => {},
      refused: () => {},
      handshakeTimedOut: () => void counts.timedOut++,
    },
    {
      ...openHandshakes({
        handshake: async () => {
          counts.checked++;
          return GRANT;
        },
      }),
      clientWork,
      handshakeTimeoutMs,
      allowedOrigins: ['*'],
      commandsPerSecond: 0,
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => socketIo.close());
  const connections: Socket[] = [];
  server.on('connection', (socket) => void connections.push(socket));
  const { port } = server.address() as AddressInfo;
  return { socketIo, clientWork, counts, connections, url: `http://127.0.0.1:${port}` };
}

function connect(url: string, kind: 'websocket' | 'polling') {
  const client = io(url, { transports: [kind], reconnection: false, forceNew: true });
  atEnd(() => void client.disconnect());
  return client;
}

/** Begins a handshake; returns a function that breaks its connection off. */
function arrive(url: string, kind: 'websocket' | 'polling'): () => void {
  const address = `${url}/socket.io/?EIO=4&transport=${kind}`;
  if (kind === 'polling') {
    const request = get(address).on('error', () => {});
    return () => void request.destroy();
  }
  const client = new WebSocket(address).on('error', () => {});
  return () => client.terminate();
}

describe.each(['websocket', 'polling'] as const)('a socket.io client that connects with %s', (kind) => {
  test('waits for its turn before anything is checked, and counts as a connection meanwhile', async () => {
    const { socketIo, counts, url } = await transport();
    const { release } = holdTurns();
    connect(url, kind);
    await until(() => socketIo.size === 1, 'the client to arrive');
    for (let i = 0; i < 5; i++) await nextRound();
    expect(counts).toEqual({ checked: 0, opened: 0, timedOut: 0 });
    release();
    await until(() => counts.opened === 1, 'the session');
  });

  test('waits for another turn before it becomes a session', async () => {
    const { socketIo, counts, url } = await transport();
    let release = (): void => {};
    socketIo.io.engine.on('connection', () => {
      ({ release } = holdTurns());
    });
    let asked = 0;
    socketIo.io.use((_socket, next) => {
      asked++;
      next();
    });
    const client = connect(url, kind);
    await until(() => socketIo.io.engine.clientsCount === 1, 'the connection');
    // It asks for a session as soon as it knows that it is connected.
    const { engine } = client.io;
    await until(() => engine.readyState === 'open', 'the client to know');
    for (let i = 0; i < 50; i++) await nextRound();
    expect([counts.opened, asked]).toEqual([0, 0]);
    release();
    await until(() => counts.opened === 1, 'the session');
  });

  test('is charged for the time that it takes to open its session', async () => {
    const { clientWork, counts, url } = await transport();
    const charge = vi.spyOn(clientWork, 'charge');
    connect(url, kind);
    await until(() => counts.opened === 1, 'the session');
    await nextRound();
    expect(Math.max(...charge.mock.calls.map(([ms]) => ms))).toBeGreaterThanOrEqual(OPENING_MS);
  });

  test('is forgotten, without a check, if it leaves while it waits', async () => {
    const { socketIo, counts, url, connections } = await transport();
    const { release } = holdTurns();
    const leave = arrive(url, kind);
    await until(() => socketIo.size === 1, 'the client to arrive');
    leave();
    await until(() => connections.every(({ destroyed, readable }) => destroyed || !readable), 'its end');
    release();
    await until(() => socketIo.size === 0, 'the client to be forgotten');
    expect(counts).toEqual({ checked: 0, opened: 0, timedOut: 0 });
  });

  test('is cut and counted if it waits too long for its turn', async () => {
    const { socketIo, counts, url } = await transport(20);
    const { release } = holdTurns();
    const client = connect(url, kind);
    let failures = 0;
    client.on('connect_error', () => void failures++);
    await until(() => failures === 1, 'the client to be cut');
    release();
    await until(() => socketIo.size === 0, 'the client to be forgotten');
    expect(counts).toEqual({ checked: 0, opened: 0, timedOut: 1 });
  });
});
