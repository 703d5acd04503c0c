import type { UnrecoveredReason } from '@viaduct/protocol';
import { SourceError } from '../sources/source.js';
import { bytesOf, type StreamEntry, type StreamReader } from '../sources/streams.js';
import type { ReadBudget } from './read-budget.js';
import type { Reader } from './read-reservation.js';
import { type Reading, SharedRead } from './shared-reads.js';
import { Snapshot } from './snapshots.js';
import { placeAfter, type RecoveryLimits, StreamPass } from './stream-pass.js';

/** The entries of a stream after an id, or why they are unavailable. */
export type Recovery =
  | {
      readonly recovered: true;
      /** These entries and earlier ones. The caller has to release them. */
      readonly entries: Reading<Snapshot>;
      /** Index of the first entry after the id. */
      readonly first: number;
      /** Id of the latest entry; the requested id if there is none. */
      readonly id: string;
    }
  | { readonly recovered: false; readonly reason: UnrecoveredReason };

/** The entries that several sessions have missed. */
interface Entries {
  readonly entries: readonly StreamEntry[];
  readonly snapshot: Snapshot;
}

/** A read of one stream, which sessions may join. */
interface RunningRead {
  readonly pass: StreamPass;
  readonly read: SharedRead<Entries>;
}

/** Reads stream entries that clients have missed. Clients share one read, whichever entry each of them had last. */
export class RecoveryReader {
  readonly #streams: StreamReader;
  readonly #budget: ReadBudget;
  readonly #limits: RecoveryLimits;
  readonly #onInvalid: (stream: string, error: unknown) => void;
  /** The latest read of each stream; it begins when the one before has ended. */
  readonly #current = new Map<string, RunningRead>();

  /** @param maxEntries of one recovery */
  constructor(
    streams: StreamReader,
    budget: ReadBudget,
    maxEntries: number,
    onInvalid: (stream: string, error: unknown) => void,
  ) {
    this.#streams = streams;
    this.#budget = budget;
    this.#limits = { entries: maxEntries, bytes: budget.largest };
    this.#onInvalid = onInvalid;
  }

  /**
   * The entries of a channel after an id. Never rejects.
   *
   * @param notBefore earliest end of a read that may answer, in ms on the clock of `performance.now()`: the session
   *   must receive all later entries through its subscription
   */
  async read(channel: string, since: string, notBefore: number, reader: Reader): Promise<Recovery> {
    if (!this.#streams.has(channel)) return { recovered: false, reason: 'not_a_stream' };
    try {
      for (;;) {
        const { pass, read } = this.#passFor(channel, since, reader);
        const request = pass.add(since, notBefore, reader);
        const reading = await read.use(reader);
        const { entries, snapshot } = reading.value;
        if (request.outcome === null) {
          const [first, id] = [placeAfter(entries, since), entries.at(-1)?.id ?? since];
          return { recovered: true, entries: { ...reading, value: snapshot }, first, id };
        }
        reading.release();
        if (request.outcome !== 'late') return { recovered: false, reason: request.outcome };
      }
    } catch (error) {
      const isOther = error instanceof SourceError && error.code === 'wrong_type';
      return { recovered: false, reason: isOther ? 'not_a_stream' : 'unavailable' };
    }
  }

  #passFor(stream: string, since: string, reader: Reader): RunningRead {
    const latest = this.#current.get(stream);
    if (latest?.pass.accepts(since) === true) return latest;
    const pass = new StreamPass(stream, this.#streams, this.#limits);
    const read = new SharedRead<Entries>(reader, async (claim) => {
      await latest?.read.end(0).catch(() => {});
      return this.#budget.read(
        `stream ${stream}`,
        claim,
        async (reservation) => this.#entriesOf(stream, await pass.run(reservation)),
        ({ entries }) => bytesOf(entries),
      );
    });
    const current: RunningRead = { pass, read };
    this.#current.set(stream, current);
    const forget = (): void => {
      if (this.#current.get(stream) === current) this.#current.delete(stream);
    };
    read.end(0).then(forget, forget);
    return current;
  }

  #entriesOf(stream: string, entries: readonly StreamEntry[]): Entries {
    const ids = entries.map(({ id }) => id);
    const values = entries.map(({ text }) => text);
    const snapshot = new Snapshot(stream, values, (error) => this.#onInvalid(stream, error), ids);
    return { entries, snapshot };
  }
}
