import { once } from 'node:events';
import { CLOSE_CODES } from '@viaduct/protocol';
import { connectEngine, RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, until } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';

const RATE_LIMITED = CLOSE_CODES.rate_limited.code;

function start(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', COMMANDS_PER_SECOND: '10', ...env });
}

async function openRaw({ url }: GatewayProcess): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  atEnd(() => socket.terminate());
  await once(socket, 'message');
  return socket;
}

/** A session over socket.io whose packets are written by hand. */
function openEngine({ url }: GatewayProcess): Promise<WebSocket> {
  return connectEngine(url);
}

const FLOODS = [
  ['raw', 'pings', openRaw, (socket: WebSocket) => socket.ping()],
  ['raw', 'pongs', openRaw, (socket: WebSocket) => socket.pong()],
  ['socket.io', 'pings', openEngine, (socket: WebSocket) => socket.ping()],
  ['socket.io', 'pongs', openEngine, (socket: WebSocket) => socket.pong()],
  ['socket.io', 'heartbeats of the engine', openEngine, (socket: WebSocket) => socket.send('3')],
  ['socket.io', 'empty packets of the engine', openEngine, (socket: WebSocket) => socket.send('6')],
] as const;

test.each(FLOODS)(
  'a %s client that sends a flood of %s is closed as one that sends too many commands',
  async (transport, kind, open, send) => {
    const gateway = await start();
    const socket = await open(gateway);
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    for (let i = 0; i < 2000; i++) send(socket);
    await closed;
    // Before that, ws cuts clients that have not received the answers to many pings.
    const code = kind === 'pings' ? undefined : String(RATE_LIMITED);
    const labels = { transport, ...(code !== undefined && { code }) };
    await eventually(async () =>
      expect((await gateway.scrape()).sum('viaduct_connections_closed_total', labels)).toBe(1),
    );
    expect((await gateway.scrape()).sum('viaduct_connections_refused_total')).toBe(0);
  },
);

test.each(FLOODS)('a %s client that sends some %s at once stays', async (_transport, _kind, open, send) => {
  const gateway = await start();
  const socket = await open(gateway);
  for (let i = 0; i < 15; i++) send(socket);
  const pong = once(socket, 'pong');
  socket.ping('last');
  await pong;
  expect(socket.readyState).toBe(WebSocket.OPEN);
  expect((await gateway.scrape()).sum('viaduct_connections')).toBe(1);
});

test('a socket.io client that sends a flood of frames before it has a session is cut and counted', async () => {
  const gateway = await start();
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  atEnd(() => socket.terminate());
  socket.on('error', () => {});
  await once(socket, 'open');
  const closed = once(socket, 'close');
  for (let i = 0; i < 2000; i++) socket.send('6');
  await closed;
  const labels = { transport: 'socket.io', reason: 'too_many_frames' };
  await eventually(async () =>
    expect((await gateway.scrape()).sum('viaduct_connections_refused_total', labels)).toBe(1),
  );
  expect((await gateway.scrape()).sum('viaduct_connections_closed_total')).toBe(0);
});

test('of a client that is closed because of its rate, nothing more is read', async () => {
  const gateway = await start();
  const socket = await openRaw(gateway);
  const closed = once(socket, 'close');
  const commands = 20_000;
  for (let i = 0; i < commands; i++) socket.send('PING');
  await closed;
  // The client itself may be too busy with sending to read the code in time.
  const ended = { code: String(RATE_LIMITED) };
  await eventually(async () =>
    expect((await gateway.scrape()).sum('viaduct_connections_closed_total', ended)).toBe(1),
  );
  const before = await gateway.scrape();
  // Those that ran or were refused, not all that were sent.
  expect(before.sum('viaduct_errors_total', { code: 'rate_limited' })).toBeLessThan(100);
  const other = await RawClient.connect(gateway.url);
  expect((await other.run('PING')).status.status).toBe('ok');
  await until(
    async () => (await gateway.scrape()).sum('viaduct_connections') === 1,
    'the end of the session',
  );
});
