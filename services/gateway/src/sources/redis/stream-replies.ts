import type { Redis } from 'ioredis';
import type { StreamEntry, StreamRead, StreamState } from '../streams.js';
import { textOf } from './text.js';

const NOTHING = Buffer.alloc(0);

/** The field of an entry that has the message if there are several fields. */
const DATA_FIELD = 'data';

/**
 * Reads entries after an id and the stream's state, at the same moment.
 *
 * @param limit the most entries; 0 for the state alone
 */
export async function readStream(
  client: Redis,
  stream: string,
  id: string,
  limit: number,
): Promise<StreamRead> {
  const commands: Promise<unknown>[] = [client.multi({ pipeline: false }), client.xinfo('STREAM', stream)];
  if (limit > 0) commands.push(client.xread('COUNT', limit, 'STREAMS', stream, id));
  // If Redis refuses a command, its error precedes that of EXEC, which does not say why.
  const replies = (await Promise.all([...commands, client.callBuffer('EXEC')])).at(-1);
  const [info, read] = replies as [info: unknown, read?: unknown];
  return { state: stateIn(info), entries: entriesIn(read).get(stream) ?? [] };
}

/** An entry in the form of XREAD; without fields if it was removed meanwhile. */
type RawEntry = [id: Buffer, fields: Buffer[] | null];

/** Entries by stream, from the reply of XREAD; none if it timed out. */
export function entriesIn(reply: unknown): Map<string, StreamEntry[]> {
  const streams = (unlessError(reply) ?? []) as (Buffer | RawEntry[] | [Buffer, RawEntry[]])[];
  // It is a list of pairs, but in a transaction with RESP3 a flat list of names and entries in turn.
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

/** The message of an entry: its field `data`, or its only field; empty if there is neither. */
function messageOf(fields: readonly Buffer[]): string {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i]?.toString() === DATA_FIELD) return textOf(fields[i + 1] ?? NOTHING);
  }
  return fields.length === 2 ? textOf(fields[1] ?? NOTHING) : '';
}

/** The state of a stream, from XINFO STREAM; null if there is no such key. */
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
