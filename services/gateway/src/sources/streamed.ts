import type { HashEntries, HashLimits, Source, SourceEvents } from './source.js';
import type { StreamRead, StreamReader, StreamStore } from './streams.js';

/** A source with some channels that are streams, as `isStream` says. All others belong to the inner source. */
export class StreamedSource implements Source, StreamReader {
  readonly #inner: Source;
  readonly #store: StreamStore;
  readonly #isStream: (channel: string) => boolean;
  readonly streams: StreamReader = this;
  #events: SourceEvents | undefined;
  #ready = false;
  #resumed = false;
  #closed = false;

  constructor(inner: Source, store: StreamStore, isStream: (channel: string) => boolean) {
    this.#inner = inner;
    this.#store = store;
    this.#isStream = isStream;
  }

  get kind(): Source['kind'] {
    return this.#inner.kind;
  }

  get ready(): boolean {
    return this.#ready;
  }

  async start(events: SourceEvents): Promise<void> {
    const inner: SourceEvents = {
      message: (channel, text) => events.message(channel, text),
      lost: (stream, reason) => events.lost(stream, reason),
      resumed: () => {
        this.#resumed = true;
      },
      tooSlow: () => events.tooSlow(),
      roundTrip: (connection, ms) => events.roundTrip(connection, ms),
      denied: (channel) => events.denied(channel),
      state: () => this.#changed(),
    };
    await this.#inner.start(inner);
    this.#events = events;
    this.#store.start({
      entry: (stream, { id, text }) => events.message(stream, text, id),
      lost: (stream, reason) => events.lost(stream, reason),
      denied: (stream) => events.denied(stream),
      changed: () => this.#changed(),
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ready = false;
    await Promise.all([this.#inner.close(), this.#store.close()]);
  }

  changesOf(key: string): string | null {
    return this.#inner.changesOf?.(key) ?? null;
  }

  isChanges(channel: string): boolean {
    return this.#inner.isChanges?.(channel) ?? false;
  }

  hashEntries(key: string, limits?: HashLimits): Promise<HashEntries> {
    return this.#inner.hashEntries(key, limits);
  }

  hashField(key: string, field: string): Promise<string | null> {
    return this.#inner.hashField(key, field);
  }

  /** Publishes to channels that are not streams: a message published beside a stream's entries would reach no client. */
  publish(channel: string, text: string): Promise<unknown> {
    return this.#inner.publish(channel, text);
  }

  subscribe(channel: string): Promise<void> {
    return this.#isStream(channel) ? this.#store.follow(channel) : this.#inner.subscribe(channel);
  }

  async unsubscribe(channel: string): Promise<void> {
    if (this.#isStream(channel)) this.#store.unfollow(channel);
    else await this.#inner.unsubscribe(channel);
  }

  has(channel: string): boolean {
    return this.#isStream(channel);
  }

  position(stream: string): string | null {
    return this.#store.position(stream);
  }

  after(stream: string, id: string, count: number): Promise<StreamRead> {
    return this.#store.after(stream, id, count);
  }

  #changed(): void {
    const ready = this.#inner.ready && this.#store.ready;
    if (this.#closed || ready === this.#ready) return;
    this.#ready = ready;
    if (ready && this.#resumed) {
      this.#resumed = false;
      this.#events?.resumed();
    }
    this.#events?.state(ready);
  }
}
