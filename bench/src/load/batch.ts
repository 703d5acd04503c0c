import { MessageWriter, type Shape, writeDigits } from './message.js';

const CHANNEL_DIGITS = 4;
/** Size of one write, in bytes. */
const CHUNK_BYTES = 256 * 1024;

/** The name of a channel; all have the same length. */
export function channelName(n: number): string {
  return `bench_${String(n).padStart(CHANNEL_DIGITS, '0')}`;
}

/** PUBLISH commands for one write. */
export class Batch {
  readonly #writer: MessageWriter;
  readonly #head: Buffer;
  readonly #channelAt: number;
  readonly #channels: number;
  readonly #firstChannel: number;
  #bytes: Buffer;
  #used = 0;

  /** @param channels messages use this many channels in turn, from `firstChannel` on */
  constructor(shape: Shape, channels: number, firstChannel = 0) {
    this.#writer = new MessageWriter(shape);
    const name = channelName(0);
    const beforeName = `*3\r\n$7\r\nPUBLISH\r\n$${name.length}\r\n`;
    this.#head = Buffer.from(`${beforeName}${name}\r\n$${this.#writer.length}\r\n`);
    this.#channelAt = beforeName.length + name.length - CHANNEL_DIGITS;
    this.#channels = channels;
    this.#firstChannel = firstChannel;
    this.#bytes = Buffer.alloc(0);
  }

  get empty(): boolean {
    return this.#used === 0;
  }

  get full(): boolean {
    return this.#used >= CHUNK_BYTES;
  }

  add(k: number, timeUs: number): void {
    const size = this.#head.length + this.#writer.length + 2;
    if (this.#used + size > this.#bytes.length) this.#grow(this.#used + size);
    const at = this.#used;
    this.#head.copy(this.#bytes, at);
    writeDigits(this.#bytes, at + this.#channelAt, this.#firstChannel + (k % this.#channels), CHANNEL_DIGITS);
    const end = this.#writer.write(this.#bytes, at + this.#head.length, k, timeUs);
    this.#used = end + this.#bytes.write('\r\n', end);
  }

  /** Everything that was added since the last call. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#used);
    // The socket keeps what it could not write at once, so the next batch needs its own memory.
    this.#bytes = Buffer.alloc(0);
    this.#used = 0;
    return taken;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length, 1024));
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }
}
