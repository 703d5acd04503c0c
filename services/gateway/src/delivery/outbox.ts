import { Conflation } from './conflation.js';
import type { Writer } from './connection.js';
import type { Flushable, Flusher } from './flusher.js';
import type { OutMessage, Queue } from './messages.js';

/** What a session's queue may hold, and what happens past it. */
export interface OutboxLimits {
  /** Longest that a message of a steady stream waits for others, in ms. */
  flushMs: number;
  /** Hard limits: past either, while the connection is congested, the session is closed. */
  maxBytes: number;
  maxMessages: number;
  /** Soft limits, not above the hard ones: past either, while the connection is congested, the queue is conflated. */
  softBytes: number;
  softMessages: number;
  /** False: nothing is conflated. */
  conflates: boolean;
}

/**
 * The limits as they act together.
 *
 * @param conflate the wished soft limits; 0 for none
 */
export function outboxLimits(
  flushMs: number,
  max: { bytes: number; messages: number },
  conflate: { bytes: number; messages: number },
): OutboxLimits {
  const soft = (wished: number, hard: number): number => (wished === 0 ? hard : Math.min(wished, hard));
  return {
    flushMs,
    maxBytes: max.bytes,
    maxMessages: max.messages,
    softBytes: soft(conflate.bytes, max.bytes),
    softMessages: soft(conflate.messages, max.messages),
    conflates: conflate.bytes > 0 || conflate.messages > 0,
  };
}

/** A long answer is handed on in portions of so many bytes, so that it neither fills a queue nor delays others. */
const PORTION_BYTES = 128 * 1024;

/** What the outbox tells its surroundings. */
export interface OutboxObserver {
  /** A queue left for one connection. */
  flushed(queue: Queue, now: number): void;
  /** A queue passed the hard limit: the session is beyond help. */
  overflowed(): void;
  /** The session began to keep only the newest message of each feature, or does no longer. */
  conflating(on: boolean): void;
  /** A message was left out for a newer one about the same feature. */
  superseded(): void;
}

/**
 * So many flushes may follow one another without a pause before a session counts as one with a steady stream: what
 * comes at random, now and then two at a time, is not delayed for a saving that it would not bring.
 */
const BURST = 3;

/**
 * One session's way out. A message for an idle session leaves at once, and so do a few that happen to come soon after;
 * under a steady stream messages gather for at most `flushMs` and leave in one write. With a client's own `BUFFER` wish, pushed messages gather as long as it
 * says. While the connection is congested everything waits, up to the hard limit; past the soft limit only the newest
 * message of each feature.
 */
export class Outbox implements Flushable {
  readonly #writer: Writer;
  readonly #flusher: Flusher;
  readonly #limits: OutboxLimits;
  readonly #observer: OutboxObserver;
  #queue: Queue | Conflation | null = null;
  /** Flushes cost `flushMs` each; up to when they are paid for, on the clock of `performance.now()`. */
  #paidUntil = Number.NEGATIVE_INFINITY;
  /** When the next flush is due; infinite where none is asked for. Calls that come before it are left-overs. */
  #dueAt = Number.POSITIVE_INFINITY;
  #closed = false;
  #bufferSize = 0;
  #bufferMs = 0;
  #waiting: (() => void)[] | null = null;

  constructor(writer: Writer, flusher: Flusher, limits: OutboxLimits, observer: OutboxObserver) {
    this.#writer = writer;
    this.#flusher = flusher;
    this.#limits = limits;
    this.#observer = observer;
  }

  /** True where nothing more is sent: the connection has ended, or is about to because of its queue. */
  get closed(): boolean {
    return this.#closed;
  }

  /** True while the connection takes no more. */
  get congested(): boolean {
    return this.#writer.congested;
  }

  /** Bytes that wait here, not counting what the connection holds. */
  get bytes(): number {
    return this.#queue?.bytes ?? 0;
  }

  /** Messages that wait here. */
  get count(): number {
    return this.#queue?.count ?? 0;
  }

  /** Largest number of messages in a list, as the client wished; 0 where it wished for none. */
  get bufferSize(): number {
    return this.#bufferSize;
  }

  /** How long messages may wait for a list, in milliseconds, where the client wished for lists. */
  get bufferMs(): number {
    return this.#bufferMs;
  }

  /**
   * True where a long answer should wait for {@link drained} before it goes on: so much waits, or the connection takes
   * no more, and a value that is large by itself would pass the hard limit.
   */
  get needsDrain(): boolean {
    const queue = this.#queue;
    if (queue === null) return this.#writer.congested;
    const { maxBytes, maxMessages } = this.#limits;
    return queue.bytes > Math.min(PORTION_BYTES, maxBytes / 2) || queue.count > maxMessages / 2;
  }

  /** False where the message would pass a hard limit: a long answer waits for {@link drained} then, and asks again. */
  hasRoomFor({ bytes }: OutMessage): boolean {
    const { maxBytes, maxMessages } = this.#limits;
    return !this.#writer.congested || (this.bytes + bytes <= maxBytes && this.count < maxMessages);
  }

  /** Adds a pushed message. */
  push(message: OutMessage): void {
    if (this.#closed) return;
    const queue = this.#queue;
    if (queue === null) {
      this.#queue = message.head;
      if (this.#dueAt === Number.POSITIVE_INFINITY) this.#schedule(message.arrivedAt);
    } else {
      this.#queue = queue.append(message);
      if (this.#bufferSize > 0 && queue.count + 1 >= this.#bufferSize) this.#flushSoon();
    }
    const { bytes, count } = this.#queue;
    if (bytes > this.#limits.softBytes || count > this.#limits.softMessages) this.#bound(this.#queue);
  }

  /** Adds an answer: what waits leaves with it, at once, unless the answer itself may be buffered and is to be. */
  answer(message: OutMessage): void {
    this.push(message);
    if (message.direct || this.#bufferSize === 0) this.#flushSoon();
  }

  /** The client's wish to get pushed messages in lists; 0 for either ends it. What was gathered leaves first. */
  buffer(size: number, ms: number): void {
    if (this.#queue !== null) this.#flushNow();
    const on = size > 0 && ms > 0;
    this.#bufferSize = on ? size : 0;
    this.#bufferMs = on ? ms : 0;
  }

  /** Forgets the pushed messages that wait; answers stay. */
  drop(): void {
    const waiting = this.#take()?.toArray() ?? [];
    this.#dueAt = Number.POSITIVE_INFINITY;
    for (const message of waiting) if (message.isAnswer) this.answer(message);
    if (this.#queue === null && !this.#writer.congested) this.#wake();
  }

  /** Called when the connection takes more again. */
  resume(): void {
    if (this.#queue !== null) this.#flushSoon();
    else this.#wake();
  }

  /** Resolves when what waits has been handed on, so that a long answer fills no queue. */
  async drained(): Promise<void> {
    if (this.#closed || (this.#queue === null && !this.#writer.congested)) return;
    if (this.#queue !== null) this.#flushSoon();
    await new Promise<void>((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(resolve);
    });
  }

  /**
   * Hands on what waits, in so far as the connection takes it, and takes nothing more: before an end that is not the
   * client's fault.
   */
  leave(): void {
    if (!this.#closed && this.#queue !== null) this.#flushNow();
    this.close();
  }

  close(): void {
    this.#closed = true;
    this.#take();
    this.#wake();
  }

  /** Ends a session whose client does not keep up; what waits is dropped. */
  giveUp(): void {
    if (this.#closed) return;
    this.close();
    this.#observer.overflowed();
  }

  /** Counts a message that was left out for a newer one about the same feature. */
  superseded(): void {
    this.#observer.superseded();
  }

  flush(now: number): void {
    if (now < this.#dueAt) return;
    this.#dueAt = Number.POSITIVE_INFINITY;
    if (this.#writer.congested && this.#queue !== null) return;
    const queue = this.#take()?.toQueue() ?? null;
    if (queue === null) {
      if (!this.#writer.congested) this.#wake();
      return;
    }
    const { flushMs } = this.#limits;
    // Flushes that answers force cost no more than a burst, or pushed messages would wait for them later.
    this.#paidUntil = Math.min(Math.max(this.#paidUntil, now), now + BURST * flushMs) + flushMs;
    this.#writer.write(queue, this.#bufferSize);
    this.#observer.flushed(queue, now);
    this.#wake();
  }

  /** Called with the first message of a new queue. */
  #schedule(arrivedAt: number): void {
    if (this.#bufferSize > 1) {
      this.#flushAt(arrivedAt + this.#bufferMs);
      return;
    }
    const free = this.#paidUntil - BURST * this.#limits.flushMs;
    if (this.#bufferSize === 1 || arrivedAt >= free) this.#flushSoon();
    else this.#flushAt(free);
  }

  #flushAt(time: number): void {
    this.#dueAt = time;
    this.#flusher.at(time, this);
  }

  #flushSoon(): void {
    if (this.#dueAt === Number.NEGATIVE_INFINITY) return;
    this.#dueAt = Number.NEGATIVE_INFINITY;
    this.#flusher.soon(this);
  }

  #flushNow(): void {
    this.#dueAt = Number.NEGATIVE_INFINITY;
    this.flush(performance.now());
  }

  /** Called when what waits has passed a soft limit. */
  #bound(queue: Queue | Conflation): void {
    const { maxBytes, maxMessages, conflates } = this.#limits;
    let { bytes, count } = queue;
    if (this.#writer.congested && conflates && !(queue instanceof Conflation)) {
      this.#observer.conflating(true);
      this.#queue = new Conflation(queue, () => this.superseded());
      ({ bytes, count } = this.#queue);
    }
    if (bytes <= maxBytes && count <= maxMessages) return;
    if (this.#writer.congested) this.giveUp();
    else this.#flushNow();
  }

  /** Empties the queue and returns what was in it. */
  #take(): Queue | Conflation | null {
    const queue = this.#queue;
    this.#queue = null;
    if (queue instanceof Conflation) this.#observer.conflating(false);
    return queue;
  }

  #wake(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    for (const resolve of waiting) resolve();
  }
}
