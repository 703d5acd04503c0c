import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseCommandLine } from '@viaduct/protocol';
import { sha256 } from '@viaduct/testkit/credentials';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { commandText } from '../src/command-text.js';
import { type ConnectOptions, connect, type Viaduct } from '../src/index.js';
import { type Stack, startStack, train } from './support/stack.js';

let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  stack = await startStack();
  gateway = await stack.gateway();
});

/** A client over the default transport. */
function overWebSocket(url: string, options: ConnectOptions = {}): Viaduct {
  const viaduct = connect(url, { reconnectMinMs: 50, reconnectMaxMs: 500, ...options });
  onTestFinished(() => viaduct.close());
  return viaduct;
}

/** A server that accepts WebSockets and sends a text to each, if there is one. */
async function otherServer(text: string | null): Promise<string> {
  const server: Server = createServer();
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'viaduct.v1' });
  sockets.on('connection', (socket) => text !== null && socket.send(text));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('an address', () => {
  test.each(['http', 'ws'])('may begin with %s, and have a path and a query', async (scheme) => {
    const address = new URL('/live/?zoom=3#map', gateway.url.replace('http', scheme));
    const viaduct = overWebSocket(address.href);
    await viaduct.connected();
    expect(viaduct.state).toBe('open');
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_connections', { transport: 'raw' })).toBeGreaterThan(0);
  });

  test.each([
    ['says something else', '{"type":"connected"}', {}, /what answers is not a Viaduct gateway/u],
    ['says nothing', null, { timeoutMs: 300 }, /no answer in 300 ms/u],
  ])('where something accepts WebSockets and %s is not a gateway', async (_what, text, options, message) => {
    const viaduct = overWebSocket(await otherServer(text), options);
    const problems: unknown[] = [];
    viaduct.on('state', (state, error) => problems.push([state, error?.message]));
    await expect.poll(() => problems[0]).toEqual(['connecting', expect.stringMatching(message)]);
  });
});

test('all values of a hash have arrived when get resolves, however many there are', async () => {
  const values = Object.fromEntries(
    Array.from({ length: 3000 }, (_, i) => [`${i}`, JSON.stringify(train(i, 7, 47))]),
  );
  await stack.publisher.hset('many', values);
  const viaduct = overWebSocket(gateway.url);
  const [all, one, none] = await Promise.all([
    viaduct.get('many'),
    viaduct.get('many', '7'),
    viaduct.get('nothing'),
  ]);
  expect([all.length, one, none]).toEqual([3000, train(7, 7, 47), []]);
});

describe('a command as text', () => {
  test.each([
    ['sub', { channel: 'a=b', snapshot: true, since: undefined }, { channel: 'a=b', snapshot: 'true' }],
    ['bbox', { left: -1e-7, bottom: 1e21, zoom: 9 }, { left: '-1e-7', bottom: '1e+21', zoom: '9' }],
    [
      'pub',
      { channel: 'notes', message: { text: 'a = b\n' } },
      { channel: 'notes', message: '{"text":"a = b\\n"}' },
    ],
    ['bbox', {}, {}],
  ] as const)('is read by the gateway as it was meant: %s %j', (event, options, named) => {
    const line = parseCommandLine(commandText(event, options));
    expect({ name: line.name, named: { ...line.named } }).toEqual({ name: event.toUpperCase(), named });
  });

  test('that a line of words cannot express is refused, with the remedy', async () => {
    const viaduct = overWebSocket(gateway.url);
    const refusal = { code: 'invalid_argument', message: expect.stringContaining('socketIo()') };
    await expect(viaduct.get('two words')).rejects.toMatchObject(refusal);
    await expect(viaduct.subscribe('two words').ready).rejects.toMatchObject(refusal);
    expect(viaduct.state).toBe('open');
  });
});

test('a key may be any text', async () => {
  const key = 'key (of the map team), "ä"';
  const own = await stack.gateway({
    API_KEYS: JSON.stringify([{ sha256: sha256(key), channels: ['keyed'] }]),
  });
  await expect(overWebSocket(own.url, { key }).get('keyed')).resolves.toEqual([]);
  await expect(overWebSocket(own.url).get('keyed')).rejects.toMatchObject({ code: 'not_allowed' });
});
