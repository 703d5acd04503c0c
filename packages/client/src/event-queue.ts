import { BacklogError } from './errors.js';

/** With more events in the queue of an iteration, the next batch ends it. */
const MAX_BACKLOG = 100_000;

/** The queue of one `for await` loop. */
export class EventQueue<Event> implements AsyncIterator<Event, undefined> {
  readonly #ended: (queue: EventQueue<Event>) => void;
  #events: Event[] = [];
  #position = 0;
  #end: { error: Error | null } | null = null;
  /** Calls of `next` for which there is no event yet. */
  #waiting: (() => void)[] = [];

  constructor(ended: (queue: EventQueue<Event>) => void) {
    this.#ended = ended;
  }

  push(events: readonly Event[]): void {
    // A batch may be larger than that, such as what another subscription holds, without the loop being slow.
    if (this.#events.length - this.#position > MAX_BACKLOG) {
      this.end(
        new BacklogError(`more than ${MAX_BACKLOG} events are queued; the loop is slower than the messages`),
      );
      return;
    }
    for (const event of events) this.#events.push(event);
    this.#wake();
  }

  /** Ends the loop after the queued events; if there is an error, the loop throws it then. */
  end(error: Error | null): void {
    this.#end ??= { error };
    this.#ended(this);
    this.#wake();
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    for (;;) {
      const event = this.#events[this.#position];
      if (event !== undefined) {
        this.#position++;
        if (this.#position === this.#events.length) {
          this.#events = [];
          this.#position = 0;
        }
        return { done: false, value: event };
      }
      if (this.#end !== null) {
        const { error } = this.#end;
        this.#end = { error: null };
        if (error !== null) throw error;
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  async return(): Promise<IteratorResult<Event, undefined>> {
    this.end(null);
    this.#events = [];
    this.#position = 0;
    return { done: true, value: undefined };
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
