/** A Redis command as RESP: an array of bulk strings (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
export function respCommand(...parts: readonly string[]): Buffer {
  return Buffer.from(
    `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`,
  );
}

const LF = 0x0a;
const ERROR = 0x2d;

/** Counts the replies in a stream of one-line replies (integers, OK, errors) and keeps the first error. */
export class ReplyCounter {
  replies = 0;
  error: string | null = null;
  #line = '';

  feed(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.replies++;
      const first = this.#line === '' ? chunk[start] : this.#line.charCodeAt(0);
      if (first === ERROR) this.error ??= (this.#line + chunk.toString('utf8', start, end)).trim();
      this.#line = '';
      start = end + 1;
    }
    if (start < chunk.length) this.#line += chunk.toString('utf8', start);
  }
}
