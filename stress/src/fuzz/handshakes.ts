import fc from 'fast-check';
import { FULL_TOKEN } from './credentials.js';
import type { InputKind } from './input-kind.js';
import { sendBytes } from './tcp.js';

const method = fc.constantFrom('GET', 'POST', 'OPTIONS', 'get', 'CONNECT', '', 'PRI * HTTP/2.0');
const path = fc.oneof(
  fc.constantFrom(
    '/',
    '/socket.io/',
    '/metrics',
    '/readyz',
    '//',
    '*',
    'http://[',
    '/%',
    '/../../etc/passwd',
    '/a?b=%zz',
  ),
  fc.constantFrom(
    '/socket.io/?EIO=4&transport=websocket',
    '/socket.io/?EIO=4&transport=polling&sid=nobody',
    '/socket.io/?EIO=99&transport=x',
    '/?token=a.b.c&key=',
    '/?token=&token=',
    `/?token=${FULL_TOKEN}`,
    `/?token=${FULL_TOKEN}x&key=y`,
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
);
const version = fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2', 'HTTP/9.9', 'http', '');
const headerName = fc.oneof(
  fc.constantFrom(
    'Upgrade',
    'Connection',
    'Sec-WebSocket-Key',
    'Sec-WebSocket-Version',
    'Sec-WebSocket-Extensions',
  ),
  fc.constantFrom(
    'Sec-WebSocket-Protocol',
    'Host',
    'Origin',
    'Content-Length',
    'Transfer-Encoding',
    'Cookie',
  ),
  fc.constantFrom('Authorization', 'X-Forwarded-For', 'X-API-Key', 'Expect', 'Range'),
  fc.string({ maxLength: 20 }),
);
const headerValue = fc.oneof(
  fc.constantFrom(
    'websocket',
    'h2c',
    'Upgrade',
    'keep-alive, Upgrade',
    '13',
    '8',
    '-1',
    'dGhlIHNhbXBsZSBub25jZQ==',
  ),
  fc.constantFrom(
    'permessage-deflate',
    'permessage-deflate; server_max_window_bits=99',
    'permessage-deflate;;=',
    'null',
  ),
  fc.constantFrom(
    'chunked',
    'gzip, chunked',
    '99999999999999',
    'bytes=9-1',
    'Bearer',
    'Bearer a.b.c',
    `bearer ${FULL_TOKEN}`,
    '::1, , 1.2.3.4.5',
  ),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.integer({ min: 0, max: 20_000 }).map((length) => 'x'.repeat(length)),
);
const request = fc
  .record({
    start: fc.tuple(method, path, version),
    headers: fc.array(fc.tuple(headerName, headerValue), { maxLength: 12 }),
    end: fc.constantFrom('\r\n\r\n', '\n\n', '\r\n', ''),
    body: fc.string({ maxLength: 50 }),
  })
  .map(({ start, headers, end, body }) => {
    const lines = [start.join(' '), ...headers.map(([name, value]) => `${name}: ${value}`)];
    return Buffer.from(lines.join('\r\n') + end + body, 'latin1');
  });

/** Malformed requests, and requests for things that do not exist. */
export const HANDSHAKES: InputKind<Uint8Array> = {
  name: 'handshakes',
  input: fc.oneof(
    { weight: 9, arbitrary: request },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  ),
  async prepare({ gateway }) {
    const { port } = gateway;
    return { send: (bytes) => sendBytes(port, bytes), close: () => undefined };
  },
};
