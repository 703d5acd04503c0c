import { sleep } from '@viaduct/testkit/wait';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import type { InputKind } from './input-kind.js';

const json = fc.json({ maxDepth: 4 });
const packet = fc.oneof(
  fc.constantFrom(
    '2',
    '3',
    '1',
    '5',
    '6',
    '2probe',
    '40',
    '41',
    '40{"batch":true}',
    '40/admin,',
    '40{"token":"a.b.c"}',
  ),
  fc.constantFrom(
    '42',
    '42[]',
    '42{}',
    '42[1]',
    '42["sub"]',
    '42[null,1]',
    '420["ping"]',
    '42999999999999999999["ping"]',
  ),
  fc.constantFrom(
    '451-["x",{"_placeholder":true,"num":0}]',
    '459-["x"]',
    '46',
    '430[]',
    '44{"message":"x"}',
    '4',
    '',
  ),
  fc.constantFrom(
    '42["__proto__",{}]',
    '42["constructor"]',
    '42["disconnect"]',
    '42["sub",{"__proto__":{"channel":"a"}}]',
  ),
  fc.tuple(fc.constantFrom('42', '40', '43', '45', '4'), json).map(([type, body]) => `${type}${body}`),
  fc
    .tuple(
      fc.constantFrom(
        'sub',
        'get',
        'bbox',
        'projection',
        'buffer',
        'command',
        'pub',
        'token',
        'ping',
        'nothing',
      ),
      fc.array(json),
    )
    .map(
      ([event, args]) => `42${JSON.stringify([event, ...args.map((text) => JSON.parse(text) as unknown)])}`,
    ),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

/** Malformed packets of engine.io and socket.io, over WebSocket and over polling. */
export const PACKETS: InputKind<{ packets: string[]; binary: Uint8Array; polling: boolean }> = {
  name: 'packets',
  input: fc.record({
    packets: fc.array(packet, { minLength: 1, maxLength: 8 }),
    binary: fc.uint8Array({ maxLength: 30 }),
    polling: fc.boolean(),
  }),
  async prepare({ gateway }) {
    const { url } = gateway;
    return {
      send: ({ packets, binary, polling }) =>
        polling ? overPolling(url, packets) : overWebSocket(url, packets, binary),
      close: () => undefined,
    };
  },
};

async function overWebSocket(url: string, packets: readonly string[], binary: Uint8Array): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.once('open', () => {
    socket.send('40');
    for (const text of packets) socket.send(text);
    socket.send(binary);
    // Some wait a moment, so that the gateway processes what they sent.
    setTimeout(() => socket.terminate(), packets.length);
  });
  await ended;
}

async function overPolling(url: string, packets: readonly string[]): Promise<void> {
  const address = `${url}/socket.io/?EIO=4&transport=polling`;
  const opened = await (await fetch(address)).text();
  const sid = /"sid":"([^"]+)"/u.exec(opened)?.[1];
  if (sid === undefined) throw new Error(`engine.io opened no session: ${opened.slice(0, 200)}`);
  const post = (body: string): Promise<unknown> =>
    fetch(`${address}&sid=${sid}`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body })
      .then((response) => response.text())
      // A session that the gateway has ended accepts no more.
      .catch(() => undefined);
  await post('40');
  await post(packets.join('\u001e'));
  await Promise.race([post('1'), sleep(50)]);
}
