import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

/** Requests the upgrade to a WebSocket and returns the bare connection, to send what no WebSocket library would. */
export function upgrade(url: string, timeoutMs: number): Promise<Socket> {
  const target = new URL(url.replace(/^ws/u, 'http'));
  return new Promise((resolve, reject) => {
    const handshake = request(target, {
      timeout: timeoutMs,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      },
    });
    handshake.on('upgrade', (_response, socket: Socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    handshake.on('response', (response) => reject(new Error(`no upgrade: ${response.statusCode}`)));
    handshake.on('timeout', () => handshake.destroy(new Error(`no upgrade within ${timeoutMs} ms`)));
    handshake.on('error', reject);
    handshake.end();
  });
}

/** Opcode of a close frame with FIN set (RFC 6455 section 5.2). */
const FIN_CLOSE = 0x88;

/** Reads frames until the server's close frame and returns its code, or null if the connection ends without one. */
export function closeCode(socket: Socket): Promise<number | null> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let frame = firstFrame(bytes); frame !== null; frame = firstFrame(bytes)) {
        if (bytes[0] === FIN_CLOSE) {
          resolve(frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : null);
          return;
        }
        bytes = bytes.subarray(frame.end);
      }
    });
    socket.on('close', () => resolve(null));
    socket.on('error', () => resolve(null));
  });
}

/** The first unmasked frame of at most 64 KiB in the bytes; null if it is not complete yet. */
function firstFrame(bytes: Buffer): { payload: Buffer; end: number } | null {
  if (bytes.length < 2) return null;
  const short = bytes.readUInt8(1);
  const isLong = short === 126;
  const start = isLong ? 4 : 2;
  if (bytes.length < start) return null;
  const end = start + (isLong ? bytes.readUInt16BE(2) : short);
  return bytes.length < end ? null : { payload: bytes.subarray(start, end), end };
}
