import { Conflation } from './conflation.js';
import type { Writer } from './connection.js';
import type { Flushable, Flusher } from './flusher.js';
import { type OutMessage, Queue } from './messages.js';
import type { OutboxLimits } from './outbox-limits.js';
import type { Pace, Paced } from './pace.js';
import type { QueueBudget, QueueShare, SlowQueue } from './queue-budget.js';

/** Long answers are sent in portions of this size, in bytes, so that they neither fill a queue nor delay others. */
const PORTION_BYTES = 128 * 1024;

/** What the outbox reports. */
export interface OutboxObserver {
  /** A queue was written to the connection. */
  flushed(queue: Queue, now: number): void;
  /** The queue passed the hard limit: the session must be closed. */
  overflowed(): void;
  /** The session started or stopped keeping only the newest message of each feature. */
  conflating(on: boolean): void;
  /** A newer message about the same feature replaced a queued one. */
  superseded(): void;
}

/**
 * Number of flushes without a pause before a session counts as having a steady stream. Messages that arrive at random,
 * sometimes two at a time, are not delayed, because gathering them would save nothing.
 */
const BURST = 3;

/** When a flush is due if none is, and if one has been requested for as soon as possible. */
const NEVER = Number.POSITIVE_INFINITY;
const SOON = Number.NEGATIVE_INFINITY;

/**
 * The queue of one session. A message for an idle session leaves at once, and so do a few that follow soon after. In a
 * steady stream, messages gather for at most `flushMs` and leave in one write. After `BUFFER`, pushed messages gather
 * for the time that the client requested. While the connection is congested, all messages wait, up to the hard limit;
 * past the soft limit the queue keeps only the newest message of each feature. A {@link Pace} that it shares with other
 * sessions makes it wait in the same way, and then the queue is conflated at once.
 */
export class Outbox implements Flushable, Paced, SlowQueue {
  readonly #writer: Writer;
  readonly #flusher: Flusher;
  readonly #limits: OutboxLimits;
  readonly #observer: OutboxObserver;
  readonly #budget: QueueBudget;
  /** Messages queued for the client, from the time its connection accepts no more data; null before. */
  #share: QueueShare | null = null;
  #queue: Queue | Conflation | null = null;
  /** Time on the clock of `performance.now()` until which flushes are paid for; each costs `flushMs`. */
  #paidUntil = Number.NEGATIVE_INFINITY;
  /** When the next flush is due. Earlier calls come from outdated timers and are ignored. */
  #dueAt = NEVER;
  #closed = false;
  #pace: Pace | null = null;
  #bufferSize = 0;
  #bufferMs = 0;
  #waiting: (() => void)[] | null = null;

  constructor(
    writer: Writer,
    flusher: Flusher,
    limits: OutboxLimits,
    observer: OutboxObserver,
    budget: QueueBudget,
  ) {
    this.#budget = budget;
    this.#writer = writer;
    this.#flusher = flusher;
    this.#limits = limits;
    this.#observer = observer;
  }

  /** True if nothing more is sent: the connection has ended, or is about to because of its queue. */
  get closed(): boolean {
    return this.#closed;
  }

  /** True while the connection accepts no more data, or the pace allows no more. */
  get congested(): boolean {
    return this.#writer.congested || this.#pace?.holds(this) === true;
  }

  /** Queued bytes, without those in the connection's own buffer. */
  get bytes(): number {
    return this.#queue?.bytes ?? 0;
  }

  /** Number of queued messages. */
  get count(): number {
    return this.#queue?.count ?? 0;
  }

  /** Largest number of messages in a list, as the client requested; 0 if it wants no lists. */
  get bufferSize(): number {
    return this.#bufferSize;
  }

  /** How long messages may wait for a list, in milliseconds; 0 if the client wants no lists. */
  get bufferMs(): number {
    return this.#bufferMs;
  }

  /**
   * True if a long answer should wait for {@link drained} before it continues: the queue is long, or the connection is
   * congested and one large value could pass the hard limit.
   */
  get needsDrain(): boolean {
    const queue = this.#queue;
    if (queue === null) return this.congested;
    const { maxBytes, maxMessages } = this.#limits;
    return queue.bytes > Math.min(PORTION_BYTES, maxBytes / 2) || queue.count > maxMessages / 2;
  }

  /** False if the message would pass a hard limit: a long answer then waits for {@link drained} and tries again. */
  hasRoomFor({ bytes }: OutMessage): boolean {
    const { maxBytes, maxMessages } = this.#limits;
    return !this.congested || (this.bytes + bytes <= maxBytes && this.count < maxMessages);
  }

  /**
   * Adds a pushed message.
   *
   * @param isOwn true if hardly any other session receives the same messages in the same order, so that there is no use in
   * keeping their list for others
   */
  push(message: OutMessage, isOwn = false): void {
    if (this.#closed) return;
    const queue = this.#queue;
    if (queue === null) {
      this.#queue = isOwn ? new Queue(message, null) : message.head;
      if (this.#dueAt === NEVER) this.#schedule(message.arrivedAt ?? performance.now());
    } else {
      this.#queue = queue.append(message);
      if (this.#bufferSize > 0 && queue.count + 1 >= this.#bufferSize) this.#flushSoon();
    }
    this.#share?.add(message);
    const { bytes, count } = this.#queue;
    if (bytes > this.#limits.softBytes || count > this.#limits.softMessages) this.#bound(this.#queue);
  }

  /** Adds an answer. It leaves at once with all queued messages, unless `BUFFER` applies to the answer too. */
  answer(message: OutMessage, isOwn = false): void {
    this.push(message, isOwn);
    if (message.direct || this.#bufferSize === 0) this.#flushSoon();
  }

  /** Sends pushed messages in lists from now on; 0 for either ends that. Queued messages leave first. */
  buffer(size: number, ms: number): void {
    this.release();
    const on = size > 0 && ms > 0;
    this.#bufferSize = on ? size : 0;
    this.#bufferMs = on ? ms : 0;
  }

  /** Sends what is queued now, if the connection accepts it, even if `BUFFER` would gather more. */
  release(): void {
    if (this.#queue !== null) this.#flushNow();
  }

  /** Drops queued messages on RESET, except those to keep, such as answers. */
  drop(): void {
    const queued = this.#take()?.toArray() ?? [];
    for (const message of queued) this.#share?.remove(message);
    this.#dueAt = NEVER;
    for (const message of queued) if (message.isKept) this.answer(message);
    if (this.#queue === null && !this.congested) this.#wake();
  }

  /** From now on, the session shares a pace with others; null for none. */
  paceBy(pace: Pace | null): void {
    if (pace === this.#pace) return;
    this.#pace?.leave(this);
    this.#pace = pace;
    this.resume();
  }

  /** Called when the connection, or the pace, accepts data again. */
  resume(): void {
    if (this.congested) return;
    this.#caughtUp();
    if (this.#queue !== null) this.#flushSoon();
    else this.#wake();
  }

  /** Resolves when the queue has been written to the connection, so that a long answer fills no queue. */
  async drained(): Promise<void> {
    if (this.#closed || (this.#queue === null && !this.congested)) return;
    if (this.#queue !== null) this.#flushSoon();
    await new Promise<void>((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(resolve);
    });
  }

  /**
   * Writes the queued messages if the connection accepts them, then closes: for an end that is not the client's
   * fault.
   */
  leave(): void {
    if (!this.#closed && this.#queue !== null) this.#flushNow();
    this.close();
  }

  close(): void {
    this.#closed = true;
    this.#pace?.leave(this);
    this.#pace = null;
    this.#take();
    this.#caughtUp();
    this.#wake();
  }

  /** Ends a session whose client does not keep up; queued messages are dropped. */
  giveUp(): void {
    if (this.#closed) return;
    this.close();
    this.#observer.overflowed();
  }

  /** Counts a message that a newer one about the same feature replaced. */
  superseded(): void {
    this.#observer.superseded();
  }

  flush(now: number): void {
    if (now < this.#dueAt) return;
    this.#dueAt = NEVER;
    if (this.#queue === null) {
      if (!this.congested) this.#wake();
      return;
    }
    if (this.congested) this.#keep(this.#queue);
    else if (this.#pace !== null && this.#queue.bytes > this.#pace.portion)
      this.#sendPortion(this.#queue, now);
    else this.#sendAll(now);
  }

  #sendAll(now: number): void {
    this.#caughtUp();
    const queue = this.#take()?.toQueue();
    if (queue !== undefined && queue !== null) this.#send(queue, now);
    this.#wake();
  }

  /** Sends the oldest messages, as many as the pace allows now. */
  #sendPortion(queue: Queue | Conflation, now: number): void {
    const waiting = this.#limits.conflates ? this.#conflated(queue) : queue;
    const [portion, rest] = waiting.split(this.#pace?.portion ?? 0);
    if (rest === null) this.#take();
    else this.#queue = rest;
    for (const message of portion.toArray()) this.#share?.remove(message);
    this.#send(portion, now);
    // Also if something is left: in a stream that exceeds the pace, that is always so.
    this.#wake();
    if (rest === null) return;
    if (this.congested) this.countAsQueued(rest);
    else this.#flushSoon();
  }

  #send(queue: Queue, now: number): void {
    const { flushMs } = this.#limits;
    // Flushes for answers never cost more than a burst, or pushed messages would wait for them later.
    this.#paidUntil = Math.min(Math.max(this.#paidUntil, now), now + BURST * flushMs) + flushMs;
    this.#writer.write(queue, this.#bufferSize);
    this.#pace?.spend(queue.bytes);
    if (this.#writer.congested) this.countAsQueued(queue);
    this.#observer.flushed(queue, now);
  }

  /** Keeps the queue until {@link resume}. */
  #keep(queue: Queue | Conflation): void {
    // A client that keeps up receives the newest messages when its turn comes, not outdated ones.
    const late = !this.#writer.congested && this.#limits.conflates;
    this.countAsQueued(late ? this.#conflated(queue) : queue);
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
    if (this.#dueAt === SOON) return;
    this.#dueAt = SOON;
    this.#flusher.soon(this);
  }

  #flushNow(): void {
    this.#dueAt = SOON;
    this.flush(performance.now());
  }

  /** Called when the queue has passed a soft limit. */
  #bound(queue: Queue | Conflation): void {
    const { maxBytes, maxMessages, conflates } = this.#limits;
    let { bytes, count } = queue;
    if (this.congested && conflates) ({ bytes, count } = this.#conflated(queue));
    if (bytes <= maxBytes && count <= maxMessages) return;
    if (this.congested) this.giveUp();
    else this.#flushNow();
  }

  conflate(): void {
    if (this.#queue !== null && this.#limits.conflates) this.#conflated(this.#queue);
  }

  #conflated(queue: Queue | Conflation): Conflation {
    if (queue instanceof Conflation) return queue;
    this.#observer.conflating(true);
    const conflated = new Conflation(queue, (older) => {
      this.#share?.remove(older);
      this.superseded();
    });
    this.#queue = conflated;
    return conflated;
  }

  /** Counts these messages and all later ones as queued for the client, until the connection accepts data again. */
  countAsQueued(queue: Queue | Conflation): void {
    if (this.#closed) return;
    this.#share ??= this.#budget.open(this);
    for (const message of queue.toArray()) this.#share.add(message);
  }

  #caughtUp(): void {
    if (this.#share === null) return;
    const share = this.#share;
    this.#share = null;
    share.close();
  }

  /** Empties the queue and returns its content. */
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
