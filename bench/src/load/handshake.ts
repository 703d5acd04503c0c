import { createHash } from 'node:crypto';

/** The example key of RFC 6455 section 1.3: the server only has to show that it understood. */
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const ACCEPT = createHash('sha1').update(`${KEY}${GUID}`).digest('base64');
const MAX_RESPONSE_BYTES = 8192;

/** Reads a server's answer to a request for a WebSocket with {@link KEY}. */
export class UpgradeResponse {
  #head = Buffer.alloc(0);

  /**
   * @returns where the first frame begins in the given bytes; -1 if the answer is not complete yet
   * @throws Error with the server's words if it refuses
   */
  feed(chunk: Buffer, end: number): number {
    const before = this.#head.length;
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, end)]);
    const headEnd = this.#head.indexOf('\r\n\r\n');
    if (headEnd === -1) {
      if (this.#head.length > MAX_RESPONSE_BYTES) throw new Error('the answer to the upgrade is too long');
      return -1;
    }
    const text = this.#head.toString('latin1', 0, headEnd);
    if (!text.startsWith('HTTP/1.1 101 ') || !text.includes(ACCEPT)) {
      throw new Error(`refused: ${text.split('\r\n')[0]}`);
    }
    this.#head = Buffer.alloc(0);
    return headEnd + 4 - before;
  }
}
