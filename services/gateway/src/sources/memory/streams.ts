import { compareStreamIds } from '@viaduct/protocol';
import { SourceError } from '../source.js';
import {
  BEFORE_ALL,
  lossAfter,
  type StreamEntry,
  type StreamEvents,
  type StreamRead,
  type StreamState,
  type StreamStore,
} from '../streams.js';

interface MemoryStream {
  entries: StreamEntry[];
  lastId: string;
  added: number;
}

/** Streams in this process, for trying out Viaduct and for tests without a Redis. */
export class MemoryStreams implements StreamStore {
  readonly #streams = new Map<string, MemoryStream>();
  /** For each followed stream, the id of the last entry that the listener received. */
  readonly #positions = new Map<string, string>();
  #events: StreamEvents | undefined;
  #closed = false;
  #delivering = false;

  get ready(): boolean {
    return this.#events !== undefined && !this.#closed;
  }

  start(events: StreamEvents): void {
    this.#events = events;
    setImmediate(() => {
      if (!this.#closed) events.changed();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#positions.clear();
    this.#streams.clear();
  }

  position(stream: string): string | null {
    return this.#positions.get(stream) ?? null;
  }

  async after(stream: string, id: string, count: number): Promise<StreamRead> {
    this.#requireReady();
    return { state: this.#state(stream), entries: this.#entriesAfter(stream, id).slice(0, count) };
  }

  async follow(stream: string): Promise<void> {
    this.#requireReady();
    if (this.#positions.has(stream)) return;
    this.#positions.set(stream, this.#streams.get(stream)?.lastId ?? BEFORE_ALL);
  }

  unfollow(stream: string): void {
    this.#positions.delete(stream);
  }

  /**
   * Adds an entry. As with Redis, the listener receives it in a later turn of the event loop.
   *
   * @param maxLength the most entries that the stream keeps
   * @returns its id
   */
  add(stream: string, text: string, maxLength = Number.POSITIVE_INFINITY): string {
    let kept = this.#streams.get(stream);
    if (kept === undefined) {
      kept = { entries: [], lastId: BEFORE_ALL, added: 0 };
      this.#streams.set(stream, kept);
    }
    kept.lastId = idAfter(kept.lastId);
    kept.added++;
    kept.entries.push({ id: kept.lastId, text });
    if (kept.entries.length > maxLength) kept.entries.splice(0, kept.entries.length - maxLength);
    this.#deliverLater();
    return kept.lastId;
  }

  #deliverLater(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    setImmediate(() => {
      this.#delivering = false;
      for (const stream of [...this.#positions.keys()]) this.#deliver(stream);
    });
  }

  #deliver(stream: string): void {
    const position = this.#positions.get(stream);
    if (position === undefined) return;
    const reason = position === BEFORE_ALL ? null : lossAfter(this.#state(stream), position);
    if (reason !== null) this.#events?.lost(stream, reason);
    for (const entry of this.#entriesAfter(stream, position)) {
      if (!this.#positions.has(stream)) return;
      this.#positions.set(stream, entry.id);
      this.#events?.entry(stream, entry);
    }
  }

  #entriesAfter(stream: string, id: string): StreamEntry[] {
    const entries = this.#streams.get(stream)?.entries ?? [];
    return entries.filter((entry) => compareStreamIds(entry.id, id) > 0);
  }

  #state(stream: string): StreamState | null {
    const kept = this.#streams.get(stream);
    if (kept === undefined) return null;
    const { entries, lastId, added } = kept;
    return { length: entries.length, lastId, firstId: entries[0]?.id ?? null, added, deletedId: null };
  }

  #requireReady(): void {
    if (!this.ready) throw new SourceError('source_unavailable', 'the streams in memory are not running');
  }
}

/** The id that Redis would give next. */
function idAfter(last: string): string {
  const now = `${Date.now()}-0`;
  if (compareStreamIds(now, last) > 0) return now;
  const [ms = '', sequence = ''] = last.split('-');
  return `${ms}-${BigInt(sequence) + 1n}`;
}
