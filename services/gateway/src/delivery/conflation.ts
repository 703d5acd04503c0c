import { type OutMessage, Queue } from './messages.js';

/**
 * What waits for a client that reads too slowly: of all messages with the same key only the newest, in the order in
 * which they came. Messages without a key all stay. Belongs to one session, unlike a {@link Queue}.
 */
export class Conflation {
  readonly #superseded: () => void;
  /** Messages by the text of their key, or by a number where they have none; the oldest first. */
  readonly #messages = new Map<string | number, OutMessage>();
  #unkeyed = 0;
  /** Number of marks so far: a message replaces older ones since the last mark alone. */
  #marks = 0;
  #bytes = 0;

  /** @param superseded called for each message that is left out for a newer one */
  constructor(queue: Queue, superseded: () => void) {
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
      this.#superseded();
    }
    this.#messages.set(key, message);
    this.#bytes += message.bytes;
    return this;
  }

  /** The messages, oldest first. */
  toArray(): OutMessage[] {
    return [...this.#messages.values()];
  }

  /** The messages as a queue to be sent. */
  toQueue(): Queue | null {
    let queue: Queue | null = null;
    // Not by `append`, whose memory of the last list would keep this one alive.
    for (const message of this.#messages.values()) queue = new Queue(message, queue);
    return queue;
  }
}
