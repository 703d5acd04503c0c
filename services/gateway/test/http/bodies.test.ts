import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { createGateway, MemorySource } from '../../src/index.js';

async function start() {
  const source = new MemorySource();
  const options = { port: 0, host: '127.0.0.1', logLevel: 'silent', channels: ['*'], source } as const;
  const gateway = createGateway(options);
  atEnd(() => gateway.close());
  const { url } = await gateway.start();
  const metrics = (): Promise<string> => gateway.metrics.metrics();
  return { port: Number(new URL(url).port), metrics };
}

/** Sends text on a connection of its own, and resolves with all that comes back until the gateway ends it. */
async function ask(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  atEnd(() => void socket.destroy());
  socket.write(bytes);
  return text(socket);
}

function head(start: string, headers: readonly string[]): string {
  return [`${start} HTTP/1.1`, 'Host: a', ...headers, '\r\n'].join('\r\n');
}

function post(path: string, ...headers: readonly string[]): string {
  return head(`POST ${path}`, headers);
}

const CHUNKED = 'Transfer-Encoding: chunked';
const UPGRADES = {
  none: [],
  h2c: ['Connection: Upgrade', 'Upgrade: h2c'],
  websocket: ['Connection: Upgrade', 'Upgrade: websocket'],
};

test.each([
  ['/healthz', 'none'],
  ['/socket.io/?EIO=4&transport=polling', 'none'],
  ['/healthz', 'h2c'],
  ['/', 'websocket'],
] as const)(
  'a request to %s with a body in chunks (upgrade: %s) is refused with 411 and counted, and Node reads no chunk',
  async (path, upgrade) => {
    let read = 0;
    const count = (): void => void read++;
    subscribe('http.server.request.start', count);
    atEnd(() => void unsubscribe('http.server.request.start', count));
    const { port, metrics } = await start();
    const chunks = '1\r\na\r\n'.repeat(1000);
    const received = await ask(port, post(path, CHUNKED, ...UPGRADES[upgrade]) + chunks);
    expect(received).toMatch(
      /^HTTP\/1\.1 411 Length Required\r\n.*a body in chunks is not read; send it in one piece, with a Content-Length/su,
    );
    expect(read).toBe(0);
    expect(await metrics()).toContain('viaduct_http_connections_refused_total{reason="chunked_body"} 1\n');
  },
);

// Some proxies send requests without a body so, such as gateways of Spring Cloud and tunnels of Cloudflare.
test.each([
  ['GET', 'an empty body', 'none', '0\r\n\r\n'],
  ['HEAD', 'an empty body', 'none', '0\r\n\r\n'],
  ['GET', 'an empty body', 'h2c', '0\r\n\r\n'],
  ['GET', 'a body that has not arrived', 'none', ''],
  ['GET', 'many chunks', 'none', '1\r\na\r\n'.repeat(200_000)],
] as const)(
  'a %s with %s in chunks (upgrade: %s) is answered without reading it, and its connection ends',
  async (method, _, upgrade, body) => {
    const { port, metrics } = await start();
    const received = await ask(port, head(`${method} /healthz`, [CHUNKED, ...UPGRADES[upgrade]]) + body);
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/u);
    expect(received.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(await metrics()).toContain('viaduct_http_connections_refused_total{reason="chunked_body"} 0\n');
  },
);

test('a request with a body of a known length is answered, and its connection continues', async () => {
  const { port } = await start();
  const last = 'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const received = await ask(port, `${post('/healthz', 'Content-Length: 4')}body${last}`);
  expect(received.match(/HTTP\/1\.1 \d+/gu)).toEqual(['HTTP/1.1 405', 'HTTP/1.1 200']);
});

test.each([
  ['is in chunks', CHUNKED, 411],
  [
    'comes with an offer of another protocol',
    'Content-Length: 4\r\nConnection: Upgrade\r\nUpgrade: h2c',
    400,
  ],
] as const)('if the body of a request %s, its connection is not kept', async (_, header, status) => {
  const { port, metrics } = await start();
  const socket = connect(port, '127.0.0.1');
  atEnd(() => void socket.destroy());
  socket.on('error', () => {});
  // More than the kernel and the gateway hold for a connection that is not read.
  socket.write(post('/healthz', header) + '1\r\na\r\n'.repeat(2_000_000));
  const [received] = await once(socket, 'data');
  expect(String(received)).toContain(`HTTP/1.1 ${status} `);
  socket.end();
  const states = ['handshake', 'request', 'idle'].map((state) => `{state="${state}"} 0`);
  await eventually(async () => {
    const now = await metrics();
    for (const state of states) expect(now).toContain(`viaduct_http_connections${state}\n`);
  });
});
