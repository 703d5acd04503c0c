import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect as connectSocket, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Box, connect, LiveCollection, type Viaduct } from '@viaduct/client';
import { RawClient } from '@viaduct/testkit/clients';
import { SECRET } from '@viaduct/testkit/credentials';
import { GatewayProcess, runGateway, startGateway } from '@viaduct/testkit/gateway';
import { tableRows } from '@viaduct/testkit/markdown';
import { startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld, subscribers, type World } from '@viaduct/testkit/world';
import { beforeEach, expect, type MockInstance, test, vi } from 'vitest';

const PAGE = readFileSync(new URL('../docs/troubleshooting.md', import.meta.url), 'utf8');

/** The rows of the page: a mistake, who says what is wrong, and the words. */
const MISTAKES = tableRows(PAGE)
  .filter((cells) => cells.length === 3)
  .map(([mistake, who, words]) => ({
    mistake: mistake?.text ?? '',
    who: (who?.text ?? '').split(', '),
    words: words?.code ?? [],
  }));

/** What somebody says, as it is at the moment. */
type Said = Readonly<Record<string, () => unknown>>;

/** Makes one mistake. */
type Make = () => Promise<Said>;

let warn: MockInstance;
let info: MockInstance;

beforeEach(() => {
  vi.unstubAllGlobals();
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  info = vi.spyOn(console, 'info').mockImplementation(() => {});
});

/** Everything on the console. */
const onConsole = (): string => [...warn.mock.calls, ...info.mock.calls].flat().join('\n');

function point(id: unknown, coordinates = [7, 47]): string {
  return JSON.stringify({ type: 'Feature', id, geometry: { type: 'Point', coordinates }, properties: {} });
}

const MEMORY = { REDIS_URL: 'memory:', CHANNELS: 'buses' };

/** What a gateway says that cannot start. */
async function start(env: Record<string, string>): Promise<Said> {
  const { exit, gateway } = await runGateway({ ...MEMORY, ...env });
  expect(exit).toBe(1);
  return { start: () => gateway.stderr };
}

async function check(env: Record<string, string>, ...options: string[]): Promise<Said> {
  const { gateway } = await runGateway({ ...MEMORY, ...env }, { arguments: ['check', ...options] });
  return { check: () => gateway.stdout };
}

/** What `check` says while a producer does this again and again. */
async function checkWhile(
  { server }: Pick<World, 'server'>,
  produce: (n: number) => Promise<unknown>,
): Promise<Said> {
  let n = 0;
  let last = Promise.resolve<unknown>(null);
  const timer = setInterval(() => {
    n += 1;
    last = produce(n);
  }, 20);
  const said = await check({ REDIS_URL: server.url }, '--watch', '2').finally(() => clearInterval(timer));
  await last;
  return said;
}

/** What `check` says of a Redis that has this. */
async function checkRedis(fill: (world: World) => Promise<unknown>, env = {}): Promise<Said> {
  const world = await startWorld();
  await fill(world);
  return check({ REDIS_URL: world.server.url, ...env });
}

function tail(url: string, ...args: string[]): Said {
  const all = ['tail', 'buses', '--url', url.replace('http', 'ws'), ...args];
  const process = new GatewayProcess({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, { arguments: all });
  return { tail: () => process.stderr };
}

/** A client of the gateway at this address that ends with the test. */
function client(url: string, options: { token?: string } = {}): Viaduct {
  const viaduct = connect(url, { reconnectMinMs: 10, ...options });
  atEnd(() => viaduct.close());
  return viaduct;
}

/** The address of a server that ends with the test. */
async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server with TLS, as in front of gateways. */
function tlsServer(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-tls-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
  const names = ['-subj', '/CN=localhost', '-days', '2', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...names], { stdio: 'ignore' });
  return listening(createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }));
}

/** An address at which nothing listens. */
async function nowhere(): Promise<string> {
  const server = createServer();
  const url = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

/** An address that leads to the gateway's, where each WebSocket gets the origin that a browser would send. */
function asPageOf(origin: string, url: string): Promise<string> {
  const server = createServer().on('upgrade', ({ rawHeaders }, socket) => {
    const gateway = connectSocket(Number(new URL(url).port), '127.0.0.1');
    const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`));
    gateway.write(`GET / HTTP/1.1\r\n${headers.join('')}Origin: ${origin}\r\n\r\n`);
    socket.on('error', () => gateway.destroy());
    gateway.on('error', () => socket.destroy());
    socket.pipe(gateway).pipe(socket);
  });
  return listening(server);
}

/** A gateway, and the Redis behind it. */
async function serving(env = {}) {
  const world = await startWorld();
  const gateway = await startGateway({ REDIS_URL: world.server.url, CHANNELS: 'buses', ...env });
  return { ...world, gateway };
}

/** What the console says of a collection with this box, where Redis has this feature. */
async function showing(feature: string, box: Box): Promise<Said> {
  const { gateway, redis } = await serving();
  await redis.hset('buses', 1, feature);
  const viaduct = client(gateway.url);
  void viaduct.setBox(box);
  await new LiveCollection(viaduct, 'buses').subscription.ready;
  return { console: onConsole };
}

/** What a command is answered. */
async function answer(line: string): Promise<Said> {
  const { status } = await (await RawClient.connect((await serving()).gateway.url)).run(line);
  return { answer: () => JSON.stringify(status).replaceAll('\\"', '"') };
}

function thrown(run: () => unknown): Said {
  try {
    run();
  } catch (error) {
    return { error: () => String(error) };
  }
  throw new Error('nothing was thrown');
}

const log = (gateway: GatewayProcess) => () => gateway.stdout;

/** How each mistake of the page is made. */
const MAKE: Readonly<Record<string, Make>> = {
  'a setting has an invalid value': () => start({ PORT: 'http' }),
  'the port is taken': async () => start({ PORT: new URL(await listening(createServer())).port }),
  'an allowed origin has a path': () => start({ ALLOWED_ORIGINS: 'https://map.example.org/map' }),
  'the name of a setting is misspelt': async () => {
    const env = { ...MEMORY, ALLOWED_ORIGIN: 'https://map.example.org' };
    return { ...(await check(env)), log: log(await startGateway(env)) };
  },
  'nothing is readable': async () => {
    const env = { ...MEMORY, CHANNELS: '' };
    return { ...(await check(env)), log: log(await startGateway(env)) };
  },
  'CHANNELS has spaces for commas': () => checkRedis(async () => {}, { CHANNELS: 'buses trains' }),
  'Redis is somewhere else': () => check({ REDIS_URL: 'redis://127.0.0.1:1' }),
  'Redis wants a password': async () => {
    const server = await startLocalRedis({ args: ['--requirepass', 'secret'] });
    atEnd(() => server.stop());
    return check({ REDIS_URL: server.url });
  },
  'the gateway does not run, or has another port': async () => tail(await nowhere()),
  'the page connects where no gateway runs': async () => {
    client(await nowhere());
    return { console: onConsole };
  },
  'another program has the port': async () => {
    const server = createServer().on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
    return tail(await listening(server));
  },
  'https or wss, and the gateway has no TLS': async () =>
    tail((await startGateway(MEMORY)).url.replace('http', 'https')),
  'http or ws, and the server in front has TLS': async () => tail(await tlsServer()),
  'the address has no scheme': async () => thrown(() => connect('localhost:8080')),
  'the address is that of socket.io': async () => thrown(() => connect('http://localhost:8080/socket.io/')),
  "the page's origin is not allowed": async () => {
    const gateway = await startGateway({ ...MEMORY, ALLOWED_ORIGINS: 'https://map.example.org' });
    const page = new URL('http://localhost:5173/');
    vi.stubGlobal('location', page);
    client(await asPageOf(page.origin, gateway.url));
    return { console: onConsole, log: log(gateway) };
  },
  'the token is wrong or has expired': async () => {
    client((await startGateway({ ...MEMORY, JWT_SECRET: SECRET })).url, { token: 'no.token.at.all' });
    return { console: onConsole };
  },
  'the channel is not in CHANNELS': async () => {
    const { gateway } = await serving({ CHANNELS: 'trains' });
    client(gateway.url).subscribe('buses');
    return { console: onConsole, ...tail(gateway.url) };
  },
  'a name in CHANNELS is misspelt': () =>
    checkRedis(({ redis }) => redis.hset('buses', 1, point(1)), { CHANNELS: 'buss' }),
  'the feed writes into another database': () =>
    checkRedis(async ({ redis }) => {
      await redis.select(3);
      await redis.hset('buses', 1, point(1));
    }),
  'the key is not a hash': async () => {
    const fill = ({ redis }: Pick<World, 'redis'>) => redis.set('buses', point(1));
    const { gateway, redis } = await serving();
    await fill({ redis });
    new LiveCollection(client(gateway.url), 'buses');
    return { ...(await checkRedis(fill)), console: onConsole };
  },
  'STREAMS names a channel that is not a stream': () =>
    checkRedis(({ redis }) => redis.hset('buses', 1, point(1)), { STREAMS: 'buses' }),
  'a plain WebSocket sends SUB buses live': () => answer('SUB buses live'),
  'messages are not JSON': async () => {
    const { gateway, redis } = await serving();
    const reader = await RawClient.connect(gateway.url);
    await reader.run('SUB buses');
    await redis.publish('buses', "{'type': 'Feature'}");
    return { log: log(gateway) };
  },
  'values in the hash are not JSON': () => checkRedis(({ redis }) => redis.hset('buses', 1, "{'id': 1}")),
  'the producer only publishes': async () => {
    const { gateway, redis, server } = await serving();
    await new LiveCollection(client(gateway.url), 'buses').subscription.ready;
    await eventually(async () => expect(await subscribers(redis, 'buses')).toBe(1));
    return { ...(await check({ REDIS_URL: server.url })), console: onConsole };
  },
  'the producer only stores': async () => {
    const world = await startWorld();
    return checkWhile(world, (n) => world.redis.hset('buses', 1, point(1, [7, n / 1000])));
  },
  'NOTIFY names a channel, and Redis does not notify': () =>
    checkRedis(({ redis }) => redis.config('SET', 'notify-keyspace-events', ''), { NOTIFY: 'buses' }),
  'messages name what is not stored': async () => {
    const world = await startWorld();
    return checkWhile(world, (n) => world.redis.publish('buses', point(n)));
  },
  'ids are numbers in the hash and text in messages': async () => {
    const { gateway, ...world } = await serving();
    await world.redis.hset('buses', 1, point(1));
    const reader = await RawClient.connect(gateway.url);
    await reader.run('SUB buses live=true');
    const said = await checkWhile(world, () => world.redis.publish('buses', point('1')));
    return { ...said, log: log(gateway) };
  },
  'values are not Features': async () => {
    const fill = ({ redis }: Pick<World, 'redis'>) => redis.hset('buses', 1, '{"id":1,"lat":47,"lon":7}');
    const { gateway, redis } = await serving();
    await fill({ redis });
    await new LiveCollection(client(gateway.url), 'buses').subscription.ready;
    return { ...(await checkRedis(fill)), console: onConsole };
  },
  'features have no id': async () => {
    const { gateway, redis } = await serving();
    await new LiveCollection(client(gateway.url), 'buses').subscription.ready;
    await eventually(async () => expect(await subscribers(redis, 'buses')).toBe(1));
    await redis.publish('buses', point(undefined));
    return { console: onConsole };
  },
  'features in the hash have no id': () =>
    checkRedis(({ redis }) => redis.hset('buses', 1, point(undefined))),
  'features share one id': () => checkRedis(({ redis }) => redis.hset('buses', { 1: point(1), 2: point(1) })),
  'coordinates are text in quotes': () =>
    checkRedis(({ redis }) => redis.hset('buses', 1, point(1).replace('[7,47]', '["7","47"]'))),
  'positions are in metres': () =>
    checkRedis(({ redis }) => redis.hset('buses', 1, point(1, [828_000, 5_933_000]))),
  'the axes of the box are swapped': () => showing(point(1), [46, 5, 48, 10]),
  'positions are [latitude, longitude]': () => showing(point(1, [47, 7]), [5, 46, 10, 48]),
  'the box of tail has its axes swapped': async () =>
    tail((await serving()).gateway.url, '--bbox', '46,5,48,10'),
  'the box has three numbers': () => answer('BBOX 5 45 11'),
  'the projection does not exist': () => answer('PROJECTION epsg:1'),
};

test('docs/troubleshooting.md and this suite have the same mistakes, more than twenty', () => {
  expect(MISTAKES.map(({ mistake }) => mistake)).toEqual(Object.keys(MAKE));
  expect(MISTAKES.length).toBeGreaterThan(20);
});

test.each(MISTAKES)('reported with the remedy: $mistake', async ({ mistake, who, words }) => {
  const said = (await MAKE[mistake]?.()) ?? {};
  expect([1, who.length]).toContain(words.length);
  for (const [index, name] of who.entries()) {
    const pattern = patternOf(words[index] ?? words[0] ?? '');
    await eventually(() => expect(String(said[name]?.())).toMatch(pattern));
  }
});

/** What contains these words, with any text for each `…`. */
function patternOf(words: string): RegExp {
  expect(words).not.toBe('');
  const parts = words.split('…').map((part) => part.trim().replace(/[\^$\\.*+?()[\]{}|/]/gu, '\\$&'));
  return new RegExp(parts.join('[^]*'), 'u');
}
