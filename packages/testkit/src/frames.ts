import { randomBytes } from 'node:crypto';

/** Opcodes of RFC 6455 section 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A key to mask frames as browsers do. Any value would do: masking protects proxies, and there is none here. */
export const MASK_KEY: Uint8Array = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** A key that costs neither side anything. */
const NO_MASK = new Uint8Array(4);

const FIN = 0x80;
const MASKED = 0x80;

export interface FrameOptions {
  /** One of {@link OPCODE}; `text` by default. */
  opcode?: number;
  /** False if more frames of the message follow. */
  final?: boolean;
  /** The three reserved bits; 0 by default. */
  reserved?: number;
  /** The length in the header; that of the payload by default. */
  claimed?: number;
  /** Four bytes; zeros by default. Null for a frame without a mask, which a client must not send. */
  mask?: Uint8Array | null;
}

/** A frame of a client (RFC 6455 section 5.2). The options can make it one that no library would send. */
export function clientFrame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const body = Buffer.from(payload);
  const { opcode = OPCODE.text, final = true, reserved = 0, claimed = body.length, mask = NO_MASK } = options;
  const size = claimed < 126 ? 0 : claimed < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + size);
  header[0] = (final ? FIN : 0) | (reserved << 4) | opcode;
  header[1] = (mask === null ? 0 : MASKED) | (size === 0 ? claimed : size === 2 ? 126 : 127);
  if (size === 2) header.writeUInt16BE(claimed, 2);
  if (size === 8) header.writeBigUInt64BE(BigInt(claimed), 2);
  if (mask === null) return Buffer.concat([header, body]);
  // `Buffer.from` has copied the payload.
  if (mask !== NO_MASK) for (let i = 0; i < body.length; i++) body[i] = (body[i] ?? 0) ^ (mask[i & 3] ?? 0);
  return Buffer.concat([header, mask, body]);
}

export interface UpgradeOptions {
  /** Host of the server; `127.0.0.1` by default. */
  host?: string;
  /** 16 bytes in base64; random by default. */
  key?: string;
  /** The extensions that the client offers; none by default. */
  extensions?: string;
  /** More header lines. */
  headers?: readonly string[];
}

/** A valid request for a WebSocket (RFC 6455 section 4.1). */
export function upgradeRequest(path: string, options: UpgradeOptions = {}): string {
  const {
    host = '127.0.0.1',
    key = randomBytes(16).toString('base64'),
    extensions = '',
    headers = [],
  } = options;
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...(extensions === '' ? [] : [`Sec-WebSocket-Extensions: ${extensions}`]),
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
