import type { Encoder } from '../../delivery/encodable.js';
import { envelopesOf, type OutMessage, type Queue } from '../../delivery/messages.js';
import { type DeflateOptions, deflateFrame, frameInPlace, textFrame } from './frames.js';
import { Slab } from './slab.js';

/** A message as one text frame (RFC 6455 section 5). */
const FRAME: Encoder<OutMessage, Buffer> = {
  encode: (message) =>
    message.utf8 === null ? textFrame(message.json, message.bytes) : frameInPlace(message.utf8),
};

const SLAB = new Slab();

/** Queues as bytes of WebSocket frames: one encoder for each buffer size of clients. */
export class FrameEncoders {
  readonly #deflate: DeflateOptions | null;
  readonly #frame: Encoder<OutMessage, Buffer>;
  readonly #byBufferSize = new Map<number, Encoder<Queue, Buffer>>();

  /** @param deflate how frames are compressed; null if they are not */
  constructor(deflate: DeflateOptions | null) {
    this.#deflate = deflate;
    this.#frame =
      deflate === null ? FRAME : { encode: (message) => deflateFrame(message.encodedBy(FRAME), deflate) };
  }

  /** @param bufferSize 0: a frame for each envelope; otherwise frames of `buffer` envelopes with at most this number each */
  get(bufferSize: number): Encoder<Queue, Buffer> {
    let encoder = this.#byBufferSize.get(bufferSize);
    if (encoder === undefined) {
      encoder =
        bufferSize === 0
          ? { encode: (queue) => joinFrames(queue, this.#frame) }
          : { encode: (queue) => Buffer.concat(this.#buffers(queue.toArray(), bufferSize)) };
      this.#byBufferSize.set(bufferSize, encoder);
    }
    return encoder;
  }

  #buffers(messages: readonly OutMessage[], bufferSize: number): Buffer[] {
    const deflate = this.#deflate;
    const frames = envelopesOf(messages, bufferSize).map((envelope) => textFrame(envelope));
    return deflate === null ? frames : frames.map((frame) => deflateFrame(frame, deflate));
  }
}

/** The frames of a queue, one after the other. Written by hand for speed, because clients with a box seldom share a queue. */
function joinFrames(queue: Queue, frameOf: Encoder<OutMessage, Buffer>): Buffer {
  if (queue.previous === null) return queue.last.encodedBy(frameOf);
  let end = 0;
  for (let at: Queue | null = queue; at !== null; at = at.previous) end += at.last.encodedBy(frameOf).length;
  const bytes = SLAB.take(end);
  for (let at: Queue | null = queue; at !== null; at = at.previous) {
    const frame = at.last.encodedBy(frameOf);
    end -= frame.length;
    bytes.set(frame, end);
  }
  return bytes;
}
