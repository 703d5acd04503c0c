import { compareStreamIds, type UnrecoveredReason } from '@viaduct/protocol';

/** An entry of a stream. */
export interface StreamEntry {
  /** Milliseconds and sequence number, as in `1753100000000-0`. */
  readonly id: string;
  /** The message: JSON as it was published; empty where the entry has none. */
  readonly text: string;
}

/** Why a store does not have what was asked for. */
export type StreamLoss = Extract<UnrecoveredReason, 'trimmed' | 'unknown_id'>;

/** All entries after an id, oldest first; or why they are not all to be had. */
export type EntriesAfter =
  | { readonly complete: true; readonly entries: readonly StreamEntry[] }
  | { readonly complete: false; readonly reason: StreamLoss | 'too_many' };

/** What sessions can ask about streams. */
export interface StreamReader {
  /** Whether the channel is a stream, as the configuration says. */
  has(channel: string): boolean;
  /** Id up to which a followed stream's entries were told to the listener; null where it is not followed. */
  position(stream: string): string | null;
  /**
   * @param id as Redis writes it
   * @param limit most entries to be read
   * @param maxBytes of all their messages together, as UTF-8; by default any number
   * @throws SourceError `source_unavailable`, `not_allowed` or `wrong_type`
   */
  after(stream: string, id: string, limit: number, maxBytes?: number): Promise<EntriesAfter>;
}

/** What a store of streams tells its one listener; the calls come as those of `SourceEvents` do. */
export interface StreamEvents {
  /** The next entry of a followed stream. */
  entry(stream: string, entry: StreamEntry): void;
  /** Entries of a followed stream were lost before they could be read; those that follow are told as ever. */
  lost(stream: string, reason: StreamLoss): void;
  /** The store denies the gateway a followed stream, which is not followed any more. */
  denied(stream: string): void;
  /** `StreamStore.ready` has changed. */
  changed(): void;
}

/**
 * A store of streams: named lists of entries that grow at the end and may be trimmed at the beginning. Kept for
 * Redis (`redis-streams.ts`) and in memory (`memory-streams.ts`) alike, and tested by one suite.
 */
export interface StreamStore extends Omit<StreamReader, 'has'> {
  /** Whether it can serve every request right now. False before `start`. */
  readonly ready: boolean;
  /** Begins to connect, and goes on trying until `close`. */
  start(events: StreamEvents): void;
  /** Ends everything. No event comes afterwards. */
  close(): Promise<void>;
  /**
   * Resolves once the place is found from which entries are told: every entry that is added from then on, over
   * reconnections too, until `unfollow`.
   *
   * @throws SourceError `source_unavailable`, `not_allowed` or `wrong_type`; the stream is not followed then
   */
  follow(stream: string): Promise<void>;
  /** Nothing of the stream is told from now on. Nothing happens for a stream that is not followed. */
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
  after: async () => ({ complete: false, reason: 'unknown_id' }),
};

/** The id before that of every entry. */
export const BEFORE_ALL = '0-0';

/** What is known of a stream besides its entries, at the moment at which they were read. */
export interface StreamState {
  readonly length: number;
  /** Id of the latest entry that was ever added, removed or not. */
  readonly lastId: string;
  /** Id of the oldest entry that is there; null where there is none. */
  readonly firstId: string | null;
  /** Entries ever added; null where the server does not tell (Redis before 7.0). */
  readonly added: number | null;
  /** Largest id of an entry that was removed by itself, not by trimming; null where the server does not tell. */
  readonly deletedId: string | null;
}

/**
 * Whether entries after `id` may be missing from a stream; null where they are all there. Where that cannot be known,
 * they count as missing. A Redis before 7.0 does not tell of entries that XDEL has removed.
 *
 * @param state null where there is no such stream
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
