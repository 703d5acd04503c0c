import type { OutMessage } from './messages.js';

/** The queue of a client that does not keep up. */
export interface SlowQueue {
  /** Keeps only the newest message of each feature from now on, if the settings allow it. */
  conflate(): void;
  /** Ends the session. */
  giveUp(): void;
}

/** The messages that one slow client keeps in memory: its queue, and what its connection has not sent yet. */
export class QueueShare {
  readonly #budget: QueueBudget;
  readonly #messages = new Set<OutMessage>();
  /** Size of all its messages, in bytes. */
  bytes = 0;

  constructor(
    readonly queue: SlowQueue,
    budget: QueueBudget,
  ) {
    this.#budget = budget;
  }

  add(message: OutMessage): void {
    if (this.#messages.has(message)) return;
    this.#messages.add(message);
    this.bytes += message.bytes;
    if (message.slowHolders++ === 0) this.#budget.count(message.bytes);
  }

  remove(message: OutMessage): void {
    if (!this.#messages.delete(message)) return;
    this.bytes -= message.bytes;
    if (--message.slowHolders === 0) this.#budget.count(-message.bytes);
  }

  /** The client has caught up, or is gone. */
  close(): void {
    for (const message of this.#messages) this.remove(message);
    this.#budget.closed(this);
  }
}

/**
 * Bounds what slow clients keep in memory together. Each message counts once, however many of them wait for it. Past the
 * limit, first their queues are conflated; then those that hold at least the average are closed. In both cases, clients that
 * have read nothing for the longest time come first.
 */
export class QueueBudget {
  readonly #maxBytes: number;
  readonly #evicted: () => void;
  /** In the order in which their clients stopped reading. */
  readonly #shares = new Set<QueueShare>();
  #bytes = 0;
  #isDue = false;

  /** @param evicted called for each session that is closed */
  constructor(maxBytes: number, evicted: () => void) {
    this.#maxBytes = maxBytes;
    this.#evicted = evicted;
  }

  /** Size of all messages that slow clients wait for, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  open(queue: SlowQueue): QueueShare {
    const share = new QueueShare(queue, this);
    this.#shares.add(share);
    return share;
  }

  closed(share: QueueShare): void {
    this.#shares.delete(share);
  }

  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#isDue || this.#bytes <= this.#maxBytes) return;
    this.#isDue = true;
    // Not during a delivery, which continues with these sessions.
    setImmediate(() => {
      this.#isDue = false;
      this.#enforce();
    });
  }

  #enforce(): void {
    for (const { queue } of [...this.#shares]) {
      if (this.#bytes <= this.#maxBytes) return;
      queue.conflate();
    }
    while (this.#bytes > this.#maxBytes && this.#shares.size > 0) {
      const shares = [...this.#shares];
      const average = shares.reduce((sum, { bytes }) => sum + bytes, 0) / shares.length;
      for (const share of shares) {
        if (this.#bytes <= this.#maxBytes) return;
        if (share.bytes < average) continue;
        this.#evicted();
        share.queue.giveUp();
        // A session that has already ended may not say so again.
        share.close();
      }
    }
  }
}
