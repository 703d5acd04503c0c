import { createServer, type IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Admission } from '../../../src/admission/admission.js';
import type { Grant } from '../../../src/auth/grant.js';
import { CommandTurns } from '../../../src/commands/command-turns.js';
import type { Session } from '../../../src/session/session.js';
import { RawTransport } from '../../../src/transports/websocket/transport.js';

/** More than a round of the event loop allows for handshakes, in ms. */
const LONG = 1000;

/** A client that has become a session, and the round of the event loop in which it has. */
interface Opened {
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

/** Lets clients of these networks in whose handshakes arrive in one round of the event loop. Each of them takes long. */
async function connectTogether(networks: readonly string[]): Promise<Opened[]> {
  const round = countRounds();
  const turns = new CommandTurns();
  const opened: Opened[] = [];
  const session = (): Session => {
    turns.charge(LONG);
    return { tell: () => {}, closed: () => {}, receive: () => {}, outbox: { resume: () => {} } } as never;
  };
  const inner = new Server();
  const grant = {} as Grant;
  const raw = new RawTransport(
    inner,
    session,
    {
      opened: ({ address }) => void opened.push({ network: address, round: round() }),
      closed: () => {},
      refused: () => {},
      handshakeTimedOut: () => {},
    },
    {
      admission: new Admission(
        (_remote, headers) => String(headers['x-network']),
        () => null,
        { perAddress: 0, perSecond: 0, perSecondPerAddress: 0 },
      ),
      authenticator: {
        checkOrigin: () => {},
        grantAtOnce: () => grant,
        handshake: async () => grant,
        auth: async () => null,
        admit: async () => grant,
      },
      accounts: { check: () => {} },
      reportInternalError: () => {},
      turns,
      maxFrameBytes: 1024,
      heartbeatMs: 60_000,
      deflate: null,
      version: '0',
      isForeign: () => false,
    },
  );
  const outer = createServer();
  const arrived = new Map<string, [IncomingMessage, Duplex, Buffer]>();
  outer.on('upgrade', (request, socket, head) => {
    arrived.set(String(request.headers['x-number']), [request, socket, head]);
    if (arrived.size < networks.length) return;
    for (const i of networks.keys()) inner.emit('upgrade', ...(arrived.get(String(i)) ?? []));
  });
  await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    await raw.close();
    outer.close();
  });
  const { port } = outer.address() as AddressInfo;
  const clients = networks.map((network, i) => {
    const headers = { 'x-network': network, 'x-number': String(i) };
    return new WebSocket(`ws://127.0.0.1:${port}`, { headers });
  });
  atEnd(() => clients.forEach((client) => void client.terminate()));
  await until(
    () => clients.every(({ readyState }) => readyState === WebSocket.OPEN),
    'all clients to be connected',
  );
  return opened;
}

test('other work of the event loop runs between two handshakes that take long', async () => {
  const opened = await connectTogether(Array.from({ length: 10 }, () => '192.0.2.1'));
  expect(new Set(opened.map(({ round }) => round)).size).toBe(10);
});

test('many clients of one network that connect at once delay a client of another by one of them at most', async () => {
  const flood = Array.from({ length: 10 }, () => '192.0.2.1');
  const opened = await connectTogether([...flood, '198.51.100.1']);
  // The first one of the flood found time, and did not wait.
  expect(opened.findIndex(({ network }) => network === '198.51.100.1')).toBeLessThanOrEqual(2);
});
