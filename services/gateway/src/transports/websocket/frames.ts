import { constants, deflateRawSync } from 'node:zlib';
import { HEADROOM } from '../../delivery/messages.js';

/** First byte of an unfragmented text frame: FIN and opcode 1 (RFC 6455 section 5.2). */
const FIN_TEXT = 0x81;

/** RSV1 says that the payload is compressed (RFC 7692 section 6). */
const RSV1 = 0x40;

/** Every flush of DEFLATE ends with an empty block that RFC 7692 section 7.2.1 leaves out on the wire. */
const EMPTY_BLOCK_BYTES = 4;

/** Longer payloads stay uncompressed: their compression would block the event loop for too long. */
const MAX_DEFLATE_BYTES = 1024 * 1024;

/** The longest payload whose length fits into the second byte, and the longest whose length fits into the next two. */
const MAX_7_BIT = 125;
const MAX_16_BIT = 0xffff;

function headerLength(payloadBytes: number): number {
  if (payloadBytes <= MAX_7_BIT) return 2;
  return payloadBytes <= MAX_16_BIT ? 4 : 10;
}

/** Writes the header of an unmasked frame (servers do not mask) and returns its length. */
function writeHeader(frame: Buffer, firstByte: number, payloadBytes: number): number {
  frame[0] = firstByte;
  if (payloadBytes <= MAX_7_BIT) {
    frame[1] = payloadBytes;
    return 2;
  }
  if (payloadBytes <= MAX_16_BIT) {
    frame[1] = 126;
    frame.writeUInt16BE(payloadBytes, 2);
    return 4;
  }
  frame[1] = 127;
  frame.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), 2);
  frame.writeUInt32BE(payloadBytes >>> 0, 6);
  return 10;
}

/**
 * One text frame around the payload, ready to be written to any number of sockets.
 *
 * @param payloadBytes size of the payload in UTF-8
 */
export function textFrame(payload: string, payloadBytes = Buffer.byteLength(payload)): Buffer {
  const frame = Buffer.allocUnsafe(headerLength(payloadBytes) + payloadBytes);
  frame.write(payload, writeHeader(frame, FIN_TEXT, payloadBytes));
  return frame;
}

/** When and how frames are compressed for clients that negotiated permessage-deflate. */
export interface DeflateOptions {
  /** Shorter frames stay uncompressed. */
  minBytes: number;
  /** zlib's level, 1 (fast) to 9 (small). */
  level: number;
}

/**
 * A text frame compressed without the context of earlier ones (RFC 7692 `server_no_context_takeover`), so that it can go
 * to many clients. Returns the frame itself if compression does not make it smaller.
 */
export function deflateFrame(frame: Buffer, { minBytes, level }: DeflateOptions): Buffer {
  if (frame.length < minBytes || frame.length > MAX_DEFLATE_BYTES) return frame;
  const payload = frame.subarray(payloadStart(frame));
  const flushed = deflateRawSync(payload, { level, finishFlush: constants.Z_SYNC_FLUSH });
  const deflated = flushed.subarray(0, flushed.length - EMPTY_BLOCK_BYTES);
  if (deflated.length >= payload.length) return frame;
  const out = Buffer.allocUnsafe(headerLength(deflated.length) + deflated.length);
  deflated.copy(out, writeHeader(out, FIN_TEXT | RSV1, deflated.length));
  return out;
}

/**
 * A text frame around a payload that is already UTF-8, without a copy.
 *
 * @param bytes the payload after {@link HEADROOM} unused bytes, some of which become the header
 */
export function frameInPlace(bytes: Uint8Array<ArrayBuffer>): Buffer {
  const payloadBytes = bytes.length - HEADROOM;
  const start = HEADROOM - headerLength(payloadBytes);
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  writeHeader(frame, FIN_TEXT, payloadBytes);
  return frame;
}

function payloadStart(frame: Buffer): number {
  if (frame[1] === 127) return 10;
  return frame[1] === 126 ? 4 : 2;
}
