/** First byte of an unfragmented text frame: FIN and opcode 1 (RFC 6455 section 5.2). */
const FIN_TEXT = 0x81;

/** Longest payload whose length fits the second byte, and the longest that fits two bytes after it. */
const MAX_7_BIT = 125;
const MAX_16_BIT = 0xffff;

function headerLength(payloadBytes: number): number {
  if (payloadBytes <= MAX_7_BIT) return 2;
  return payloadBytes <= MAX_16_BIT ? 4 : 10;
}

/** Writes the header of an unmasked text frame (servers do not mask) and returns its length. */
function writeHeader(frame: Buffer, payloadBytes: number): number {
  frame[0] = FIN_TEXT;
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

/** One text frame around the payload, ready to be written to any number of sockets. */
export function textFrame(payload: string): Buffer {
  const payloadBytes = Buffer.byteLength(payload);
  const frame = Buffer.allocUnsafe(headerLength(payloadBytes) + payloadBytes);
  frame.write(payload, writeHeader(frame, payloadBytes));
  return frame;
}
