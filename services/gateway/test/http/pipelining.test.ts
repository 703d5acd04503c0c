import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate as nextRound } from 'node:timers/promises';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { HttpServer, type HttpServerOptions } from '../../src/http/server.js';
import { createGateway, type GatewayOptions, MemorySource } from '../../src/index.js';

/** The most requests that may wait behind another one. */
const MAX_PIPELINED = 20;

interface Served {
  url: string;
  socket: Socket;
}

/** A server that answers each request with its path and a semicolon when `answer` has done its part. */
async function serve(
  answer: (request: IncomingMessage) => Promise<unknown>,
  options: Partial<HttpServerOptions> = {},
) {
  const served: Served[] = [];
  let most = 0;
  let inFlight = 0;
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    most = Math.max(most, ++inFlight);
    served.push({ url: request.url ?? '', socket: request.socket });
    await answer(request);
    inFlight--;
    response.end(`${request.url};`);
  };
  const server = new HttpServer(
    {
      handshakeTimeoutMs: 60_000,
      keepAliveMs: 60_000,
      timedOut: () => {},
      turn: () => undefined,
      cut: () => {},
      ...options,
    },
    (request, response) => void listener(request, response),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  atEnd(() => void server.close().closeAllConnections());
  return { server, port: (server.address() as AddressInfo).port, served, most: () => most };
}

/** Starts a gateway on its own server or a program's. */
async function startOn(kind: string, options: GatewayOptions = {}) {
  const server =
    kind === 'its own' ? null : createServer((request, response) => gateway.handle(request, response));
  const gateway = createGateway({
    port: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    channels: ['*'],
    source: new MemorySource(),
    ...(server !== null && { server }),
    ...options,
  });
  atEnd(async () => {
    await gateway.close();
    server?.close();
  });
  const { url } = await gateway.start();
  return { port: Number(new URL(url).port), metrics: gateway.metrics };
}

interface Sent {
  socket: Socket;
  /** All that has been received. */
  received: () => string;
  /** The bodies of the answers, each of which is a path. */
  paths: () => string[];
}

/** Opens a connection, sends text, and collects the answers. */
async function send(port: number, text: string): Promise<Sent> {
  const socket = connect(port, '127.0.0.1');
  atEnd(() => void socket.destroy());
  let received = '';
  socket.setEncoding('latin1').on('data', (data: string) => {
    received += data;
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(text);
  return {
    socket,
    received: () => received,
    paths: () => [...received.matchAll(/\r\n\r\n(\/\d+);/gu)].map(([, path = '']) => path),
  };
}

function get(i: number): string {
  return `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`;
}

function post(i: number): string {
  return `POST /${i} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody`;
}

/** Reads the body of a request to its end, and lets the event loop read on. */
async function read(request: IncomingMessage): Promise<void> {
  for await (const _ of request);
  await nextRound();
}

test.each([
  ['GET', get, () => nextRound()],
  ['POST, whose bodies are read', post, read],
] as const)(
  'pipelined requests (%s) are served one after the other, and are answered in order',
  async (_, request, answer) => {
    const { port, most } = await serve(answer);
    const { socket, paths } = await send(port, '');
    const sent: string[] = [];
    for (let round = 0; round < 50; round++) {
      const first = sent.length;
      const texts = Array.from({ length: 1 + MAX_PIPELINED }, (_each, i) => request(first + i));
      sent.push(...texts.map((_text, i) => `/${first + i}`));
      socket.write(texts.join(''));
      await until(() => paths().length === sent.length, 'all answers', { state: () => paths().length });
    }
    expect(paths()).toEqual(sent);
    expect(most()).toBe(1);
  },
);

test.each([
  ['waits', 2 + MAX_PIPELINED, () => new Promise<void>(() => {})],
  ['is served at once', 2000, async () => {}],
] as const)(
  'a connection that pipelines too many requests while one %s is cut and counted, and the rest of them is not served',
  async (_, requests, answer) => {
    const cut: string[] = [];
    const { port, served } = await serve(answer, { cut: (reason) => void cut.push(reason) });
    const { socket } = await send(port, Array.from({ length: requests }, (_each, i) => get(i)).join(''));
    if (!socket.closed) await once(socket, 'close');
    expect(cut).toEqual(['too_many_pipelined']);
    expect(served.map(({ url }) => url)).toEqual(['/0']);
    const other = await send(port, get(7));
    await until(() => served.length === 2, 'another connection to be served');
    other.socket.destroy();
  },
);

/** The requests that Node makes out of what connections send, whether they are served or not, by the port of the client. */
function countRead(): (port: number | undefined) => number {
  const ports: (number | undefined)[] = [];
  const count = (message: unknown): void => {
    ports.push((message as { socket: Socket }).socket.remotePort);
  };
  subscribe('http.server.request.start', count);
  atEnd(() => void unsubscribe('http.server.request.start', count));
  return (port) => ports.filter((other) => other === port).length;
}

const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';

test.each(['its own', "a program's"])(
  'when a connection to %s server is cut for too many pipelined requests, Node reads no more of them',
  async (kind) => {
    const read = countRead();
    const { port, metrics } = await startOn(kind);
    const { socket } = await send(port, '');
    const { localPort } = socket;
    socket.write(HEALTH.repeat(1000));
    if (!socket.closed) await once(socket, 'close');
    // One that is served, those that wait, and the one that is too many.
    expect(read(localPort)).toBe(2 + MAX_PIPELINED);
    expect(await metrics.metrics()).toContain(
      'viaduct_http_connections_refused_total{reason="too_many_pipelined"} 1\n',
    );
  },
);

test.each([
  ['without Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
  ['that expect something unknown', HEALTH.replace('Host', 'Expect: a\r\nHost'), 200],
])(
  'requests %s are answered, and one connection may pipeline no more of them than of others',
  async (_, request, status) => {
    const read = countRead();
    const { port } = await startOn('its own');
    const one = await send(port, request);
    await until(() => one.received().includes('\r\n\r\n'), 'the answer');
    expect(one.received()).toContain(`HTTP/1.1 ${status} `);
    const { socket } = await send(port, '');
    const { localPort } = socket;
    socket.write(request.repeat(1000));
    if (!socket.closed) await once(socket, 'close');
    expect(read(localPort)).toBe(2 + MAX_PIPELINED);
  },
);

test('connections that are opened too fast are not read', async () => {
  const read = countRead();
  const { port, metrics } = await startOn('its own', { limits: { connectionsPerSecondPerAddress: 1 } });
  const refused: (number | undefined)[] = [];
  const open = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.setEncoding('latin1').on('data', (data: string) => {
      received += data;
    });
    socket.on('error', () => {});
    // Before it is connected, so that it arrives with the connection.
    socket.end(HEALTH.repeat(10));
    await once(socket, 'connect');
    const { localPort } = socket;
    if (!socket.closed) await once(socket, 'close');
    if (!received.includes('too_fast_from_address')) return;
    expect(received).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/u);
    refused.push(localPort);
  };
  await until(async () => {
    await Promise.all(Array.from({ length: 20 }, open));
    return refused.length > 0;
  }, 'a connection to be refused');
  expect(refused.map(read)).toEqual(refused.map(() => 0));
  expect(await metrics.metrics()).toMatch(
    /viaduct_http_connections_refused_total\{reason="too_fast_from_address"\} [1-9]/u,
  );
});

test('while one request is served, nothing more is read, and those behind it are forgotten if the connection ends', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { port, served } = await serve(() => held);
  const { socket } = await send(port, Array.from({ length: 1 + MAX_PIPELINED }, (_, i) => get(i)).join(''));
  await until(() => served.length === 1 && served[0]?.socket.isPaused() === true, 'the connection to pause');
  const readBefore = served[0]?.socket.bytesRead;
  const other = await send(port, get(7));
  // The other connection is read after what has arrived on this one.
  socket.write(get(100).repeat(1000));
  await until(() => served.length === 2, 'another connection to be served');
  expect(served[0]?.socket.bytesRead).toBe(readBefore);
  served[0]?.socket.destroy();
  release();
  await until(() => other.paths().length === 1, 'its answer');
  expect(served.map(({ url }) => url)).toEqual(['/0', '/7']);
});

test('a connection that waits for nothing is read again', async () => {
  const { port } = await serve(async () => {});
  const { socket, paths } = await send(port, get(0) + get(1) + get(2));
  await until(() => paths().length === 3, 'three answers');
  socket.write(get(3));
  await until(() => paths().length === 4, 'the fourth');
  expect(paths()).toEqual(['/0', '/1', '/2', '/3']);
});

test.each(['its own', "a program's"])(
  'a gateway without limits on %s server serves pipelined requests to the HTTP API one after the other',
  async (kind) => {
    let checking = 0;
    let most = 0;
    const { port } = await startOn(kind, {
      limits: { commandsPerSecond: 0 },
      authenticate: async () => {
        most = Math.max(most, ++checking);
        await nextRound();
        checking--;
        return { channels: ['*'] };
      },
    });
    const asked = Array.from(
      { length: 1 + MAX_PIPELINED },
      (_, i) => `GET /ogc/none${i} HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    const { received } = await send(port, asked.join(''));
    const statuses = (): number => received().split('HTTP/1.1 404').length - 1;
    await until(() => statuses() === asked.length, 'all answers', { state: statuses });
    expect(most).toBe(1);
  },
);

test.each([
  ['its own', 'h2c'],
  ['its own', 'websocket'],
  ["a program's", 'h2c'],
  ["a program's", 'websocket'],
])(
  'a connection to %s server that asks for %s before it has its answers is cut and counted, and the gateway keeps serving',
  async (kind, protocol) => {
    const { port, metrics } = await startOn(kind);
    const upgrade = [
      'GET / HTTP/1.1',
      'Host: a',
      'Connection: Upgrade',
      `Upgrade: ${protocol}`,
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ].join('\r\n');
    for (const pipelined of [1, 2]) {
      const { socket, received } = await send(
        port,
        `${'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(pipelined)}${upgrade}\r\n\r\n`,
      );
      if (!socket.closed) await once(socket, 'close');
      expect(received()).not.toContain('101 Switching Protocols');
    }
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect(await metrics.metrics()).toContain(
      'viaduct_http_connections_refused_total{reason="early_upgrade"} 2\n',
    );
  },
);

test('requests that have arrived are answered even if the rest of what the client sent had to wait too long', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let timeouts = 0;
  const { port, server } = await serve(() => held, { handshakeTimeoutMs: 200, timedOut: () => timeouts++ });
  const late = once(server, 'clientError');
  const { socket, paths } = await send(port, `${get(0)}${get(1)}GET /2 HTTP/1.1\r\nHo`);
  const ended = once(socket, 'close');
  await late;
  release();
  await ended;
  expect([paths(), timeouts]).toEqual([['/0', '/1'], 0]);
});
