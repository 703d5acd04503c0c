import { type OutMessage, Queue } from './messages.js';

/**
 * The queue of a slow client: only the newest message for each key, and every message without a key, in order of
 * arrival. It belongs to one session, unlike a {@link Queue}.
 */
export class Conflation {
  readonly #superseded: (older: OutMessage) => void;
  /** Messages by the text of their key, or by a number if they have no key; the oldest first. */
  readonly #messages = new Map<string | number, OutMessage>();
  #unkeyed = 0;
  /** Number of marks so far: a message replaces only messages after the last mark. */
  #marks = 0;
  #bytes = 0;

  /** @param superseded called for each message that a newer one replaces */
  constructor(queue: Queue, superseded: (older: OutMessage) => void) {
    this.#superseded = superseded;
    for (const message of queue.toArray()) this.append(message);
  }

  get count(): number {
    return this.#messages.size;
  }

  /** Size of the envelopes in UTF-8, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  append(message: OutMessage): this {
    if (message.isMark) this.#marks++;
    const key = message.key === null ? this.#unkeyed++ : `${this.#marks} ${message.key.text}`;
    const older = this.#messages.get(key);
    if (older !== undefined) {
      this.#messages.delete(key);
      this.#bytes -= older.bytes;
      this.#superseded(older);
    }
    this.#messages.set(key, message);
    this.#bytes += message.bytes;
    return this;
  }

  /** The messages, oldest first. */
  toArray(): OutMessage[] {
    return [...this.#messages.values()];
  }

  /** Takes the oldest messages of at most this size together, but at least one, and returns them and what is left. */
  split(maxBytes: number): [Queue, this | null] {
    let first: Queue | null = null;
    for (const [key, message] of this.#messages) {
      if (first !== null && first.bytes + message.bytes > maxBytes) return [first, this];
      first = new Queue(message, first);
      this.#messages.delete(key);
      this.#bytes -= message.bytes;
    }
    if (first === null) throw new Error('an empty queue was split');
    return [first, null];
  }

  /** The messages as a queue to send. */
  toQueue(): Queue | null {
    let queue: Queue | null = null;
    // `append` would keep the list alive, because each queue remembers the queue after it.
    for (const message of this.#messages.values()) queue = new Queue(message, queue);
    return queue;
  }
}
