import type { UnrecoveredReason } from '@viaduct/protocol';
import { SourceError } from '../sources/source.js';
import type { StreamReader } from '../sources/streams.js';
import { SharedReads } from './shared-reads.js';
import { Snapshot } from './snapshots.js';

/** The entries of a stream after an id, or why they are unavailable. */
export type Recovery =
  | {
      readonly recovered: true;
      readonly entries: Snapshot;
      /** Id of the latest entry; the requested id if there is none. */
      readonly id: string;
    }
  | { readonly recovered: false; readonly reason: UnrecoveredReason };

/** Most reads at the same time: many clients arrive together when another replica ends. */
const MAX_READS = 8;

/** Reads stream entries that clients have missed; clients that missed the same entries share one read. */
export class RecoveryReader {
  readonly #streams: StreamReader;
  readonly #limit: { readonly entries: number; readonly bytes: number };
  readonly #onInvalid: (stream: string, error: unknown) => void;
  readonly #reads = new SharedReads((key) => this.#inTurn(() => this.#read(key)));
  readonly #waiting: (() => void)[] = [];
  #under = 0;

  /** @param limit most entries of one recovery, and most bytes of all their messages together */
  constructor(
    streams: StreamReader,
    limit: { readonly entries: number; readonly bytes: number },
    onInvalid: (stream: string, error: unknown) => void,
  ) {
    this.#streams = streams;
    this.#limit = limit;
    this.#onInvalid = onInvalid;
  }

  /**
   * The entries of a channel after an id. Never rejects.
   *
   * @param notBefore earliest begin of a read that may answer, in ms on the clock of `performance.now()`: the session
   *   must receive all later entries through its subscription
   */
  async read(channel: string, since: string, notBefore: number): Promise<Recovery> {
    if (!this.#streams.has(channel)) return { recovered: false, reason: 'not_a_stream' };
    try {
      return await this.#reads.read(`${since} ${channel}`, notBefore);
    } catch (error) {
      const isOther = error instanceof SourceError && error.code === 'wrong_type';
      return { recovered: false, reason: isOther ? 'not_a_stream' : 'unavailable' };
    }
  }

  async #read(key: string): Promise<Recovery> {
    const since = key.slice(0, key.indexOf(' '));
    const stream = key.slice(since.length + 1);
    const found = await this.#streams.after(stream, since, this.#limit.entries, this.#limit.bytes);
    if (!found.complete) return { recovered: false, reason: found.reason };
    const { entries } = found;
    const ids = entries.map(({ id }) => id);
    const values = entries.map(({ text }) => text);
    return {
      recovered: true,
      entries: new Snapshot(stream, values, (error) => this.#onInvalid(stream, error), ids),
      id: ids.at(-1) ?? since,
    };
  }

  async #inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (this.#under >= MAX_READS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#under++;
    try {
      return await read();
    } finally {
      // The next waiting read takes over the slot.
      const next = this.#waiting.shift();
      if (next === undefined) this.#under--;
      else next();
    }
  }
}
