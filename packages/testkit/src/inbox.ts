import type { Envelope } from '@viaduct/protocol';
import { until } from './wait.js';

/** Which envelope is looked for. */
export type Test = (envelope: Envelope) => boolean;

/** What a connection has received, read from the oldest on. */
export class Inbox {
  readonly all: Envelope[] = [];
  #read = 0;
  #ended: string | null = null;

  add(envelope: Envelope): void {
    this.all.push(envelope);
  }

  /** Nothing more can come. */
  end(why: string): void {
    this.#ended = why;
  }

  /** How many envelopes were not read yet. */
  get unread(): number {
    return this.all.length - this.#read;
  }

  /**
   * Reads up to the first envelope that passes the test, that one included, and waits for it where need be.
   *
   * @throws Error with what came last where it does not come
   */
  async collect(test: Test): Promise<Envelope[]> {
    let looked = this.#read;
    let found = false;
    const look = (): boolean => {
      for (; looked < this.all.length && !found; looked++) found = test(this.all[looked] as Envelope);
      return found || this.#ended !== null;
    };
    await until(look, 'an envelope').catch(() => {});
    if (!found) {
      const last = JSON.stringify(this.all.slice(-3)).slice(0, 1000);
      throw new Error(
        `waited in vain (${this.#ended ?? 'still connected'}); the last of ${this.all.length}: ${last}`,
      );
    }
    const start = this.#read;
    this.#read = looked;
    return this.all.slice(start, looked);
  }

  /** The next envelope that passes the test; those before it are skipped. */
  async next(test: Test = () => true): Promise<Envelope> {
    return (await this.collect(test)).at(-1) as Envelope;
  }

  /** Reads until there was an envelope for each of the tests, in whatever order they come. */
  async nextOfEach(...tests: Test[]): Promise<void> {
    const open = new Set(tests);
    await this.collect((envelope) => {
      for (const test of open) if (test(envelope)) open.delete(test);
      return open.size === 0;
    });
  }

  /** The next `count` envelopes. */
  take(count: number): Promise<Envelope[]> {
    let left = count;
    return count === 0 ? Promise.resolve([]) : this.collect(() => --left === 0);
  }
}
