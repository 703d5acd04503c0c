import type { StreamLoss, StreamReader } from './streams.js';

/**
 * Where the gateway's data comes from: hashes to read and channels to subscribe to. The gateway depends on these types
 * alone; the sources in `redis/` and `memory/` keep the same promises and pass the same tests.
 */

/**
 * Why a request to a source failed:
 * `source_unavailable` - it is unreachable, hangs or was closed, and the same request may succeed later;
 * `not_allowed` - the source denies the gateway this key or channel, until its operator grants it;
 * `wrong_type` - the key exists but is not a hash;
 * `snapshot_too_big` - the hash is beyond the limits of the request.
 */
export type SourceErrorCode = 'source_unavailable' | 'not_allowed' | 'wrong_type' | 'snapshot_too_big';

/**
 * Replaces a message or value that is not UTF-8, as JSON must be (RFC 8259, section 8.1). This text is not JSON either, so
 * it is counted, logged and dropped like any other invalid text. Guessed characters would reach clients.
 */
export const NOT_UTF8 = 'not UTF-8';

/** The contents of a hash: each field has its value at the same index. */
export interface HashEntries {
  readonly fields: string[];
  readonly values: string[];
}

/** The limits of a request for a hash. */
export interface HashLimits {
  readonly maxValues: number;
  /** Size of all values together, as UTF-8. */
  readonly maxBytes: number;
  /** About as many bytes as it had last time; absent if that is not known. */
  readonly likelyBytes?: number | undefined;
  /**
   * Called as the values arrive, with their bytes so far and about as many as there will be. If it returns false, the
   * request fails with `snapshot_too_big`.
   */
  readonly grow?: (bytes: number, expected: number) => boolean;
}

/** Any hash. */
export const UNLIMITED: HashLimits = {
  maxValues: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
};

/** Adds up the values of a hash while it is read. */
export class HashMeter {
  readonly #limits: HashLimits;
  #values = 0;
  #bytes = 0;
  /** Number of values of the whole hash; null while unknown. */
  #size: number | null = null;

  constructor(limits: HashLimits) {
    this.#limits = limits;
  }

  /** @throws SourceError `snapshot_too_big` if a hash with this number of values exceeds the limits */
  expect(values: number): void {
    this.#size = values;
    this.#check(values);
  }

  /** @throws SourceError `snapshot_too_big` if these values, together with earlier ones, exceed the limits */
  add(values: readonly string[]): void {
    this.#values += values.length;
    this.#check(this.#values);
    for (const value of values) this.#bytes += Buffer.byteLength(value);
    const { maxBytes, grow } = this.#limits;
    if (this.#bytes > maxBytes) throw tooBig(`${maxBytes} bytes`, 'MAX_READ_BYTES');
    const expected = (this.#bytes * Math.max(this.#size ?? 0, this.#values)) / Math.max(this.#values, 1);
    if (grow?.(this.#bytes, expected) === false) throw tooBig('its share of bytes', 'MAX_READ_BYTES');
  }

  #check(values: number): void {
    const { maxValues } = this.#limits;
    if (values > maxValues) throw tooBig(`${maxValues} values`, 'MAX_SNAPSHOT_VALUES');
  }
}

function tooBig(limit: string, setting: string): SourceError {
  const remedy = `ask for single fields, or ask the operators of the gateway for a larger ${setting}`;
  return new SourceError('snapshot_too_big', `the hash has more than ${limit}; ${remedy}`);
}

/** The only error with which a source's requests reject. Its message is safe for clients: no address, no credentials. */
export class SourceError extends Error {
  readonly code: SourceErrorCode;

  constructor(code: SourceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SourceError';
    this.code = code;
  }
}

/** What a source's connections are for. */
export const SOURCE_CONNECTIONS = ['commands', 'subscriber'] as const;
export type SourceConnection = (typeof SOURCE_CONNECTIONS)[number];

/**
 * What a source reports to its one listener. The calls come one at a time, in the order of the events, and never from
 * inside a call into the source. A listener must not throw.
 */
export interface SourceEvents {
  /**
   * A message on a subscribed channel, read as UTF-8; {@link NOT_UTF8} if it is not. If a subscribe or unsubscribe failed
   * because the source hung, a few messages may still arrive on a channel that is not subscribed; the listener drops them.
   *
   * @param id of the entry, if the channel is a stream
   */
  message(channel: string, text: string, id?: string): void;
  /** Entries of a subscribed stream were lost before they could be read; later ones arrive as usual. */
  lost(stream: string, reason: StreamLoss): void;
  /**
   * The source denies the gateway a channel that was subscribed. The subscription has ended, and is not restored; a
   * later `subscribe` may succeed.
   */
  denied(channel: string): void;
  /**
   * Subscriptions were lost, and all but the `denied` ones are back. Messages may have been missed, except those of streams,
   * which continue after the last entry. Also if only a part of the source was replaced, which may lack the latest changes. The
   * source can be read again. If it was not ready, this comes just before the
   * `state(true)` of the same recovery; it never comes for a first connection.
   */
  resumed(): void;
  /**
   * The source has probably ended a connection because this process did not read its messages fast enough; `resumed` comes,
   * too, once the subscriptions are back.
   */
  tooSlow(): void;
  /** The source took `ms` milliseconds to answer a request that only measures this time. */
  roundTrip(connection: SourceConnection, ms: number): void;
  /** `Source.ready` has changed to `ready`. */
  state(ready: boolean): void;
}

/** Receives reports for the operator. A pino logger is one. */
export interface SourceLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A store of hashes with publish and subscribe. */
export interface Source {
  /** Its name in `/readyz` and the log: `redis`, `memory`, or a name of your own. */
  readonly kind: string;

  /** Reads the channels that are streams. */
  readonly streams: StreamReader;

  /**
   * Whether it serves: it answers requests, and messages arrive. A source of several servers may be ready while some of
   * them are unreachable; requests that need those fail. False before `start`.
   */
  readonly ready: boolean;

  /**
   * Begins to connect, and keeps trying until `close`. Resolves without waiting for the first connection: `ready` and
   * `SourceEvents.state` say when it is open.
   *
   * @throws Error if it was started or closed before
   */
  start(events: SourceEvents): Promise<void>;

  /** Ends every connection and subscription. No event comes afterwards. May be called again. */
  close(): Promise<void>;

  /**
   * The fields of a hash and their values, in no particular order; empty if there is no such key. If the hash changes
   * during the read, every field that exists throughout comes once, with a value that it has during the read.
   *
   * @param limits by default none
   * @throws SourceError `source_unavailable` (at once if the source is known to be unreachable), `not_allowed`,
   *   `wrong_type` or `snapshot_too_big`
   */
  hashEntries(key: string, limits?: HashLimits): Promise<HashEntries>;

  /**
   * One field of a hash, or null if the key or the field does not exist.
   *
   * @throws SourceError `source_unavailable` (at once if the source is known to be unreachable), `not_allowed` or
   *   `wrong_type`
   */
  hashField(key: string, field: string): Promise<string | null>;

  /**
   * Name of the channel on which the source announces every change of a hash; the content of its messages has no meaning.
   * Null or absent if it has none. It is subscribed to like any other.
   */
  changesOf?(key: string): string | null;

  /** Whether a channel is one of {@link changesOf}: clients may not subscribe to it. */
  isChanges?(channel: string): boolean;

  /**
   * Publishes a message. Resolves when the source has it.
   *
   * @throws SourceError `source_unavailable` or `not_allowed`; without an answer, it may or may not have the message
   */
  publish(channel: string, text: string): Promise<unknown>;

  /**
   * Resolves once the source has confirmed the subscription: every message published from then on arrives. The source
   * keeps the subscription, over reconnections too, until `unsubscribe`. Calls for one channel take effect in order.
   *
   * @throws SourceError `source_unavailable` or `not_allowed`; a channel that was not subscribed before is then not
   *   subscribed, now or after a reconnection
   */
  subscribe(channel: string): Promise<void>;

  /**
   * Ends the subscription; once the source has confirmed that, no message of the channel arrives. Never rejects: if the
   * source is unreachable, the channel is just not subscribed again. Does nothing for a channel that is not subscribed.
   */
  unsubscribe(channel: string): Promise<void>;
}
