import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { RawClient, SocketIoClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, until } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';

// The tests read the metrics over a connection of their own, so the limits have room for it.

function start(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', MAX_CONNECTIONS_PER_ADDRESS: '10', ...env });
}

/** Opens a TCP connection that sends nothing. */
async function halfOpen({ port }: GatewayProcess, received: string[] = []): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (data) => received.push(String(data)));
  socket.on('error', () => undefined);
  atEnd(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function several<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, make));
}

async function inState(gateway: GatewayProcess, state: string): Promise<number> {
  return (await gateway.scrape()).sum('viaduct_http_connections', { state });
}

async function refusedOf(gateway: GatewayProcess, reason = 'too_many_from_address'): Promise<number> {
  return (await gateway.scrape()).sum('viaduct_http_connections_refused_total', { reason });
}

/** Makes a request on a connection that stays open; resolves with the status of the answer. */
function ask(gateway: GatewayProcess, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asking = request(`${gateway.url}/healthz`, { agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    asking.on('error', reject).end();
  });
}

test('connections without a request are counted, and those of one address are limited', async () => {
  const gateway = await start();
  const received: string[] = [];
  const sockets = await several(30, () => halfOpen(gateway, received));
  await until(() => received.length >= 20, 'the answers to those beyond ten');
  expect(received[0]).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/u);
  expect(received[0]).toContain('too_many_from_address');
  for (const socket of sockets) socket.destroy();
  await eventually(async () => expect(await refusedOf(gateway)).toBeGreaterThanOrEqual(20));
  await eventually(async () => expect(await inState(gateway, 'handshake')).toBe(0));
});

test('connections that wait for their next request make room for others', async () => {
  const gateway = await start();
  const agents = Array.from({ length: 30 }, () => new Agent({ keepAlive: true }));
  atEnd(() => agents.forEach((agent) => void agent.destroy()));
  for (const agent of agents) expect(await ask(gateway, agent)).toBe(200);
  expect(await refusedOf(gateway)).toBe(0);
  // One of the ten is that of the metrics, which is in use at this moment.
  await eventually(async () => expect(await inState(gateway, 'idle')).toBe(9));
  await eventually(async () => expect(await inState(gateway, 'request')).toBe(1));
});

test('WebSockets and sessions over polling have their own count', async () => {
  const gateway = await start({ MAX_CONNECTIONS_PER_ADDRESS: '6' });
  const polling = await several(3, () => SocketIoClient.connect(gateway.url, { transports: ['polling'] }));
  const raw = await several(3, () => RawClient.connect(gateway.url));
  for (const client of [...polling, ...raw]) expect((await client.run('PING')).status.status).toBe('ok');
  expect(await inState(gateway, 'handshake')).toBe(0);
});

test('a trusted proxy may have any number of connections, and open them at any rate', async () => {
  const gateway = await start({ TRUSTED_PROXIES: 'loopback', CONNECTIONS_PER_SECOND_PER_ADDRESS: '1' });
  await several(30, () => halfOpen(gateway));
  await eventually(async () => expect(await inState(gateway, 'handshake')).toBe(30));
  expect((await gateway.scrape()).sum('viaduct_http_connections_refused_total')).toBe(0);
});

test('all connections together are limited', async () => {
  const gateway = await start({ MAX_CONNECTIONS: '1', MAX_CONNECTIONS_PER_ADDRESS: '0' });
  // Two for the client, and 1,000 for other purposes.
  const sockets = await several(1100, () => halfOpen(gateway));
  // The gateway has accepted all of them before they end, so that none gets the room of another.
  const cut = (): number => sockets.filter(({ readableEnded }) => readableEnded).length;
  await until(() => cut() >= 98, 'the connections beyond the limit to be cut');
  for (const socket of sockets) socket.destroy();
  await eventually(async () =>
    expect(await refusedOf(gateway, 'too_many_connections')).toBeGreaterThanOrEqual(98),
  );
});
