import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { rowsOf, sessionsOf, TOKEN } from '@viaduct/testkit/admin';
import {
  connectEngine,
  RawClient,
  SocketIoClient,
  TRANSPORT_NAMES,
  type TransportName,
} from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, patience, scaled, until } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';

const POLLING = '/socket.io/?EIO=4&transport=polling';

function start(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', ...env });
}

interface Answer {
  status: number | undefined;
  retryAfter: string | undefined;
  body: string;
}

/** The answer to a request, or to its upgrade. */
function ask(url: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers, agent: false });
    asking.on('upgrade', ({ statusCode }, socket) => {
      atEnd(() => void socket.destroy());
      resolve({ status: statusCode, retryAfter: undefined, body: '' });
    });
    asking.on('response', async (response) => {
      const text = (await response.toArray()).join('');
      resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'], body: text });
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/** By itself, the engine keeps a polling connection that it closes for 30 s. */
const BEFORE_THE_ENGINE = { withinMs: 25_000 / patience() };

const WEBSOCKET = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** Requests a connection as the client with this address, through this transport. */
function knock(gateway: GatewayProcess, transport: TransportName, address: string): Promise<Answer> {
  const from = { 'x-forwarded-for': address };
  return transport === 'raw'
    ? ask(gateway.url, { ...WEBSOCKET, ...from })
    : ask(`${gateway.url}${POLLING}`, from);
}

describe('behind a trusted proxy', () => {
  test("the operator sees the clients' addresses", async () => {
    const gateway = await start({ TRUSTED_PROXIES: 'loopback', ADMIN_TOKEN: TOKEN, REDIS_URL: 'memory:' });
    await RawClient.connect(gateway.url, { headers: { 'x-forwarded-for': '6.6.6.6, 203.0.113.7' } });
    await SocketIoClient.connect(gateway.url, { headers: { 'x-real-ip': '203.0.113.8' } });
    const addresses = rowsOf(await sessionsOf(gateway)).map(({ transport, address }) => [transport, address]);
    expect(addresses.sort()).toEqual([
      ['raw', '203.0.113.7'],
      ['socket.io', '203.0.113.8'],
    ]);
  });

  test('connections of one address are limited, on both transports together', async () => {
    const gateway = await start({ TRUSTED_PROXIES: 'loopback', MAX_CONNECTIONS_PER_ADDRESS: '2' });
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const raw = await RawClient.connect(gateway.url, { headers });
    const io = await SocketIoClient.connect(gateway.url, { headers });
    for (const transport of TRANSPORT_NAMES) {
      const answer = await knock(gateway, transport, '203.0.113.7');
      expect(answer).toMatchObject({ status: 429, retryAfter: '5' });
      expect(answer.body).toContain('too_many_from_address');
      const labels = { transport, reason: 'too_many_from_address' };
      expect((await gateway.scrape()).sum('viaduct_connections_refused_total', labels)).toBe(1);
    }
    expect((await knock(gateway, 'raw', '203.0.113.8')).status).toBe(101);
    expect((await knock(gateway, 'socket.io', '203.0.113.9')).status).toBe(200);
    for (const client of [raw, io]) {
      expect((await client.run('PING')).status.status).toBe('ok');
      await client.close();
      await eventually(async () => expect((await knock(gateway, 'raw', '203.0.113.7')).status).toBe(101));
    }
  });

  test.each(TRANSPORT_NAMES)(
    '%s: an address that connects too fast does not block others',
    async (transport) => {
      const gateway = await start({ TRUSTED_PROXIES: 'loopback', CONNECTIONS_PER_SECOND_PER_ADDRESS: '2' });
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => knock(gateway, transport, '203.0.113.7')),
      );
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThanOrEqual(18);
      for (const { body } of refused) expect(body).toContain('too_fast_from_address');
      expect((await knock(gateway, transport, '203.0.113.8')).status).toBe(transport === 'raw' ? 101 : 200);
      await eventually(async () =>
        expect((await knock(gateway, transport, '203.0.113.7')).status).not.toBe(429),
      );
    },
  );
});

test.each(TRANSPORT_NAMES)(
  '%s: connections beyond the rate are refused, whatever their address',
  async (transport) => {
    const gateway = await start({ CONNECTIONS_PER_SECOND: '2' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => knock(gateway, transport, `203.0.113.${i}`)),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThanOrEqual(18);
    const labels = { transport, reason: 'too_fast' };
    expect((await gateway.scrape()).sum('viaduct_connections_refused_total', labels)).toBe(refused.length);
  },
);

test.each([
  ['MAX_CONNECTIONS', 503],
  ['MAX_CONNECTIONS_PER_ADDRESS', 429],
])('socket.io: handshakes that arrive in one packet are counted one by one for %s', async (limit, status) => {
  const gateway = await start({ [limit]: '5' });
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  atEnd(() => void socket.destroy());
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.write(`GET ${POLLING} HTTP/1.1\r\nHost: gateway\r\n\r\n`.repeat(20));
  const statuses = (): string[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/gu)].map(([, code = '']) => code);
  await until(() => statuses().length === 20, 'all answers', { state: statuses });
  expect(statuses().filter((code) => code === '200')).toHaveLength(5);
  expect(statuses().filter((code) => code === String(status))).toHaveLength(15);
});

describe('HANDSHAKE_TIMEOUT_MS', () => {
  /** What a connection receives until the gateway ends it. */
  async function untilCut(gateway: GatewayProcess, send: string): Promise<string> {
    const socket: Socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    atEnd(() => void socket.destroy());
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('error', () => {});
    socket.write(send);
    await once(socket, 'close');
    return text;
  }

  test.each([
    ['nothing', ''],
    ['half a request', 'GET / HTTP/1.1\r\nHost: gateway\r\n'],
    ['half an upgrade', 'GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n'],
  ])('cuts a connection that sends %s', async (_what, send) => {
    const gateway = await start({ HANDSHAKE_TIMEOUT_MS: String(scaled(400)) });
    expect(await untilCut(gateway, send)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/u);
    const labels = { stage: 'http' };
    expect((await gateway.scrape()).sum('viaduct_handshake_timeouts_total', labels)).toBe(1);
  });

  test('cuts an engine.io connection that does not become a session, but no session', async () => {
    const gateway = await start({ HANDSHAKE_TIMEOUT_MS: String(scaled(400)) });
    const [raw, io] = [await RawClient.connect(gateway.url), await SocketIoClient.connect(gateway.url)];
    await ask(`${gateway.url}/socket.io/?EIO=4&transport=websocket`, WEBSOCKET);
    await eventually(async () => {
      const labels = { stage: 'socket.io' };
      expect((await gateway.scrape()).sum('viaduct_handshake_timeouts_total', labels)).toBe(1);
    });
    for (const client of [raw, io]) expect((await client.run('PING')).status.status).toBe('ok');
  });

  test('cuts a connection over polling whose client does not ask again', async () => {
    const gateway = await start({ HANDSHAKE_TIMEOUT_MS: '400' });
    const opened = await fetch(`${gateway.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string };
    const poll = () => fetch(`${gateway.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
    const labels = { stage: 'socket.io' };
    await until(
      async () => (await gateway.scrape()).sum('viaduct_handshake_timeouts_total', labels) === 1,
      'the end of the connection',
      BEFORE_THE_ENGINE,
    );
    expect((await poll()).status).toBe(400);
  });

  test('cuts a connection over polling whose client fetches its refusal and asks no more', async () => {
    const gateway = await start({
      HANDSHAKE_TIMEOUT_MS: String(scaled(500)),
      MAX_CONNECTIONS: '1',
      JWT_SECRET: 's'.repeat(32),
    });
    const opened = await (await fetch(`${gateway.url}${POLLING}`)).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    const url = `${gateway.url}${POLLING}&sid=${sid}`;
    await fetch(url, { method: 'POST', body: '40{"token":"none"}' });
    expect(await (await fetch(url)).text()).toMatch(/^44\{.*"code":4005/u);
    await until(
      async () => (await knock(gateway, 'raw', '')).status !== 503,
      'room for another connection',
      BEFORE_THE_ENGINE,
    );
    const labels = { stage: 'socket.io' };
    expect((await gateway.scrape()).sum('viaduct_handshake_timeouts_total', labels)).toBe(1);
  });

  test('cuts a socket.io connection whose session has ended', async () => {
    const gateway = await start({ HANDSHAKE_TIMEOUT_MS: String(scaled(400)) });
    const socket = await connectEngine(gateway.url);
    const closed = once(socket, 'close');
    socket.send('41');
    await closed;
    const labels = { stage: 'socket.io' };
    expect((await gateway.scrape()).sum('viaduct_handshake_timeouts_total', labels)).toBe(1);
  });
});

describe('a request that offers a protocol other than WebSocket', () => {
  const h2c = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };

  test('is served as if it offered none', async () => {
    const gateway = await start({});
    expect(await ask(`${gateway.url}/healthz`, h2c)).toMatchObject({ status: 200, body: 'ok\n' });
    expect((await ask(`${gateway.url}/metrics`, h2c)).body).toContain('viaduct_connections');
    expect((await ask(`${gateway.url}/nothing`, h2c)).status).toBe(404);
    const { status, body } = await ask(`${gateway.url}${POLLING}`, h2c);
    expect([status, body.slice(0, 8)]).toEqual([200, '0{"sid":']);
    expect((await RawClient.connect(gateway.url)).socket.readyState).toBe(1);
  });

  test('is refused if its body cannot be read', async () => {
    const gateway = await start({});
    const answer = await ask(`${gateway.url}/healthz`, { ...h2c, 'content-length': '4' }, 'POST', 'body');
    expect(answer.status).toBe(400);
    expect((await ask(`${gateway.url}/healthz`)).status).toBe(200);
  });
});
