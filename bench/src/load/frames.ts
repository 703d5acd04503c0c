const FIN = 0x80;
const MASKED = 0x80;
/** RSV1 marks a payload that is compressed (RFC 7692 section 6). */
export const RSV1 = 0x40;
/** Longest header of a frame without a mask. */
const MAX_HEADER = 10;
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

/**
 * Receives one complete frame.
 *
 * @param first the frame's first byte: FIN, RSV1 and the opcode
 * @param start where the payload begins in `bytes`, which are only valid during the call
 */
export type FrameHandler = (first: number, bytes: Buffer, start: number, length: number) => void;

/** A server sent an invalid frame, or one that this reader does not support. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/**
 * Cuts a server's byte stream into frames. Frames within one chunk are passed on without copying; only a frame that
 * spans chunks is copied.
 */
export class FrameReader {
  readonly #handle: FrameHandler;
  #pending: Buffer | null = null;
  #have = 0;

  constructor(handle: FrameHandler) {
    this.#handle = handle;
  }

  /**
   * @param chunk received bytes; may be overwritten after the call
   * @throws FrameError if the bytes are not frames of an unfragmented, unmasked stream
   */
  feed(chunk: Buffer, from: number, end: number): void {
    let at = from;
    if (this.#pending !== null) {
      at = this.#complete(this.#pending, chunk, at, end);
      if (this.#pending !== null) return;
    }
    while (end - at >= 2) {
      const header = headerLength(chunk, at);
      if (end - at < header) break;
      const length = payloadLength(chunk, at, header);
      if (end - at < header + length) break;
      this.#handle(chunk[at] ?? 0, chunk, at + header, length);
      at += header + length;
    }
    if (at < end) this.#keep(chunk, at, end);
  }

  #keep(chunk: Buffer, at: number, end: number): void {
    const have = end - at;
    const header = have >= 2 ? headerLength(chunk, at) : MAX_HEADER;
    const size = have >= header ? header + payloadLength(chunk, at, header) : MAX_HEADER;
    this.#pending = Buffer.allocUnsafe(Math.max(size, MAX_HEADER));
    chunk.copy(this.#pending, 0, at, end);
    this.#have = have;
  }

  /** Completes the pending frame; returns the position after the last byte that it read. */
  #complete(pending: Buffer, chunk: Buffer, from: number, end: number): number {
    let at = from;
    // The header first, byte by byte, because it has the length of the rest.
    while (at < end && (this.#have < 2 || this.#have < headerLength(pending, 0))) {
      pending[this.#have++] = chunk[at++] ?? 0;
    }
    if (this.#have < 2) return at;
    const header = headerLength(pending, 0);
    if (this.#have < header) return at;
    const size = header + payloadLength(pending, 0, header);
    const frame = size > pending.length ? grown(pending, this.#have, size) : pending;
    const taken = Math.min(size - this.#have, end - at);
    chunk.copy(frame, this.#have, at, at + taken);
    this.#have += taken;
    this.#pending = frame;
    if (this.#have < size) return at + taken;
    this.#pending = null;
    this.#handle(frame[0] ?? 0, frame, header, size - header);
    return at + taken;
  }
}

function grown(bytes: Buffer, have: number, size: number): Buffer {
  const larger = Buffer.allocUnsafe(size);
  bytes.copy(larger, 0, 0, have);
  return larger;
}

function headerLength(bytes: Buffer, at: number): number {
  const second = bytes[at + 1] ?? 0;
  if (second === 127) return 10;
  return second === 126 ? 4 : 2;
}

function payloadLength(bytes: Buffer, at: number, header: number): number {
  const [first, second] = [bytes[at] ?? 0, bytes[at + 1] ?? 0];
  if ((first & FIN) === 0 || (first & 0x0f) === 0) throw new FrameError('a fragmented message');
  if ((second & MASKED) !== 0) throw new FrameError('a masked frame');
  if (header === 2) return second;
  const length = header === 4 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
  if (header === 10 && (bytes.readUInt32BE(at + 2) !== 0 || length > MAX_FRAME_BYTES)) {
    throw new FrameError('a frame of over 256 MiB');
  }
  return length;
}
