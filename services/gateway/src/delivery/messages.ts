import { encodeBufferEnvelope, encodeEnvelope, STATUS_SOURCE } from '@viaduct/protocol';
import { type DeflateOptions, deflateFrame, textFrame, textOf } from '../transports/websocket/frames.js';
import type { ConflationKey } from './conflation-key.js';

/**
 * One message envelope on its way to any number of sessions. It is encoded once; every session of an audience
 * holds the same object.
 */
export class OutMessage {
  #json: string | undefined;
  #frame: Buffer | undefined;
  #deflated: Buffer | undefined;
  #head: Queue | undefined;

  /**
   * @param envelope as JSON text, or as a WebSocket text frame where somebody has made that already
   * @param arrivedAt when its cause reached the gateway: ms on the clock of `performance.now()`
   * @param direct true where it must not be put into a `buffer` envelope
   * @param isAnswer true where a command caused it, false where it was pushed
   * @param id of the entry of a Redis Stream that it carries; null for anything else
   * @param key what a newer message must be about to make this one needless; null where none does
   */
  constructor(
    envelope: string | Buffer,
    readonly arrivedAt: number,
    readonly direct: boolean,
    readonly isAnswer = false,
    readonly id: string | null = null,
    readonly key: ConflationKey | null = null,
  ) {
    if (typeof envelope === 'string') this.#json = envelope;
    else this.#frame = envelope;
  }

  /** The envelope as JSON text. */
  get json(): string {
    this.#json ??= textOf(this.frame);
    return this.#json;
  }

  /** The envelope as one WebSocket text frame (RFC 6455 section 5). */
  get frame(): Buffer {
    this.#frame ??= textFrame(this.json);
    return this.#frame;
  }

  /** The frame for clients that negotiated permessage-deflate; compressed once, whoever asks first says how. */
  deflatedFrame(options: DeflateOptions): Buffer {
    this.#deflated ??= deflateFrame(this.frame, options);
    return this.#deflated;
  }

  /** Size of the frame in bytes. */
  get bytes(): number {
    return this.frame.length;
  }

  /** The queue that holds this message alone. */
  get head(): Queue {
    this.#head ??= new Queue(this, null);
    return this.#head;
  }
}

/** An envelope of the gateway's own: status, error, PONG. Never buffered, so that it is never late. */
export function statusMessage(content: unknown, clientReference: string | null): OutMessage {
  return answerMessage(STATUS_SOURCE, JSON.stringify(content), clientReference);
}

/** An envelope that answers a command. */
export function answerMessage(
  source: string,
  contentJson: string,
  clientReference: string | null,
): OutMessage {
  return new OutMessage(
    encodeEnvelope(source, contentJson, Date.now(), clientReference),
    performance.now(),
    clientReference !== null || source === STATUS_SOURCE,
    true,
  );
}

/**
 * What waits for a session, as an immutable list that grows at its end. Sessions that were sent the same messages
 * since their last flush hold the same `Queue`, so its bytes are put together once for all of them: `append`
 * remembers the last list it made, and a message is given to all its receivers before the next one comes.
 */
export class Queue {
  readonly count: number;
  /** Size of the messages as separate frames. */
  readonly bytes: number;
  readonly first: OutMessage;
  #flushed = false;
  #next: Queue | undefined;
  #encoder: QueueEncoder<unknown> | undefined;
  #rendered: unknown;
  /** What other forms than the first were asked for gave. */
  #others: Map<QueueEncoder<unknown>, unknown> | undefined;

  constructor(
    readonly last: OutMessage,
    readonly previous: Queue | null,
  ) {
    this.count = previous === null ? 1 : previous.count + 1;
    this.bytes = previous === null ? last.bytes : previous.bytes + last.bytes;
    this.first = previous === null ? last : previous.first;
  }

  append(message: OutMessage): Queue {
    const next = this.#next;
    if (next !== undefined && next.last === message) return next;
    this.#next = new Queue(message, this);
    return this.#next;
  }

  /** The messages, oldest first. */
  toArray(): OutMessage[] {
    const messages = new Array<OutMessage>(this.count);
    let at: Queue | null = this;
    for (let i = this.count - 1; i >= 0 && at !== null; i--) {
      messages[i] = at.last;
      at = at.previous;
    }
    return messages;
  }

  /** What is to be sent; the twin of `Conflation.toQueue`. */
  toQueue(): this {
    return this;
  }

  /** True once: for the first of the sessions that hold this queue to be flushed. */
  firstFlush(): boolean {
    const first = !this.#flushed;
    this.#flushed = true;
    return first;
  }

  /** The whole queue in a transport's encoder: made once, and kept for the next session that holds this queue. */
  encodedBy<T>(encoder: QueueEncoder<T>): T {
    if (this.#encoder === undefined) {
      this.#rendered = encoder.render(this);
      this.#encoder = encoder;
    }
    return (this.#encoder === encoder ? this.#rendered : this.#encodedByOther(encoder)) as T;
  }

  #encodedByOther(encoder: QueueEncoder<unknown>): unknown {
    this.#others ??= new Map();
    if (!this.#others.has(encoder)) this.#others.set(encoder, encoder.render(this));
    return this.#others.get(encoder);
  }
}

/** How a transport renders queues. The same object stands for the same bytes. */
export interface QueueEncoder<T> {
  render(queue: Queue): T;
}

/**
 * The envelopes, as JSON text, in which messages leave.
 *
 * @param bufferSize 0: each by itself; else in `buffer` envelopes of at most so many, `direct` ones excepted
 */
export function envelopesOf(messages: readonly OutMessage[], bufferSize: number): string[] {
  if (bufferSize === 0) return messages.map((message) => message.json);
  const envelopes: string[] = [];
  let list: string[] = [];
  const endList = (): void => {
    if (list.length > 0) envelopes.push(encodeBufferEnvelope(list, Date.now()));
    list = [];
  };
  for (const message of messages) {
    if (message.direct) {
      endList();
      envelopes.push(message.json);
    } else if (list.push(message.json) === bufferSize) endList();
  }
  endList();
  return envelopes;
}
