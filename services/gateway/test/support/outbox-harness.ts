import { ConflationKey } from '../../src/delivery/conflation-key.js';
import type { Writer } from '../../src/delivery/connection.js';
import { Flusher } from '../../src/delivery/flusher.js';
import { envelopesOf, OutMessage, type Queue } from '../../src/delivery/messages.js';
import { Outbox, type OutboxObserver } from '../../src/delivery/outbox.js';
import type { OutboxLimits } from '../../src/delivery/outbox-limits.js';
import { QueueBudget } from '../../src/delivery/queue-budget.js';

/** One write to the connection. */
export interface Write {
  /** Time on the clock of `performance.now()`. */
  at: number;
  queue: Queue;
  bufferSize: number;
}

/** A connection that records its writes. */
class FakeWriter implements Writer {
  congested = false;
  /** Whether the connection becomes congested after one more write. */
  congestedAfterWrite = false;
  readonly writes: Write[] = [];

  write(queue: Queue, bufferSize: number): void {
    if (this.congested) throw new Error('written to a congested connection');
    this.writes.push({ at: performance.now(), queue, bufferSize });
    this.congested = this.congestedAfterWrite;
  }

  /** Texts of the messages of each write. */
  get texts(): string[][] {
    return this.writes.map(({ queue }) => queue.toArray().map(({ json }) => JSON.parse(json)));
  }

  /** What the client receives: a text for each single message, a list of texts for each buffer. */
  get received(): (string | string[])[] {
    return this.writes.flatMap(({ queue, bufferSize }) =>
      envelopesOf(queue.toArray(), bufferSize).map((json) => {
        const envelope = JSON.parse(json) as string | { content: string[] };
        return typeof envelope === 'string' ? envelope : envelope.content;
      }),
    );
  }
}

/** A flusher whose failures fail the test. */
export function newFlusher(): Flusher {
  return new Flusher((error) => {
    throw error;
  });
}

export const LIMITS: OutboxLimits = {
  flushMs: 20,
  maxBytes: 1_000_000,
  maxMessages: 1_000,
  softBytes: 1_000_000,
  softMessages: 1_000,
  conflates: false,
};

const NO_BUDGET = new QueueBudget(Number.POSITIVE_INFINITY, () => {});

export class OutboxHarness implements OutboxObserver {
  readonly writer = new FakeWriter();
  readonly flushes: Queue[] = [];
  overflows = 0;
  readonly outbox: Outbox;

  constructor(limits: Partial<OutboxLimits> = {}, flusher = newFlusher(), budget = NO_BUDGET) {
    const { maxBytes: softBytes, maxMessages: softMessages } = { ...LIMITS, ...limits };
    this.outbox = new Outbox(
      this.writer,
      flusher,
      { ...LIMITS, softBytes, softMessages, ...limits },
      this,
      budget,
    );
  }

  flushed(queue: Queue): void {
    this.flushes.push(queue);
  }

  overflowed(): void {
    this.overflows++;
  }

  /** Whether the session conflates, according to its reports. */
  isConflating = false;
  supersessions = 0;

  conflating(on: boolean): void {
    if (on === this.isConflating) throw new Error('a change was reported, but nothing changed');
    this.isConflating = on;
  }

  superseded(): void {
    this.supersessions++;
  }

  push(text: string): void {
    this.outbox.push(message(text));
  }

  /** Pushes a message about a feature of the channel `live`. */
  pushOf(id: string | number, text: string): void {
    const json = JSON.stringify(text);
    this.outbox.push(new OutMessage(json, performance.now(), { key: new ConflationKey('live', id) }));
  }

  answer(text: string, direct = false): void {
    this.outbox.answer(message(text, direct, true));
  }

  /** Makes the connection congested, or no longer congested. */
  congest(congested: boolean): void {
    this.writer.congested = congested;
    if (!congested) this.outbox.resume();
  }
}

/**
 * An outbox between a fake session and a fake connection, on the clock of `performance.now()`, which may be fake, too. The
 * functions need no `this`.
 */
export function makeOutbox(...args: ConstructorParameters<typeof OutboxHarness>) {
  const harness = new OutboxHarness(...args);
  return {
    writer: harness.writer,
    outbox: harness.outbox,
    flushes: harness.flushes,
    overflows: (): number => harness.overflows,
    isConflating: (): boolean => harness.isConflating,
    supersessions: (): number => harness.supersessions,
    pushOf: harness.pushOf.bind(harness),
    push: harness.push.bind(harness),
    answer: harness.answer.bind(harness),
    congest: harness.congest.bind(harness),
  };
}

/** A message that arrives now, with the text as JSON for its envelope. */
export function message(text: string, direct = false, isKept = false): OutMessage {
  return new OutMessage(JSON.stringify(text), performance.now(), { direct, isKept });
}
