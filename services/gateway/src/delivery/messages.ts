import { encodeBufferEnvelope, encodeEnvelope, STATUS_SOURCE, type Status } from '@viaduct/protocol';
import type { ConflationKey } from './conflation-key.js';
import { Encodable } from './encodable.js';

/** Unused bytes before a text in UTF-8: a transport may write a header into them, so that it need not copy the text. */
export const HEADROOM = 10;

/**
 * One message envelope on its way to any number of sessions. It is written and encoded once; every session of an
 * audience holds the same object.
 */
export class OutMessage extends Encodable {
  /** The envelope in UTF-8, after {@link HEADROOM} unused bytes; null if nobody has encoded it yet. */
  readonly utf8: Uint8Array<ArrayBuffer> | null;
  /** Size of the envelope in UTF-8, in bytes. */
  readonly bytes: number;
  #json: string | undefined;
  #head: Queue | undefined;

  /**
   * @param envelope as JSON text, or in UTF-8 after {@link HEADROOM} unused bytes
   * @param arrivedAt when its cause reached the gateway: ms on the clock of `performance.now()`
   * @param direct true if it must not be put into a `buffer` envelope
   * @param isAnswer true if a command caused it, false if it was pushed
   * @param id of the entry of a Redis Stream that it carries; null for anything else
   * @param isMark true if what comes before it must not be replaced by what comes after it: it tells what the client holds
   * @param key what a newer message must be about to make this one needless; null if none does
   */
  constructor(
    envelope: string | Uint8Array<ArrayBuffer>,
    readonly arrivedAt: number,
    readonly direct: boolean,
    readonly isAnswer = false,
    readonly id: string | null = null,
    readonly key: ConflationKey | null = null,
    readonly isMark = false,
  ) {
    super();
    if (typeof envelope === 'string') {
      this.#json = envelope;
      this.utf8 = null;
      this.bytes = Buffer.byteLength(envelope);
    } else {
      this.utf8 = envelope;
      this.bytes = envelope.length - HEADROOM;
    }
  }

  /** The envelope as JSON text. */
  get json(): string {
    this.#json ??= textOf(this.utf8);
    return this.#json;
  }

  /** The queue that holds this message alone. */
  get head(): Queue {
    this.#head ??= new Queue(this, null);
    return this.#head;
  }
}

function textOf(utf8: Uint8Array<ArrayBuffer> | null): string {
  if (utf8 === null) return '';
  return Buffer.from(utf8.buffer, utf8.byteOffset + HEADROOM, utf8.length - HEADROOM).toString();
}

/** An envelope of the gateway's own: status, error, PONG. Never buffered, so that it is never late. */
export function statusMessage(content: Status, clientReference: string | null): OutMessage {
  return statusText(JSON.stringify(content), clientReference, MARKS.has(content.status));
}

/** Statuses that tell what a client holds. */
const MARKS: ReadonlySet<Status['status']> = new Set(['snapshot_begin', 'snapshot_end', 'view']);

/** As {@link statusMessage}, for a {@link Status} that is JSON text already. */
export function statusText(contentJson: string, clientReference: string | null, isMark: boolean): OutMessage {
  const json = encodeEnvelope(STATUS_SOURCE, contentJson, Date.now(), clientReference);
  return new OutMessage(json, performance.now(), true, true, null, null, isMark);
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
export class Queue extends Encodable {
  readonly count: number;
  /** Size of the envelopes in UTF-8, in bytes. */
  readonly bytes: number;
  readonly first: OutMessage;
  #flushed = false;
  #next: Queue | undefined;

  constructor(
    readonly last: OutMessage,
    readonly previous: Queue | null,
  ) {
    super();
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
