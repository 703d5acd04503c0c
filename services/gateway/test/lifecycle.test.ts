import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { CLOSE_CODES } from '@viaduct/protocol';
import {
  connectEngine,
  RawClient,
  SocketIoClient,
  TRANSPORT_NAMES,
  TRANSPORTS,
  type TransportName,
} from '@viaduct/testkit/clients';
import { type GatewayProcess, runGateway, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, scaled, until } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

const { code: GOING_AWAY } = CLOSE_CODES.going_away;

/** A gateway without a Redis, which nothing here needs. */
function start(env: Record<string, string> = {}): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', ...env });
}

/** HTTP status with which the raw transport refuses a connection; 101 if it accepts it. */
function upgradeStatus(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/u, 'ws'));
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode);
    });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
  });
}

test('the log names an address of IPv6 as a URL has it', async () => {
  const { url } = await start({ HOST: '::1' });
  expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/u);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('connections stay open for the next request longer than those of a usual proxy, or as long as configured', async () => {
  const keepAlive = async ({ url }: GatewayProcess): Promise<string | null> =>
    (await fetch(`${url}/healthz`)).headers.get('keep-alive');
  expect(await keepAlive(await start())).toBe('timeout=75');
  expect(await keepAlive(await start({ KEEP_ALIVE_MS: '120000' }))).toBe('timeout=120');
});

/** A TCP port of 127.0.0.1 that is in use until the end of the test. */
function usedPort(): Promise<number> {
  const server = createServer();
  atEnd(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

describe('MAX_CONNECTIONS', () => {
  test('counts both transports; further connections are refused with an error, and counted', async () => {
    const gateway = await start({ MAX_CONNECTIONS: '2' });
    const raw = await RawClient.connect(gateway.url);
    const io = await SocketIoClient.connect(gateway.url);
    expect(await upgradeStatus(gateway.url)).toBe(503);
    await expect(SocketIoClient.connect(gateway.url)).rejects.toThrow();
    const polling = await fetch(`${gateway.url}/socket.io/?EIO=4&transport=polling`);
    expect([polling.status, await polling.json()]).toEqual([
      503,
      { code: 4, message: 'too_many_connections' },
    ]);
    const scrape = await gateway.scrape();
    const refused = (transport: TransportName): number =>
      scrape.sum('viaduct_connections_refused_total', { transport, reason: 'too_many_connections' });
    expect([refused('raw'), refused('socket.io')]).toEqual([1, 2]);
    expect((await raw.run('PING')).status.status).toBe('ok');
    expect((await io.run('PING')).status.status).toBe('ok');
  });

  test.each(TRANSPORT_NAMES)('a %s connection that ends makes room for another', async (transport) => {
    const gateway = await start({ MAX_CONNECTIONS: '1' });
    const client = await TRANSPORTS[transport](gateway.url);
    expect(await upgradeStatus(gateway.url)).toBe(503);
    await client.close();
    await eventually(async () => expect(await upgradeStatus(gateway.url)).toBe(101));
  });
});

/** Longer than any test waits. */
const NEVER_MS = '3000000';

/** Stands for the other gateways behind a name: says whether one is ready, and counts how often it was asked. */
async function peers(): Promise<{ address: string; ready: boolean; asked: number }> {
  const state = { address: '', ready: true, asked: 0 };
  const server = createHttpServer((_request, response) => {
    state.asked += 1;
    response.writeHead(state.ready ? 200 : 503).end();
  });
  atEnd(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

describe('SIGTERM', () => {
  test('drains: accepts no new connections, closes the open ones evenly with 1012, exits with code 0', async () => {
    const gateway = await start({ DRAIN_MS: String(scaled(4000)) });
    const clients = [];
    for (let i = 0; i < 8; i++)
      clients.push(await TRANSPORTS[i % 2 === 0 ? 'raw' : 'socket.io'](gateway.url));
    let closed = 0;
    for (const client of clients) void client.closed.then(() => closed++);

    gateway.signal('SIGTERM');
    await eventually(async () => {
      expect(await gateway.readiness()).toMatchObject({ status: 503, ready: false, draining: true });
    });
    expect(closed).toBeLessThan(8);
    expect(await upgradeStatus(gateway.url)).toBe(503);
    await expect(SocketIoClient.connect(gateway.url)).rejects.toThrow();
    const scrape = await gateway.scrape();
    for (const transport of TRANSPORT_NAMES) {
      const labels = { transport, reason: 'draining' };
      expect(scrape.sum('viaduct_connections_refused_total', labels)).toBeGreaterThan(0);
    }
    const stillOpen = clients.at(-1);
    expect((await stillOpen?.run('PING'))?.status.status).toBe('ok');

    const codes = await Promise.all(clients.map((client) => client.closed.then(({ code }) => code)));
    expect(codes).toEqual(clients.map(() => GOING_AWAY));
    expect(await gateway.ended).toBe(0);
    expect(gateway.stderr).toBe('');
  });

  test('drains as long as another gateway is ready, and closes the rest at once when none is', async () => {
    const others = await peers();
    const gateway = await start({ DRAIN_MS: NEVER_MS, PEERS: others.address });
    const clients = [];
    for (let i = 0; i < 4; i++)
      clients.push(await TRANSPORTS[i % 2 === 0 ? 'raw' : 'socket.io'](gateway.url));
    gateway.signal('SIGTERM');
    await until(() => others.asked >= 2, 'the gateway to ask for others twice');
    expect((await clients.at(-1)?.run('PING'))?.status.status).toBe('ok');
    others.ready = false;
    const codes = await Promise.all(clients.map((client) => client.closed.then(({ code }) => code)));
    expect(codes).toEqual(clients.map(() => GOING_AWAY));
    expect(await gateway.ended).toBe(0);
  });

  test('counts a gateway that drains as not ready, so gateways that stop together do not wait for each other', async () => {
    const one = await start({ DRAIN_MS: NEVER_MS });
    const other = await start({ DRAIN_MS: NEVER_MS, PEERS: `localhost:${new URL(one.url).port}` });
    // Keeps the first one busy with its drain.
    const clients = [await RawClient.connect(one.url), await RawClient.connect(one.url)];
    clients.push(await RawClient.connect(other.url), await RawClient.connect(other.url));
    one.signal('SIGTERM');
    other.signal('SIGTERM');
    expect(await other.ended).toBe(0);
    expect((await clients[1]?.run('PING'))?.status.status).toBe('ok');
    one.signal('SIGINT');
    await one.ended;
  });

  test('without clients ends at once', async () => {
    const gateway = await start({ DRAIN_MS: '3600000' });
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('a %s after it cuts the drain short', async (second) => {
    const gateway = await start({ DRAIN_MS: '3600000' });
    const clients = await Promise.all([0, 1, 2].map(() => RawClient.connect(gateway.url)));
    gateway.signal('SIGTERM');
    await eventually(async () => expect((await gateway.readiness()).draining).toBe(true));
    gateway.signal(second);
    const codes = await Promise.all(clients.map((client) => client.closed.then(({ code }) => code)));
    expect(codes).toEqual([GOING_AWAY, GOING_AWAY, GOING_AWAY]);
    expect(await gateway.ended).toBe(0);
  });
});

describe('SIGINT', () => {
  test.each(TRANSPORT_NAMES)('ends at once, and tells a %s client why', async (transport) => {
    const gateway = await start({ DRAIN_MS: '3600000' });
    const client = await TRANSPORTS[transport](gateway.url);
    gateway.signal('SIGINT');
    expect((await client.closed).code).toBe(GOING_AWAY);
    expect(await gateway.ended).toBe(0);
  });

  test('ends even if a client does not answer', async () => {
    const gateway = await start();
    const client = await RawClient.connect(gateway.url);
    client.pause();
    const engine = await connectEngine(gateway.url);
    engine.pause();
    gateway.signal('SIGINT');
    expect(await gateway.ended).toBe(0);
  });

  test('ends even if Redis is unreachable', async () => {
    const port = await usedPort();
    const gateway = await startGateway({ REDIS_URL: `redis://127.0.0.1:${port}`, CHANNELS: '*' }, {}, false);
    gateway.signal('SIGINT');
    expect(await gateway.ended).toBe(0);
  });
});

describe('a gateway that cannot start ends with code 1 and says what is valid', () => {
  test('because its PORT is in use', async () => {
    const port = await usedPort();
    const { exit, gateway } = await runGateway({ REDIS_URL: 'memory:', PORT: String(port) });
    expect(exit).toBe(1);
    expect(gateway.stderr).toContain(`PORT ${port} is in use; set PORT to a free one`);
  });

  test.each([
    ['PORT', 'http', /PORT must be a whole number from 0 to 65535/u],
    ['HOST', '203.0.113.7', /HOST 203\.0\.113\.7 is not an address of this machine; leave HOST empty/u],
    ['REDIS_URL', 'localhost', /REDIS_URL cannot be used: .*redis:\/\//u],
    ['CHANNELS', 'line[9-0]', /CHANNELS cannot be used: .*line\[9-0\]/u],
    ['DEFAULT_PROJECTION', 'epsg:999999', /DEFAULT_PROJECTION: .*999999/u],
    ['DEFAULT_PROJECTION', 'epsg:6247', /DEFAULT_PROJECTION: .*6247/u],
    ['COMMANDS', './no-such-module.js', /COMMANDS: \.\/no-such-module\.js cannot be loaded/u],
    ['PAGE_DIR', '/no/such/folder', /PAGE_DIR .*\/no\/such\/folder/u],
  ])('because of %s=%s', async (name, value, message) => {
    const { exit, gateway } = await runGateway({ REDIS_URL: 'memory:', [name]: value });
    expect(exit).toBe(1);
    expect(gateway.stderr).toMatch(message);
    expect(gateway.stderr).toContain('--help');
    expect(gateway.stderr).not.toContain('    at ');
  });

  test('and names all settings that are wrong', async () => {
    const { exit, gateway } = await runGateway({ PORT: 'x', LOG_LEVEL: 'loud', MAX_CONNECTIONS: '0' });
    expect(exit).toBe(1);
    for (const name of ['PORT', 'LOG_LEVEL', 'MAX_CONNECTIONS']) {
      expect(gateway.stderr).toMatch(new RegExp(`^${name} `, 'mu'));
    }
  });
});

test('--help prints every setting and ends', async () => {
  const { exit, gateway } = await runGateway({}, { arguments: ['--help'] });
  expect(exit).toBe(0);
  for (const name of ['PORT', 'REDIS_URL', 'CHANNELS', 'DRAIN_MS']) expect(gateway.stdout).toContain(name);
});

test('a gateway that allows nothing says so in its log', async () => {
  const gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: '' });
  await eventually(() => {
    expect(gateway.log.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('set CHANNELS'));
  });
});
