import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { RawClient, SocketIoClient, type TestClient } from '@viaduct/testkit/clients';
import { runGateway } from '@viaduct/testkit/gateway';
import { upgrade } from '@viaduct/testkit/handshakes';
import { atEnd } from '@viaduct/testkit/teardown';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  AccessRefusal,
  ConfigError,
  createGateway,
  type GatewayOptions,
  type Handshake,
  type HashEntries,
  loadConfig,
  MemorySource,
  NO_STREAMS,
  type Source,
  type SourceEvents,
} from '../src/index.js';

const QUIET = { port: 0, host: '127.0.0.1', logLevel: 'silent', channels: ['*'] } as const;

/** A gateway in this process. */
async function embed(options: GatewayOptions): Promise<string> {
  const gateway = createGateway({ ...QUIET, ...options });
  atEnd(() => gateway.close());
  return (await gateway.start()).url;
}

/** The message of the ConfigError with which the options are refused. */
function refusal(options: GatewayOptions): string {
  try {
    createGateway({ ...QUIET, ...options });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('the options of an embedded gateway', () => {
  test('take sizes as numbers or with a unit, and the URL of Redis by itself', async () => {
    const source = new MemorySource();
    const url = await embed({ source, redis: 'memory:', limits: { maxFrameBytes: '1 KiB' } });
    const client = await RawClient.connect(url);
    client.send(`PING ${'x'.repeat(1024)}`);
    expect((await client.closed).code).toBe(1009);
  });

  test('follow the rules of the environment variables, and errors name the option', () => {
    expect(refusal({ limits: { maxFrameBytes: '1 parsec' } })).toMatch(
      /^limits\.maxFrameBytes must be a size/u,
    );
    expect(refusal({ port: 99_999, redis: 'localhost' })).toMatch(
      /^redis\.url .*\nport must be a whole number/u,
    );
  });

  test('do not silently ignore a name that does not exist', () => {
    const misspelled = { limits: { maxConection: 5 } } as GatewayOptions;
    expect(refusal(misspelled)).toMatch(/^limits\.maxConection is not an option/u);
  });

  test('can come from the environment and be changed one by one', async () => {
    const config = loadConfig({ REDIS_URL: 'memory:', CHANNELS: 'trains', MAX_SUBSCRIPTIONS: '1' });
    const url = await embed({ ...config, ...QUIET, channels: ['buses', 'ships'] });
    const client = await RawClient.connect(url);
    expect((await client.run('SUB buses')).status).toMatchObject({ status: 'ok' });
    expect((await client.run('SUB ships')).status).toMatchObject({ code: 'too_many_subscriptions' });
    expect((await client.run('GET trains')).status).toMatchObject({ code: 'not_allowed' });
  });
});

describe('a gateway on a server of the program', () => {
  test('serves both transports, leaves other requests to the program, and the server open at its end', async () => {
    const source = new MemorySource();
    const server = createServer((request, response) => {
      if (!gateway.handle(request, response)) response.end(`mine: ${request.url}`);
    });
    atEnd(() => server.close());
    const gateway = createGateway({ ...QUIET, source, server });
    const { url } = await gateway.start();
    expect(url).toContain(String((server.address() as AddressInfo).port));

    const clients = [await RawClient.connect(url), await SocketIoClient.connect(url)];
    for (const client of clients) {
      expect((await client.run('SUB trains')).status).toMatchObject({ status: 'ok' });
    }
    await source.publish('trains', '1');
    for (const client of clients) expect(await client.inbox.next()).toMatchObject({ content: 1 });
    expect(await (await fetch(`${url}/page`)).text()).toBe('mine: /page');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    await gateway.close();
    expect(server.listening).toBe(true);
    expect(await (await fetch(`${url}/socket.io/`)).text()).toBe('mine: /socket.io/');
  });

  test('leaves it requests that offer another protocol, as some clients do with every request', async () => {
    const server = createServer((request, response) => {
      if (!gateway.handle(request, response)) response.end(`mine: ${request.method} ${request.url}`);
    });
    atEnd(() => server.close());
    const gateway = createGateway({ ...QUIET, source: new MemorySource(), server });
    atEnd(() => gateway.close());
    const { url } = await gateway.start();
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAEAAEAA' };
    const answer = async (path: string): Promise<string> => {
      const [response] = await once(get(`${url}${path}`, { headers, agent: false }), 'response');
      return `${response.statusCode} ${await text(response)}`;
    };
    expect(await answer('/api')).toBe('200 mine: GET /api');
    expect(await answer('/healthz')).toBe('200 ok\n');
    expect(await answer('/socket.io/?EIO=4&transport=polling')).toMatch(/^200 0\{"sid"/u);
    expect((await (await RawClient.connect(url)).run('PING')).status).toBeDefined();

    // Now the program takes the offer itself.
    server.on('upgrade', (request, socket) => {
      if (request.headers.upgrade === 'h2c')
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    });
    const offered = get(`${url}/api`, { headers, agent: false });
    const [switched, socket] = await once(offered, 'upgrade');
    expect([switched.statusCode, await text(socket)]).toEqual([101, '']);
  });

  test('does not listen a second time if the program listens already', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(() => server.close());
    const url = await embed({ source: new MemorySource(), server });
    expect(url).toContain(String((server.address() as AddressInfo).port));
    expect((await (await RawClient.connect(url)).run('PING')).status).toBeDefined();
  });
});

/** A clock: one key, one channel, no Redis. */
class ClockSource implements Source {
  readonly kind = 'clock';
  readonly streams = NO_STREAMS;
  ready = false;
  #events: SourceEvents | undefined;

  async start(events: SourceEvents): Promise<void> {
    this.#events = events;
    this.ready = true;
    events.state(true);
  }

  async close(): Promise<void> {
    this.ready = false;
  }

  async hashEntries(key: string): Promise<HashEntries> {
    return key === 'clock' ? { fields: ['now'], values: ['"noon"'] } : { fields: [], values: [] };
  }

  async hashField(): Promise<string | null> {
    return null;
  }

  async publish(channel: string, text: string): Promise<void> {
    this.#events?.message(channel, text);
  }

  async subscribe(): Promise<void> {}

  async unsubscribe(): Promise<void> {}
}

test('a source of your own needs only what the package exports, and says its own kind', async () => {
  const source = new ClockSource();
  const url = await embed({ source });
  const client = await RawClient.connect(url);
  expect((await client.run('GET clock')).envelopes).toMatchObject([{ source: 'clock', content: 'noon' }]);
  await client.run('SUB clock');
  await source.publish('clock', '"one"');
  expect(await client.inbox.next()).toMatchObject({ source: 'clock', content: 'one' });
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ ready: true, source: 'clock' });
});

test.each([{}, { redis: 'memory:' }])(
  'the admin API of a gateway with a source of your own and %j connects to no Redis, and its answers are complete',
  async (options) => {
    const token = 'token-of-the-operators-1';
    const connect = vi.spyOn(Redis.prototype, 'connect');
    onTestFinished(() => connect.mockRestore());
    const url = await embed({ ...options, source: new ClockSource(), admin: { token } });
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/admin/replicas`, { headers });
    expect(await answer.json()).toMatchObject({ complete: true, missing: [] });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('\nviaduct_replicas_connected 1\n');
    expect(connect).not.toHaveBeenCalled();
  },
);

/** socket.io's `auth` with a member of the program's own. */
function authOf(name: string) {
  return { batch: false, name };
}

test('a gateway that is closed leaves no timer behind, whatever its clients waited for', async () => {
  const script = fileURLToPath(new URL('fixtures/closes.mjs', import.meta.url));
  const { exit, gateway } = await runGateway({}, { script });
  expect(gateway.stdout).toBe('kept by []\n');
  expect(exit).toBe(0);
});

test('gateways of one process measure it once', () => {
  const [one, other] = [createGateway(QUIET), createGateway(QUIET)];
  for (const name of [
    'nodejs_gc_duration_seconds',
    'nodejs_eventloop_lag_seconds',
    'process_cpu_seconds_total',
  ]) {
    expect(one.metrics.getSingleMetric(name)).toBeDefined();
    expect(one.metrics.getSingleMetric(name)).toBe(other.metrics.getSingleMetric(name));
  }
  const [mine, others] = [one, other].map(({ metrics }) => metrics.getSingleMetric('viaduct_connections'));
  expect(mine).not.toBe(others);
});

describe('authenticate', () => {
  const options = {
    anonymousChannels: ['news'],
    authenticate: ({ headers, auth }: Handshake) => {
      const name = (auth as { name?: string } | undefined)?.name ?? headers['x-name'];
      if (name === 'mallory') throw new AccessRefusal('refused', 'mallory may not connect here');
      if (name === 'bug') throw new TypeError('a bug of the program');
      return name === 'alice' ? { channels: ['trains'], area: [5, 45, 11, 48], claims: { name } } : null;
    },
  } satisfies GatewayOptions;

  const outcomes = async (client: TestClient): Promise<unknown[]> =>
    [await client.run('SUB trains'), await client.run('SUB news')].map(
      ({ status }) => ('code' in status && status.code) || 'ok',
    );

  test('says what a client of either transport may do, and null leaves it anonymous', async () => {
    const url = await embed({ ...options, source: new MemorySource() });
    const alices = [
      await RawClient.connect(url, { headers: { 'x-name': 'alice' } }),
      await SocketIoClient.connect(url, { auth: authOf('alice') }),
    ];
    for (const alice of alices) expect(await outcomes(alice)).toEqual(['ok', 'not_allowed']);
    const strangers = [await RawClient.connect(url), await SocketIoClient.connect(url)];
    for (const stranger of strangers) expect(await outcomes(stranger)).toEqual(['not_allowed', 'ok']);
  });

  test('refuses a client by throwing, and a bug in it lets nobody in', async () => {
    const url = await embed({ ...options, source: new MemorySource() });
    const refused = async (name: string): Promise<unknown> => {
      return (await upgrade(url, '/', { 'x-name': name })).status;
    };
    expect(await refused('mallory')).toBe(403);
    expect(await refused('bug')).toBe(503);
    await expect(SocketIoClient.connect(url, { auth: authOf('mallory') })).rejects.toThrow(
      'mallory may not connect',
    );
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/_total\{transport="raw",reason="refused"\} 1/u);
    expect(metrics).toMatch(/_total\{transport="socket.io",reason="refused"\} 1/u);
  });
});

test('the connect hook receives who connects, on both transports, and can refuse them', async () => {
  const seen: unknown[] = [];
  const url = await embed({
    source: new MemorySource(),
    authenticate: ({ auth, headers }) => ({ channels: ['*'], claims: { from: auth ?? headers['x-from'] } }),
    hooks: {
      async connect({ transport, claims, address }) {
        seen.push([transport, claims?.from, address]);
        if (seen.length > 2) throw new AccessRefusal('refused', 'two are enough');
      },
    },
  });
  await RawClient.connect(url, { headers: { 'x-from': 'here' } });
  await SocketIoClient.connect(url, { auth: { batch: false } });
  expect(seen).toEqual([
    ['raw', 'here', '127.0.0.1'],
    ['socket.io', { batch: false }, '127.0.0.1'],
  ]);
  expect((await upgrade(url, '/')).status).toBe(403);
});
