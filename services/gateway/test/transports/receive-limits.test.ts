import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { stopReading } from '../../src/transports/receive-limits.js';

const FRAMES = 20_000;
const READ = 10;

/** A WebSocket whose other end stops reading after some of its frames. */
async function connect(compressed: boolean) {
  const perMessageDeflate = compressed && { threshold: 0 };
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate });
  atEnd(() => {
    for (const webSocket of server.clients) webSocket.terminate();
    server.close();
  });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    perMessageDeflate,
  });
  client.on('error', () => {});
  const [webSocket, { socket }] = (await once(server, 'connection')) as [WebSocket, IncomingMessage];
  let read = 0;
  const count = (): void => {
    if (++read === READ) stopReading(webSocket);
  };
  webSocket.on('message', count).on('pong', count);
  if (client.readyState !== WebSocket.OPEN) await once(client, 'open');
  return { client, webSocket, socket, read: () => read };
}

test.each([
  ['messages', false, (client: WebSocket) => client.send('a')],
  ['compressed messages', true, (client: WebSocket) => client.send('a')],
  ['pongs', false, (client: WebSocket) => client.pong()],
] as const)(
  'after stopReading, a WebSocket reads no more %s, not even those that have arrived when the connection ends',
  async (_, compressed, send) => {
    const { client, webSocket, socket, read } = await connect(compressed);
    for (let i = 0; i < FRAMES; i++) send(client);
    await until(() => read() >= READ && socket.readableLength > 0, 'further frames to arrive');
    const closed = once(webSocket, 'close');
    socket.destroy();
    await closed;
    expect(read()).toBe(READ);
  },
);
