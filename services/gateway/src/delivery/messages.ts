import { encodeBufferEnvelope, encodeEnvelope, STATUS_SOURCE, type Status } from '@viaduct/protocol';
import type { ConflationKey } from './conflation-key.js';
import { Encodable } from './encodable.js';

/** Unused bytes before a text in UTF-8: a transport can write a header into them and need not copy the text. */
export const HEADROOM = 10;

/** What a message is besides its envelope. */
export interface MessageTraits {
  /** True if it must not be put into a `buffer` envelope. Default: false. */
  readonly direct?: boolean;
  /** True if RESET does not drop it: an answer, or a message on which a live view depends. Default: false. */
  readonly isKept?: boolean;
  /** True if it states what the client holds, so that no later message may replace an earlier one. Default: false. */
  readonly isMark?: boolean;
  /** Id of the Redis Stream entry that it carries; null, the default, for anything else. */
  readonly id?: string | null;
  /** A newer message with an equal key replaces this one; null, the default, if none does. */
  readonly key?: ConflationKey | null;
}

/**
 * One message envelope for any number of sessions. It is written and encoded once; every session of an audience holds
 * the same object.
 */
export class OutMessage extends Encodable {
  readonly direct: boolean;
  readonly isKept: boolean;
  readonly isMark: boolean;
  readonly id: string | null;
  readonly key: ConflationKey | null;
  /** The envelope in UTF-8, after {@link HEADROOM} unused bytes; null if nobody has encoded it yet. */
  readonly utf8: Uint8Array<ArrayBuffer> | null;
  /** Size of the envelope in UTF-8, in bytes. */
  readonly bytes: number;
  /** Number of slow clients that wait for it; `QueueBudget` counts them. */
  slowHolders = 0;
  #json: string | undefined;
  #head: Queue | undefined;

  /**
   * @param envelope as JSON text, or in UTF-8 after {@link HEADROOM} unused bytes
   * @param arrivedAt when its cause reached the gateway: ms on the clock of `performance.now()`; null if it has none, because
   * it is sent from memory
   */
  constructor(
    envelope: string | Uint8Array<ArrayBuffer>,
    readonly arrivedAt: number | null,
    { direct = false, isKept = false, isMark = false, id = null, key = null }: MessageTraits = {},
  ) {
    super();
    this.direct = direct;
    this.isKept = isKept;
    this.isMark = isMark;
    this.id = id;
    this.key = key;
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

  /** The queue that holds only this message. */
  get head(): Queue {
    this.#head ??= new Queue(this, null);
    return this.#head;
  }

  /** Forgets the queues that begin with it, and their encoded bytes: sessions that need them again make new ones. */
  forgetQueues(): void {
    this.#head = undefined;
  }
}

function textOf(utf8: Uint8Array<ArrayBuffer> | null): string {
  if (utf8 === null) return '';
  return Buffer.from(utf8.buffer, utf8.byteOffset + HEADROOM, utf8.length - HEADROOM).toString();
}

/** An envelope from the gateway itself: status, error, PONG. Never buffered, so that it is never late. */
export function statusMessage(content: Status, clientReference: string | null): OutMessage {
  return statusText(JSON.stringify(content), clientReference, MARKS.has(content.status));
}

/** Statuses that state what a client holds. */
const MARKS: ReadonlySet<Status['status']> = new Set(['snapshot_begin', 'snapshot_end', 'view']);

/** Like {@link statusMessage}, for a {@link Status} that is already JSON text. */
export function statusText(contentJson: string, clientReference: string | null, isMark: boolean): OutMessage {
  const json = encodeEnvelope(STATUS_SOURCE, contentJson, Date.now(), clientReference);
  return new OutMessage(json, performance.now(), { direct: true, isKept: true, isMark });
}

/** An envelope that answers a command. */
export function answerMessage(
  source: string,
  contentJson: string,
  clientReference: string | null,
): OutMessage {
  const json = encodeEnvelope(source, contentJson, Date.now(), clientReference);
  const direct = clientReference !== null || source === STATUS_SOURCE;
  return new OutMessage(json, performance.now(), { direct, isKept: true });
}

/**
 * The queued messages of a session, as an immutable list that grows at its end. Sessions that received the same
 * messages since their last flush hold the same `Queue`, so its bytes are encoded once for all of them. This works
 * because `append` remembers the last list it made, and each message reaches all its sessions before the next arrives.
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

  /** As `Conflation.split`, but leaves this queue as it is. */
  split(maxBytes: number): [Queue, Queue | null] {
    let first = this.first.head;
    let rest: Queue | null = null;
    for (const message of this.toArray().slice(1)) {
      if (rest === null && first.bytes + message.bytes <= maxBytes) first = new Queue(message, first);
      else rest = new Queue(message, rest);
    }
    return [first, rest];
  }

  /** The queue to send, as in `Conflation.toQueue`. */
  toQueue(): this {
    return this;
  }

  /** True only for the first call: for the first flush among all sessions that hold this queue. */
  firstFlush(): boolean {
    const first = !this.#flushed;
    this.#flushed = true;
    return first;
  }
}

/**
 * The envelopes in which messages are sent, as JSON text.
 *
 * @param bufferSize largest number of messages in a `buffer` envelope, which never holds `direct` ones; 0 for no such
 * envelopes
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
