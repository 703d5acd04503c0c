import { compareStreamIds } from '@viaduct/protocol';
import { nextCount } from '../portion-size.js';
import { SourceError, type SourceLogger } from '../source.js';
import {
  BEFORE_ALL,
  bytesOf,
  lossAfter,
  type StreamEntry,
  type StreamEvents,
  type StreamRead,
  type StreamStore,
} from '../streams.js';
import { isDenied } from './errors.js';
import { RedisLink } from './link.js';
import { entriesIn, readStream } from './stream-replies.js';
import type { RedisAddress } from './url.js';

/** The most entries of one stream in one answer; the next answer has the rest. */
const MAX_COUNT = 1_000;

/** The number of requested entries while their size is unknown. */
const FIRST_COUNT = 16;

/** The longest time that a read waits in Redis for entries, in milliseconds. */
const BLOCK_MS = 1_000;

/** The time until a failed read is tried again, in milliseconds; the connection has its own back-off. */
const RETRY_MS = 100;

/** The number of attempts to make a waiting read return, and the time between them in milliseconds. */
const UNBLOCK_ATTEMPTS = 5;
const UNBLOCK_RETRY_MS = 10;

/** The time until a key that is not a stream is checked again, in milliseconds. */
const WRONG_TYPE_RETRY_MS = 5_000;

const DENIED =
  'Redis denies a stream that was followed, so its subscriptions have ended; ' +
  'grant the key to the user with ACL SETUSER, then clients can subscribe again';

export interface RedisStreamsOptions {
  address: RedisAddress;
  logger: SourceLogger;
  /** The longest wait for the answer to one command, in milliseconds. */
  commandTimeoutMs: number;
}

interface Followed {
  /** Id of the last entry that the listener received. */
  position: string;
  /** Whether entries may have been lost since: checked before the next read. */
  mayHaveLost: boolean;
  /** Until when the key is not read because it is not a stream, in ms on the clock of `performance.now()`. */
  asideUntil: number;
  /** When it was last known to be the stream with that position, in ms on the same clock. */
  knownAt: number;
}

/**
 * Redis Streams, tailed over one connection that waits in XREAD for all of them; other reads use a second connection.
 * A user with an ACL needs `+xread +xinfo +multi +exec` and, to tail a new stream at once, `+client|id
 * +client|unblock`.
 */
export class RedisStreams implements StreamStore {
  readonly #tail: RedisLink;
  readonly #reader: RedisLink;
  readonly #logger: SourceLogger;
  readonly #blockMs: number;
  /** How long a stream may be silent before it is checked, in milliseconds. */
  readonly #silenceMs: number;
  readonly #followed = new Map<string, Followed>();
  #events: StreamEvents | undefined;
  /** The most entries of each stream in the next read. */
  #count = FIRST_COUNT;
  #ready = false;
  #closed = false;
  /** Ends a pause of the tail. */
  #wake: () => void = () => {};
  /** Redis's id of the tail's connection; null if it is unknown. */
  #tailId: number | null = null;
  /** The read that waits in Redis; null while none does. */
  #waiting: { readonly as: number } | null = null;

  constructor({ address, logger, commandTimeoutMs }: RedisStreamsOptions) {
    this.#logger = logger;
    this.#blockMs = Math.min(BLOCK_MS, Math.floor(commandTimeoutMs / 2));
    this.#silenceMs = commandTimeoutMs;
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

  after(stream: string, id: string, count: number): Promise<StreamRead> {
    return this.#readFrom(this.#reader, stream, id, count);
  }

  async follow(stream: string): Promise<void> {
    if (this.#followed.has(stream)) return;
    const { state } = await this.#readFrom(this.#reader, stream, BEFORE_ALL, 0);
    if (this.#closed) throw new SourceError('source_unavailable', 'the streams are closed');
    const position = state?.lastId ?? BEFORE_ALL;
    this.#followed.set(stream, { position, mayHaveLost: false, asideUntil: 0, knownAt: performance.now() });
    this.#wake();
    void this.#unblock();
  }

  unfollow(stream: string): void {
    this.#followed.delete(stream);
  }

  /** While there are followed streams and a connection, reads them, until `close`. */
  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        if (!this.#tail.up || this.#followed.size === 0) await this.#pause();
        else if (!(await this.#checkForLosses()) && !(await this.#checkSilent())) await this.#read();
      } catch (error) {
        // The link has reported the failure of Redis; the next read gets the entries.
        if (!(error instanceof SourceError)) this.#logger.error({ err: error }, 'reading streams failed');
        for (const followed of this.#followed.values()) followed.mayHaveLost = true;
        await this.#pause(RETRY_MS);
      }
    }
  }

  /** Reads all streams once; the read waits in Redis if there are no new entries. */
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
      // After a full answer, more entries are likely, and trimming may remove them before the next read.
      if (news.length === count) followed.mayHaveLost = true;
      this.#deliver(name, followed, news);
    }
  }

  /** Adapts the number of requested entries to the size of the received ones. */
  #learnFrom(entries: readonly StreamEntry[]): void {
    this.#count = nextCount(this.#count, entries.length, bytesOf(entries), MAX_COUNT);
  }

  /** Checks each stream that may have lost entries. Returns whether there was one. */
  async #checkForLosses(): Promise<boolean> {
    const suspects = [...this.#followed].filter(([, followed]) => followed.mayHaveLost);
    const now = performance.now();
    const due = suspects.filter(([, { asideUntil }]) => asideUntil <= now);
    await Promise.all(due.map(([name, followed]) => this.#checkForLoss(name, followed)));
    return due.length > 0;
  }

  /**
   * A stream that was created again with smaller ids has no entry after its old position, so XREAD would wait for ever. Returns
   * whether there is one, which may then have lost entries.
   */
  async #checkSilent(): Promise<boolean> {
    const now = performance.now();
    const silent = [...this.#followed].filter(
      ([, { asideUntil, knownAt }]) => asideUntil <= now && knownAt + this.#silenceMs <= now,
    );
    await Promise.all(
      silent.map(async ([name, followed]) => {
        followed.knownAt = now;
        const { state } = await this.#readFrom(this.#tail, name, followed.position, 0);
        followed.mayHaveLost = compareStreamIds(state?.lastId ?? BEFORE_ALL, followed.position) < 0;
      }),
    );
    return silent.some(([, { mayHaveLost }]) => mayHaveLost);
  }

  async #checkForLoss(name: string, followed: Followed): Promise<void> {
    const { position } = followed;
    const read = await this.#readFrom(this.#tail, name, position, this.#count).catch((error: unknown) => {
      if (!(error instanceof SourceError) || error.code === 'source_unavailable') throw error;
      return error;
    });
    if (this.#followed.get(name) !== followed) return;
    if (read instanceof SourceError) return this.#setAside(name, followed, read);
    followed.mayHaveLost = false;
    this.#learnFrom(read.entries);
    this.#judge(name, followed, read);
    this.#deliver(name, followed, read.entries);
  }

  /** A stream that cannot be read must not block the others. */
  #setAside(name: string, followed: Followed, error: SourceError): void {
    if (isDenied(error)) {
      this.#followed.delete(name);
      this.#logger.error({ stream: name, error: String(error.cause) }, DENIED);
      this.#events?.denied(name);
    } else {
      followed.asideUntil = performance.now() + WRONG_TYPE_RETRY_MS;
      this.#logger.error({ stream: name }, 'a channel that STREAMS names is not a stream in Redis');
    }
  }

  /** Reports entries that were lost before they could be read. */
  #judge(name: string, followed: Followed, { state }: StreamRead): void {
    const { position } = followed;
    // A stream that did not exist and still does not has lost nothing.
    const reason = position === BEFORE_ALL && state === null ? null : lossAfter(state, position);
    if (reason === null) return;
    if (reason === 'unknown_id') followed.position = state?.lastId ?? BEFORE_ALL;
    this.#events?.lost(name, reason);
  }

  #deliver(name: string, followed: Followed, entries: readonly StreamEntry[]): void {
    for (const entry of entries) {
      if (this.#followed.get(name) !== followed) return;
      if (compareStreamIds(entry.id, followed.position) <= 0) continue;
      followed.position = entry.id;
      followed.knownAt = performance.now();
      this.#events?.entry(name, entry);
    }
  }

  async #readFrom(link: RedisLink, stream: string, id: string, limit: number): Promise<StreamRead> {
    try {
      return await link.run((client) => readStream(client, stream, id, limit));
    } catch (error) {
      if (!(error instanceof SourceError) || error.code !== 'wrong_type') throw error;
      throw new SourceError('wrong_type', 'the key is not a stream', { cause: error });
    }
  }

  /** Makes the tail's read return, so that the next one has the current set of streams. */
  async #unblock(): Promise<void> {
    const read = this.#waiting;
    // If that is not possible, the read returns by itself after a while.
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
      // The entries added meanwhile may be larger than earlier ones, and come all at once.
      this.#count = FIRST_COUNT;
      for (const followed of this.#followed.values()) followed.mayHaveLost = true;
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

/** Selects the database explicitly: otherwise one that does not exist would go unnoticed. */
async function select(link: RedisLink, db: number): Promise<void> {
  if (db !== 0) await link.run((client) => client.select(db));
}
