import { createServer, type IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextRound } from 'node:timers/promises';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Refusal } from '../../../src/admission/admission.js';
import type { Session } from '../../../src/session/session.js';
import { RawTransport } from '../../../src/transports/websocket/transport.js';
import { holdTurns } from '../../support/held-turns.js';
import { GRANT, idleSession, openHandshakes } from '../../support/open-handshakes.js';
import { createClientWork } from '../../support/work.js';

/** More than a round of the event loop allows for handshakes, in ms. */
const LONG = 50;

/** The end of a handshake, and the round of the event loop in which it was. */
interface Ended {
  network: string | null;
  round: number;
}

/** Counts rounds of the event loop until the test has ended. */
function countRounds(): () => number {
  let rounds = 0;
  let next = setImmediate(function again() {
    rounds++;
    next = setImmediate(again);
  });
  atEnd(() => clearImmediate(next));
  return () => rounds;
}

/** A clock that a function can put forward. */
function skewClock(): (ms: number) => void {
  const clock = performance.now.bind(performance);
  let skew = 0;
  const now = vi.spyOn(performance, 'now').mockImplementation(() => clock() + skew);
  onTestFinished(() => now.mockRestore());
  return (ms) => {
    skew += ms;
  };
}

interface Options {
  /** Checks the credentials; by default, clients have none. */
  check?: () => Promise<void>;
  general?: (raw: RawTransport) => Refusal | null;
  handshakeTimeoutMs?: number;
}

/** A transport for which each client takes long, whether it becomes a session or is refused. */
function transport({ check, general = () => null, handshakeTimeoutMs = 60_000 }: Options) {
  const round = countRounds();
  const pass = skewClock();
  const clientWork = createClientWork();
  const [opened, refused, timedOut]: [Ended[], (Ended & { reason: string })[], string[]] = [[], [], []];
  const session = (): Session => {
    pass(LONG);
    return idleSession();
  };
  const server = new Server();
  const raw: RawTransport = new RawTransport(
    server,
    session,
    {
      opened: ({ address }) => void opened.push({ network: address, round: round() }),
      closed: () => {},
      refused: (_transport, reason, network) => {
        pass(LONG);
        refused.push({ network, round: round(), reason });
      },
      handshakeTimedOut: (stage) => void timedOut.push(stage),
    },
    {
      ...openHandshakes({
        handshake: async () => {
          await check?.();
          return GRANT;
        },
        grantAtOnce: () => (check === undefined ? GRANT : null),
        addressOf: (headers) => String(headers['x-network']),
        general: () => general(raw),
      }),
      clientWork,
      handshakeTimeoutMs,
      deflate: null,
      version: '0',
      isForeign: () => false,
    },
  );
  atEnd(() => raw.close());
  return { server, raw, clientWork, opened, refused, timedOut, round };
}

/**
 * Lets clients of these networks ask for a WebSocket. Their handshakes arrive in one round of the event loop.
 *
 * @param before called in the same round, before the first one
 */
async function arriveTogether(server: Server, networks: readonly string[], before = () => {}) {
  const outer = createServer();
  const arrived = new Map<string, [IncomingMessage, Duplex, Buffer]>();
  const all = new Promise<void>((resolve) => {
    outer.on('upgrade', (request, socket, head) => {
      arrived.set(String(request.headers['x-number']), [request, socket, head]);
      if (arrived.size < networks.length) return;
      before();
      for (const i of networks.keys()) server.emit('upgrade', ...(arrived.get(String(i)) ?? []));
      resolve();
    });
  });
  await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve));
  atEnd(() => void outer.close());
  const { port } = outer.address() as AddressInfo;
  const clients = networks.map((network, i) => {
    const headers = { 'x-network': network, 'x-number': String(i) };
    const client = new WebSocket(`ws://127.0.0.1:${port}`, { headers });
    client.on('error', () => {});
    return client;
  });
  atEnd(() => clients.forEach((client) => void client.terminate()));
  await all;
  return { clients, sockets: [...arrived.values()].map(([, socket]) => socket) };
}

const FLOOD = Array.from({ length: 10 }, () => '192.0.2.1');
const OTHER = '198.51.100.1';

function roundsOf(ended: readonly Ended[]): number {
  return new Set(ended.map(({ round }) => round)).size;
}

test('other work of the event loop runs between two handshakes that take long', async () => {
  const { server, opened } = transport({});
  await arriveTogether(server, FLOOD);
  await until(() => opened.length === 10, 'all sessions');
  expect(roundsOf(opened)).toBe(10);
});

test('many clients of one network that connect at once delay a client of another by at most one of them', async () => {
  const { server, opened } = transport({});
  await arriveTogether(server, [...FLOOD, OTHER]);
  await until(() => opened.length === 11, 'all sessions');
  const place = opened.findIndex(({ network }) => network === OTHER);
  expect(place).toBeGreaterThanOrEqual(0);
  // The first one of the flood found time, and did not wait.
  expect(place).toBeLessThanOrEqual(2);
});

test('clients whose credentials are checked at the same time take turns, too', async () => {
  let found = (): void => {};
  const checked = new Promise<void>((resolve) => {
    found = resolve;
  });
  const { server, raw, opened } = transport({ check: () => checked });
  await arriveTogether(server, FLOOD);
  expect(raw.size).toBe(10);
  found();
  await until(() => opened.length === 10, 'all sessions');
  expect(roundsOf(opened)).toBe(10);
});

test('clients whose credentials are checked at the same time cannot all take the last free place', async () => {
  let found = (): void => {};
  const checked = new Promise<void>((resolve) => {
    found = resolve;
  });
  let places = Number.POSITIVE_INFINITY;
  const { server, opened, refused } = transport({
    check: () => checked,
    general: ({ connections }) => (connections.size >= places ? 'too_many_connections' : null),
  });
  await arriveTogether(server, FLOOD);
  places = 3;
  found();
  await until(() => opened.length + refused.length === 10, 'all answers');
  expect(opened).toHaveLength(3);
});

test('clients that wait count towards the limits, and further ones are refused before they wait', async () => {
  const { server, opened, refused } = transport({
    general: ({ size }) => (size >= 3 ? 'too_many_connections' : null),
  });
  const { release } = holdTurns();
  await arriveTogether(server, FLOOD);
  expect([opened.length, refused.length]).toEqual([0, 7]);
  release();
  await until(() => opened.length === 3, 'three sessions');
  expect(refused).toHaveLength(7);
});

test('clients that are refused in their turn take turns, too, and none of them connects', async () => {
  let isDraining = false;
  const { server, clientWork, opened, refused } = transport({
    general: () => (isDraining ? 'draining' : null),
  });
  await arriveTogether(server, FLOOD, () => clientWork.charge(LONG));
  isDraining = true;
  await until(() => refused.length === 10, 'all refusals');
  expect(roundsOf(refused)).toBe(10);
  expect(opened).toEqual([]);
});

test('nothing is done for a client that leaves while it waits, and it no longer counts', async () => {
  let checks = 0;
  const { server, raw, opened, refused } = transport({
    check: async () => {
      checks++;
    },
  });
  const { release } = holdTurns();
  const { clients, sockets } = await arriveTogether(server, [OTHER]);
  clients[0]?.terminate();
  await until(
    () => sockets.every(({ destroyed, readable }) => destroyed || !readable),
    'the end of the client',
  );
  release();
  await until(() => sockets.every(({ destroyed }) => destroyed), 'the end of the connection');
  for (let i = 0; i < 5; i++) await nextRound();
  expect([checks, opened.length, refused.length, raw.size]).toEqual([0, 0, 0, 0]);
});

test('a client that waits too long for its turn is cut and counted', async () => {
  const { server, raw, opened, timedOut } = transport({ handshakeTimeoutMs: 20 });
  const { release } = holdTurns();
  const { clients } = await arriveTogether(server, [OTHER]);
  await until(() => clients[0]?.readyState === WebSocket.CLOSED, 'the end of the client');
  expect(timedOut).toEqual(['raw']);
  release();
  await until(() => raw.size === 0, 'the client to be forgotten');
  expect(opened).toEqual([]);
});
