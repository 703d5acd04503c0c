import { compareStreamIds } from '@viaduct/protocol';
import { SourceError, type SourceLogger } from '../source.js';
import {
  BEFORE_ALL,
  bytesOf,
  type EntriesAfter,
  lossAfter,
  type StreamEntry,
  type StreamEvents,
  type StreamStore,
} from '../streams.js';
import { isDenied } from './errors.js';
import { RedisLink } from './link.js';
import { nextCount } from './portion-size.js';
import { entriesIn, lookAt, type StreamLook } from './stream-replies.js';
import type { RedisAddress } from './url.js';

/** Most entries of one stream in one answer; the others come with the next. */
const MAX_COUNT = 1_000;

/** Entries that are asked for as long as it is not known how large they are. */
const FIRST_COUNT = 16;

/** Longest that a read waits in Redis for entries, in milliseconds. */
const BLOCK_MS = 1_000;

/** Time until a failed read is tried again, in milliseconds; the connection has its own back-off. */
const RETRY_MS = 100;

/** A read that waits in Redis is asked to return so often, at such intervals in milliseconds. */
const UNBLOCK_ATTEMPTS = 5;
const UNBLOCK_RETRY_MS = 10;

/** Time until a key that was no stream is looked at again, in milliseconds. */
const WRONG_TYPE_RETRY_MS = 5_000;

const DENIED =
  'Redis denies a stream that was followed. Its subscriptions have ended. ' +
  'Grant the key to the user with ACL SETUSER, then clients can subscribe again.';

export interface RedisStreamsOptions {
  address: RedisAddress;
  logger: SourceLogger;
  /** Longest wait for the answer to one command, in milliseconds. */
  commandTimeoutMs: number;
}

interface Followed {
  /** Id up to which entries were told. */
  position: string;
  /** True where entries may have been lost since: to be looked into before the next read. */
  doubtful: boolean;
  /** Until when the key is left alone because it is no stream, in ms on the clock of `performance.now()`. */
  asideUntil: number;
}

/**
 * Redis Streams, tailed over one connection that waits in XREAD for all of them; what is asked goes over another one.
 * A user with an ACL needs `+xread +xinfo +multi +exec` and, that a new stream is tailed at once, `+client|id
 * +client|unblock`.
 */
export class RedisStreams implements StreamStore {
  readonly #tail: RedisLink;
  readonly #reader: RedisLink;
  readonly #logger: SourceLogger;
  readonly #blockMs: number;
  readonly #followed = new Map<string, Followed>();
  #events: StreamEvents | undefined;
  /** How many entries of each stream the next read takes at most. */
  #count = FIRST_COUNT;
  #ready = false;
  #closed = false;
  /** Ends a pause of the tail. */
  #wake: () => void = () => {};
  /** What Redis calls the tail's connection; null where it does not tell. */
  #tailId: number | null = null;
  /** The read that waits in Redis; null while none does. */
  #waiting: { readonly as: number } | null = null;

  constructor({ address, logger, commandTimeoutMs }: RedisStreamsOptions) {
    this.#logger = logger;
    this.#blockMs = Math.min(BLOCK_MS, Math.floor(commandTimeoutMs / 2));
    const common = { address, logger, commandTimeoutMs };
    this.#tail = new RedisLink({
      ...common,
      name: 'stream_tail',
      prepare: () => this.#prepareTail(address.db),
      changed: () => this.#linkChanged(),
    });
    this.#reader = new RedisLink({
      ...common,
      name: 'stream_reader',
      prepare: () => select(this.#reader, address.db),
      changed: () => this.#linkChanged(),
    });
  }

  get ready(): boolean {
    return this.#ready;
  }

  start(events: StreamEvents): void {
    this.#events = events;
    this.#tail.open();
    this.#reader.open();
    void this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ready = false;
    this.#followed.clear();
    this.#wake();
    await Promise.all([this.#tail.close(), this.#reader.close()]);
  }

  position(stream: string): string | null {
    return this.#followed.get(stream)?.position ?? null;
  }

  async after(
    stream: string,
    id: string,
    limit: number,
    maxBytes = Number.POSITIVE_INFINITY,
  ): Promise<EntriesAfter> {
    const entries: StreamEntry[] = [];
    let [from, bytes, portion] = [id, 0, FIRST_COUNT];
    for (;;) {
      const count = Math.min(portion, limit + 1 - entries.length);
      const { state, entries: next } = await this.#look(this.#reader, stream, from, count);
      const reason = lossAfter(state, from);
      if (reason !== null) return { complete: false, reason };
      for (const entry of next) entries.push(entry);
      const size = bytesOf(next);
      bytes += size;
      portion = nextCount(count, next.length, size, MAX_COUNT);
      if (entries.length > limit || bytes > maxBytes) return { complete: false, reason: 'too_many' };
      if (next.length < count) return { complete: true, entries };
      from = next.at(-1)?.id ?? from;
    }
  }

  async follow(stream: string): Promise<void> {
    if (this.#followed.has(stream)) return;
    const { state } = await this.#look(this.#reader, stream, BEFORE_ALL, 0);
    if (this.#closed) throw new SourceError('source_unavailable', 'the streams are closed');
    const position = state?.lastId ?? BEFORE_ALL;
    this.#followed.set(stream, { position, doubtful: false, asideUntil: 0 });
    this.#wake();
    void this.#unblock();
  }

  unfollow(stream: string): void {
    this.#followed.delete(stream);
  }

  /** Reads as long as there is something to be followed and a connection, until `close`. */
  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        if (!this.#tail.up || this.#followed.size === 0) await this.#pause();
        else if (!(await this.#lookIntoDoubts())) await this.#read();
      } catch (error) {
        // The link has reported what Redis did; what could not be read is read next.
        if (!(error instanceof SourceError)) this.#logger.error({ err: error }, 'Reading streams failed.');
        for (const followed of this.#followed.values()) followed.doubtful = true;
        await this.#pause(RETRY_MS);
      }
    }
  }

  /** One read of all streams, which waits in Redis where there is nothing new. */
  async #read(): Promise<void> {
    const asked = [...this.#followed].filter(([, { asideUntil }]) => asideUntil <= performance.now());
    if (asked.length === 0) return this.#pause(RETRY_MS);
    const names = asked.map(([name]) => name);
    const positions = asked.map(([, { position }]) => position);
    this.#waiting = this.#tailId === null ? null : { as: this.#tailId };
    const count = this.#count;
    const reply = await this.#tail
      .run((client) =>
        client.xreadBuffer('COUNT', count, 'BLOCK', this.#blockMs, 'STREAMS', ...names, ...positions),
      )
      .finally(() => {
        this.#waiting = null;
      });
    const entries = entriesIn(reply);
    this.#learnFrom([...entries.values()].flat());
    for (const [name, followed] of asked) {
      const news = entries.get(name) ?? [];
      // Who is so far behind may be overtaken by the stream's trimming.
      if (news.length === count) followed.doubtful = true;
      this.#tell(name, followed, news);
    }
  }

  /** The size of what was read says how much to ask for. */
  #learnFrom(entries: readonly StreamEntry[]): void {
    this.#count = nextCount(this.#count, entries.length, bytesOf(entries), MAX_COUNT);
  }

  /** Finds out whether entries were lost, stream by stream. Returns whether there was any doubt. */
  async #lookIntoDoubts(): Promise<boolean> {
    const doubtful = [...this.#followed].filter(([, followed]) => followed.doubtful);
    const now = performance.now();
    const due = doubtful.filter(([, { asideUntil }]) => asideUntil <= now);
    await Promise.all(due.map(([name, followed]) => this.#lookInto(name, followed)));
    return due.length > 0;
  }

  async #lookInto(name: string, followed: Followed): Promise<void> {
    const { position } = followed;
    const look = await this.#look(this.#tail, name, position, this.#count).catch((error: unknown) => {
      if (!(error instanceof SourceError) || error.code === 'source_unavailable') throw error;
      return error;
    });
    if (this.#followed.get(name) !== followed) return;
    if (look instanceof SourceError) return this.#setAside(name, followed, look);
    followed.doubtful = false;
    this.#learnFrom(look.entries);
    this.#judge(name, followed, look);
    this.#tell(name, followed, look.entries);
  }

  /** One stream that cannot be read must not keep the others from being read. */
  #setAside(name: string, followed: Followed, error: SourceError): void {
    if (isDenied(error)) {
      this.#followed.delete(name);
      this.#logger.error({ stream: name, error: String(error.cause) }, DENIED);
      this.#events?.denied(name);
    } else {
      followed.asideUntil = performance.now() + WRONG_TYPE_RETRY_MS;
      this.#logger.error({ stream: name }, 'A channel that STREAMS names is not a stream in Redis.');
    }
  }

  /** Tells of what was lost before it could be read. */
  #judge(name: string, followed: Followed, { state }: StreamLook): void {
    const { position } = followed;
    // A stream that was not there and is not there has lost nothing.
    const reason = position === BEFORE_ALL && state === null ? null : lossAfter(state, position);
    if (reason === null) return;
    if (reason === 'unknown_id') followed.position = state?.lastId ?? BEFORE_ALL;
    this.#events?.lost(name, reason);
  }

  #tell(name: string, followed: Followed, entries: readonly StreamEntry[]): void {
    for (const entry of entries) {
      if (this.#followed.get(name) !== followed) return;
      if (compareStreamIds(entry.id, followed.position) <= 0) continue;
      followed.position = entry.id;
      this.#events?.entry(name, entry);
    }
  }

  async #look(link: RedisLink, stream: string, id: string, limit: number): Promise<StreamLook> {
    try {
      return await link.run((client) => lookAt(client, stream, id, limit));
    } catch (error) {
      if (!(error instanceof SourceError) || error.code !== 'wrong_type') throw error;
      throw new SourceError('wrong_type', 'the key holds something else than a stream', { cause: error });
    }
  }

  /** Has the tail's read return, so that the next one is about the present set of streams. */
  async #unblock(): Promise<void> {
    const read = this.#waiting;
    // Where that is not possible, the read returns by itself after a while.
    for (let i = 0; i < UNBLOCK_ATTEMPTS && read !== null && this.#waiting === read; i++) {
      const done = await this.#reader.run((client) => client.client('UNBLOCK', read.as)).catch(() => 1);
      if (done === 1) return;
      // The read is still on its way to Redis.
      await new Promise((resolve) => setTimeout(resolve, UNBLOCK_RETRY_MS));
    }
  }

  async #prepareTail(db: number): Promise<void> {
    await select(this.#tail, db);
    this.#tailId = await this.#tail.run((client) => client.client('ID')).catch(() => null);
  }

  #linkChanged(): void {
    if (this.#closed) return;
    if (!this.#tail.up) {
      // What has gathered meanwhile may be larger than what came one by one.
      this.#count = FIRST_COUNT;
      for (const followed of this.#followed.values()) followed.doubtful = true;
    }
    this.#wake();
    const ready = this.#tail.up && this.#reader.up;
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#events?.changed();
  }

  /** Resolves when something has changed, or after `ms` milliseconds. */
  #pause(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** A database that does not exist would otherwise go unnoticed. */
async function select(link: RedisLink, db: number): Promise<void> {
  if (db !== 0) await link.run((client) => client.select(db));
}
