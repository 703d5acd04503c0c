import { once } from 'node:events';
import { connect } from 'node:net';
import { atEnd } from '@viaduct/testkit/teardown';
import { expect, test } from 'vitest';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { clientFrame, MASK_KEY, OPCODE, upgradeRequest } from '../src/frames.js';

/** Sends bytes after a handshake to a server of the package ws, whose end of the connection it returns. */
async function sendTo(bytes: Uint8Array): Promise<WebSocket> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  atEnd(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined);
  atEnd(() => void socket.destroy());
  socket.write(upgradeRequest('/'));
  const [client] = (await once(server, 'connection')) as [WebSocket];
  socket.write(bytes);
  return client;
}

test.each([
  ['with a mask', MASK_KEY],
  ['with a mask of zeros', undefined],
])('frames %s reach a server unchanged, with every form of length', async (_, mask) => {
  const texts = [0, 4, 125, 126, 5000, 65_535, 65_536].map((length) => 'abc'.repeat(length).slice(0, length));
  const frames = texts.map((text) => clientFrame(text, mask === undefined ? {} : { mask }));
  const client = await sendTo(Buffer.concat(frames));
  const received: string[] = [];
  await new Promise<void>((resolve) => {
    client.on('message', (data: RawData) => {
      if (received.push(data.toString()) === texts.length) resolve();
    });
  });
  expect(received.map(({ length }) => length)).toEqual(texts.map(({ length }) => length));
  expect(received).toEqual(texts);
});

test('frames of one message are put together', async () => {
  const rest = clientFrame('b', { opcode: OPCODE.continuation });
  const client = await sendTo(Buffer.concat([clientFrame('a', { final: false }), rest]));
  const [data] = (await once(client, 'message')) as [RawData];
  expect(data.toString()).toBe('ab');
});

test.each([
  ['without a mask', { mask: null }, 'WS_ERR_EXPECTED_MASK'],
  ['with a reserved bit', { reserved: 1 }, 'WS_ERR_UNEXPECTED_RSV_2_3'],
  ['that claims more than ws accepts', { claimed: 2 ** 52 }, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'],
])('a frame %s is refused by a server', async (_, options, code) => {
  const client = await sendTo(clientFrame('abc', options));
  const [error] = (await once(client, 'error')) as [{ code: string }];
  expect(error.code).toBe(code);
});
