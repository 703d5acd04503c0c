import type { Redis } from 'ioredis';
import type { StreamEntry, StreamState } from '../streams.js';
import { textOf } from './text.js';

const NOTHING = Buffer.alloc(0);

/** The field of an entry that has the message, where there are several. */
const DATA_FIELD = 'data';

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
  const commands: Promise<unknown>[] = [client.multi({ pipeline: false }), client.xinfo('STREAM', stream)];
  if (limit > 0) commands.push(client.xread('COUNT', limit, 'STREAMS', stream, id));
  // What refuses one of the commands comes before EXEC, which only says that there was something.
  const replies = (await Promise.all([...commands, client.callBuffer('EXEC')])).at(-1);
  const [info, read] = replies as [info: unknown, read?: unknown];
  return { state: stateIn(info), entries: entriesIn(read).get(stream) ?? [] };
}

/** An entry as XREAD gives it; without fields if it was removed meanwhile. */
type RawEntry = [id: Buffer, fields: Buffer[] | null];

/** Entries by stream, as XREAD gives them; none if nothing came in time. */
export function entriesIn(reply: unknown): Map<string, StreamEntry[]> {
  const streams = (unlessError(reply) ?? []) as (Buffer | RawEntry[] | [Buffer, RawEntry[]])[];
  // A list of pairs; but a transaction gives the map that it is in RESP3 as names and entries in turn.
  const isMap = Buffer.isBuffer(streams[0]);
  const parts = (isMap ? streams : streams.flat()) as (Buffer | RawEntry[])[];
  const found = new Map<string, StreamEntry[]>();
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const entries = (parts[i + 1] as RawEntry[]).map(([id, fields]) => ({
      id: id.toString(),
      text: messageOf(fields ?? []),
    }));
    found.set(String(parts[i]), entries);
  }
  return found;
}

/** The message of an entry: its field `data`, or its only one; empty where there is neither. */
function messageOf(fields: readonly Buffer[]): string {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i]?.toString() === DATA_FIELD) return textOf(fields[i + 1] ?? NOTHING);
  }
  return fields.length === 2 ? textOf(fields[1] ?? NOTHING) : '';
}

/** What XINFO STREAM says; null where there is no such key. */
function stateIn(reply: unknown): StreamState | null {
  if (reply instanceof Error && reply.message.endsWith('no such key')) return null;
  const members = unlessError(reply) as unknown[];
  const info = new Map<string, unknown>();
  for (let i = 0; i + 1 < members.length; i += 2) info.set(String(members[i]), members[i + 1]);
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

function unlessError(reply: unknown): unknown {
  if (reply instanceof Error) throw reply;
  return reply;
}
