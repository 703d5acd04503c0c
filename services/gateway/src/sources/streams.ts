import { compareStreamIds, type UnrecoveredReason } from '@viaduct/protocol';

/** An entry of a stream. */
export interface StreamEntry {
  /** Milliseconds and sequence number, as in `1753100000000-0`. */
  readonly id: string;
  /** The message: JSON as published; empty if the entry has none. */
  readonly text: string;
}

/** Why a store does not have the requested entries. */
export type StreamLoss = Extract<UnrecoveredReason, 'trimmed' | 'unknown_id'>;

/** The queries of sessions about streams. */
export interface StreamReader {
  /** Whether the channel is a stream according to the configuration. */
  has(channel: string): boolean;
  /** Id of the last entry of a followed stream that the listener received; null if the stream is not followed. */
  position(stream: string): string | null;
  /**
   * The stream at one moment, with its oldest entries after an id. {@link lossAfter} finds out whether some are missing.
   *
   * @param id in the form of Redis
   * @param count the most entries; there are no others if it returns fewer
   * @throws SourceError `source_unavailable`, `not_allowed` or `wrong_type`
   */
  after(stream: string, id: string, count: number): Promise<StreamRead>;
}

/** What a store of streams reports to its one listener, in calls like those of `SourceEvents`. */
export interface StreamEvents {
  /** The next entry of a followed stream. */
  entry(stream: string, entry: StreamEntry): void;
  /** Entries of a followed stream were lost before they could be read; later ones arrive as usual. */
  lost(stream: string, reason: StreamLoss): void;
  /** The store denies the gateway a followed stream, which is no longer followed. */
  denied(stream: string): void;
  /** `StreamStore.ready` has changed. */
  changed(): void;
}

/**
 * A store of streams: named lists of entries that grow at the end and may be trimmed at the beginning. `redis/streams.ts`
 * and `memory/streams.ts` implement it, and one suite tests both.
 */
export interface StreamStore extends Omit<StreamReader, 'has'> {
  /** Whether it can serve every request right now. False before `start`. */
  readonly ready: boolean;
  /** Begins to connect, and keeps trying until `close`. */
  start(events: StreamEvents): void;
  /** Ends everything. No event comes afterwards. */
  close(): Promise<void>;
  /**
   * Resolves once the current end of the stream is known. The listener receives every entry that is added from then on,
   * over reconnections too, until `unfollow`.
   *
   * @throws SourceError `source_unavailable`, `not_allowed` or `wrong_type`; the stream is not followed then
   */
  follow(stream: string): Promise<void>;
  /** From now on, the listener receives nothing of the stream. Does nothing for a stream that is not followed. */
  unfollow(stream: string): void;
}

/** Size of messages in bytes, as UTF-8. */
export function bytesOf(entries: readonly StreamEntry[]): number {
  return entries.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}

/** For a source without streams. */
export const NO_STREAMS: StreamReader = {
  has: () => false,
  position: () => null,
  after: async () => ({ state: null, entries: [] }),
};

/** The id before the ids of all entries. */
export const BEFORE_ALL = '0-0';

/** The state of a stream, besides its entries, at the moment when they were read. */
export interface StreamState {
  readonly length: number;
  /** Id of the latest entry ever added, even if it was removed. */
  readonly lastId: string;
  /** Id of the oldest existing entry; null if there is none. */
  readonly firstId: string | null;
  /** Number of entries ever added; null if the server does not say (Redis before 7.0). */
  readonly added: number | null;
  /** Largest id of an entry that was removed by XDEL, not by trimming; null if the server does not say. */
  readonly deletedId: string | null;
}

/** The result of a read of a stream. */
export interface StreamRead {
  /** Null if there is no such stream. */
  readonly state: StreamState | null;
  /** Entries after the requested id, oldest first. */
  readonly entries: StreamEntry[];
}

/**
 * Why entries after `id` may be missing from a stream; null if none is. If that is unknown, they count as missing. A Redis
 * before 7.0 does not report entries that XDEL has removed.
 *
 * @param state null if there is no such stream
 */
export function lossAfter(state: StreamState | null, id: string): StreamLoss | null {
  if (state === null) return 'unknown_id';
  const { length, lastId, firstId, added, deletedId } = state;
  const order = compareStreamIds(id, lastId);
  if (order > 0) return 'unknown_id';
  if (order === 0) return null;
  if (deletedId !== null && compareStreamIds(deletedId, id) > 0) return 'trimmed';
  if (firstId !== null && compareStreamIds(firstId, id) <= 0) return null;
  return id === BEFORE_ALL && added === length ? null : 'trimmed';
}
