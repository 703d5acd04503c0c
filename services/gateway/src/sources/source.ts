import type { StreamLoss, StreamReader } from './streams.js';

/**
 * Where the gateway's data comes from: hashes to read and channels to listen to. The gateway knows no
 * other words for it; `redis.ts` and `memory.ts` keep the same promises and pass the same tests.
 */

/**
 * Why a source could not do what it was asked:
 * `source_unavailable` - it is away, hangs or was closed, and the same request may succeed later;
 * `not_allowed` - the source denies the gateway this key or channel, until its operator grants it;
 * `wrong_type` - the key exists but is not a hash;
 * `snapshot_too_big` - the hash is beyond the limits of the request.
 */
export type SourceErrorCode = 'source_unavailable' | 'not_allowed' | 'wrong_type' | 'snapshot_too_big';

/**
 * Stands for a message or value that is not UTF-8. JSON has to be (RFC 8259, section 8.1), and neither is this: it is
 * counted, logged and dropped as any other text that is not JSON, where guessed characters would reach clients.
 */
export const NOT_UTF8 = 'not UTF-8';

/** What a hash holds: each field has its value at the same place. */
export interface HashEntries {
  readonly fields: string[];
  readonly values: string[];
}

/** How much of a hash a request takes. */
export interface HashLimits {
  readonly maxValues: number;
  /** Of all values together, as UTF-8. */
  readonly maxBytes: number;
}

/** Any hash. */
export const UNLIMITED: HashLimits = {
  maxValues: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
};

/** Adds up what a hash holds while it is read. */
export class HashMeter {
  readonly #limits: HashLimits;
  #values = 0;
  #bytes = 0;

  constructor(limits: HashLimits) {
    this.#limits = limits;
  }

  /** @throws SourceError `snapshot_too_big` where a hash of so many values is beyond the limits */
  expect(values: number): void {
    if (values > this.#limits.maxValues) throw tooBig(`${this.#limits.maxValues} values`);
  }

  /** @throws SourceError `snapshot_too_big` where these, with those before, are beyond the limits */
  add(values: readonly string[]): void {
    this.#values += values.length;
    this.expect(this.#values);
    for (const value of values) this.#bytes += Buffer.byteLength(value);
    if (this.#bytes > this.#limits.maxBytes) throw tooBig(`${this.#limits.maxBytes} bytes`);
  }
}

function tooBig(limit: string): SourceError {
  return new SourceError('snapshot_too_big', `the hash has more than ${limit}; ask for single fields`);
}

/** The only error with which a source's requests reject. Its message is fit for a client: no address, no credentials. */
export class SourceError extends Error {
  readonly code: SourceErrorCode;

  constructor(code: SourceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SourceError';
    this.code = code;
  }
}

/**
 * What a source tells its one listener. The calls come one at a time, in the order in which things
 * happened, and never from inside a call into the source. A listener must not throw.
 */
export interface SourceEvents {
  /**
   * A message on a subscribed channel, read as UTF-8; {@link NOT_UTF8} if it is not. Where a subscribe or unsubscribe failed because the source
   * hung, a few messages may still come of a channel that is not subscribed; they are to be dropped.
   *
   * @param id of the entry, where the channel is a stream
   */
  message(channel: string, text: string, id?: string): void;
  /** Entries of a subscribed stream were lost before they could be told; those that follow are told as ever. */
  lost(stream: string, reason: StreamLoss): void;
  /**
   * The source denies the gateway a channel that was subscribed. The subscription has ended, and is not restored; a
   * later `subscribe` may succeed.
   */
  denied(channel: string): void;
  /**
   * Subscriptions were lost and are all back, but for those that are `denied`: messages may have been missed in between,
   * but for those of streams, which go on where they were. The source is ready to be read again. Comes just before the `state(true)` of the same recovery, if it was not ready, and never for a
   * first connection.
   */
  resumed(): void;
  /**
   * The source has ended a connection because this process did not read its messages fast enough, as far as that can
   * be told from here; `resumed` comes as well once the subscriptions are back.
   */
  tooSlow(): void;
  /** `Source.ready` has changed to `ready`. */
  state(ready: boolean): void;
}

/** Where a source reports what its operator should know. A pino logger is one. */
export interface SourceLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A store of hashes with publish and subscribe. */
export interface Source {
  /** What `/readyz` and the log call it: `redis`, `memory`, or a name of your own. */
  readonly kind: string;

  /** What is known of those channels that are streams. */
  readonly streams: StreamReader;

  /**
   * Whether it serves: requests are answered and messages arrive. A source of several servers may be ready while some of
   * them are away, and requests that need those fail. False before `start`.
   */
  readonly ready: boolean;

  /**
   * Begins to connect, and goes on trying until `close`. Resolves without waiting for the first
   * connection: `ready` and `SourceEvents.state` tell when it is there.
   *
   * @throws Error where it was started or closed before
   */
  start(events: SourceEvents): Promise<void>;

  /** Ends every connection and subscription. No event comes afterwards. May be called again. */
  close(): Promise<void>;

  /**
   * The fields of a hash and their values, in no particular order; empty if there is no such key. If the hash changes
   * while it is read, every field that is there throughout comes once, with a value that it has during the read.
   *
   * @param limits by default none
   * @throws SourceError `source_unavailable` (at once if the source is known to be away), `not_allowed`, `wrong_type`
   *   or `snapshot_too_big`
   */
  hashEntries(key: string, limits?: HashLimits): Promise<HashEntries>;

  /**
   * One field of a hash, or null where the key or the field does not exist.
   *
   * @throws SourceError `source_unavailable` (at once if the source is known to be away), `not_allowed` or `wrong_type`
   */
  hashField(key: string, field: string): Promise<string | null>;

  /**
   * Name of the channel on which the source tells that a hash has changed in any way, whatever the messages are; null or
   * absent if it has none. It is subscribed to like any other.
   */
  changesOf?(key: string): string | null;

  /** Whether a channel is one of {@link changesOf}: clients may not subscribe to it. */
  isChanges?(channel: string): boolean;

  /**
   * Publishes a message. Resolves when the source has it.
   *
   * @throws SourceError `source_unavailable` or `not_allowed`; if the source did not answer, whether it has the message
   *   is not known
   */
  publish(channel: string, text: string): Promise<unknown>;

  /**
   * Resolves once the source has confirmed the subscription: every message published from then on
   * arrives. From then on the source keeps it, over reconnections too, until `unsubscribe`. Calls for one
   * channel take effect in the order in which they were made.
   *
   * @throws SourceError `source_unavailable` or `not_allowed`; a channel that was not subscribed before is not
   *   subscribed, now or after a reconnection
   */
  subscribe(channel: string): Promise<void>;

  /**
   * Ends the subscription; once the source has confirmed that, no message of the channel arrives. Never rejects:
   * where the source is away, the channel is simply not subscribed again. Nothing happens for a channel that
   * is not subscribed.
   */
  unsubscribe(channel: string): Promise<void>;
}
