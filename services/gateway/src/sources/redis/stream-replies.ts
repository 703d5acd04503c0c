import type { Redis } from 'ioredis';
import type { StreamEntry, StreamState } from '../streams.js';

/** The field of an entry that has the message, where there are several. */
const DATA_FIELD = 'data';

/** What Redis answered to a command of a transaction. */
type Result = [error: Error | null, reply: unknown];

/** A stream at one moment. */
export interface StreamLook {
  /** Null where there is no such stream. */
  state: StreamState | null;
  /** Entries after the id that was asked for. */
  entries: StreamEntry[];
}

/**
 * Reads entries after an id and the stream's state, at the same moment.
 *
 * @param limit most entries; 0 for the state alone
 */
export async function lookAt(client: Redis, stream: string, id: string, limit: number): Promise<StreamLook> {
  const transaction = client.multi().xinfo('STREAM', stream);
  if (limit > 0) transaction.xread('COUNT', limit, 'STREAMS', stream, id);
  const results: Result[] = (await transaction.exec()) ?? [];
  const [info = [null, null], read] = results;
  return {
    state: stateIn(info),
    entries: read === undefined ? [] : (entriesIn(replyOf(read)).get(stream) ?? []),
  };
}

/** Entries by stream, as XREAD gives them; none where nothing came in time. */
export function entriesIn(reply: unknown): Map<string, StreamEntry[]> {
  const streams = (reply ?? []) as [name: string, entries: [id: string, fields: string[] | null][]][];
  return new Map(
    streams.map(([name, entries]) => [
      name,
      entries.map(([id, fields]) => ({ id, text: textOf(fields ?? []) })),
    ]),
  );
}

/** The message of an entry: its field `data`, or its only one; empty where there is neither. */
function textOf(fields: readonly string[]): string {
  for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i] === DATA_FIELD) return fields[i + 1] ?? '';
  return fields.length === 2 ? (fields[1] ?? '') : '';
}

/** What XINFO STREAM says; null where there is no such key. */
function stateIn(result: Result): StreamState | null {
  const [error] = result;
  if (error?.message.endsWith('no such key') === true) return null;
  const reply = replyOf(result) as unknown[];
  const info = new Map<unknown, unknown>();
  for (let i = 0; i + 1 < reply.length; i += 2) info.set(reply[i], reply[i + 1]);
  const first = info.get('first-entry');
  const added = info.get('entries-added');
  const deleted = info.get('max-deleted-entry-id');
  return {
    length: Number(info.get('length')),
    lastId: String(info.get('last-generated-id')),
    firstId: Array.isArray(first) ? String(first[0]) : null,
    added: added === undefined ? null : Number(added),
    deletedId: deleted === undefined ? null : String(deleted),
  };
}

function replyOf([error, reply]: Result): unknown {
  if (error !== null) throw error;
  return reply;
}
