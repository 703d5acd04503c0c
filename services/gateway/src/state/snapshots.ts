import { GeoMessage, type View } from '@viaduct/geo-worker';
import { encodeEnvelope } from '@viaduct/protocol';
import { contentIn } from '../delivery/audience.js';
import { OutMessage } from '../delivery/messages.js';
import type { HashLimits, Source } from '../sources/source.js';
import { SharedReads } from './shared-reads.js';
import { SnapshotMemoryBudget } from './snapshot-memory-budget.js';

/** The values of a hash, or entries of a stream, at one moment; each is parsed on first use. */
export class Snapshot {
  readonly #onInvalid: (error: unknown) => void;
  readonly #ids: readonly string[] | null;
  /** When it was read: milliseconds since the epoch. */
  readonly timestamp = Date.now();
  /** When it was read: milliseconds on the clock of `performance.now()`. */
  readonly arrivedAt = performance.now();
  readonly #encoded = new Map<string, OutMessage[]>();
  readonly #parsed: (GeoMessage | null | undefined)[] = [];
  #bytes: number | undefined;

  /**
   * @param name source of the envelopes
   * @param ids of the entries of a stream, in the order of the values; null for a hash
   */
  constructor(
    readonly name: string,
    readonly values: readonly string[],
    onInvalid: (error: unknown) => void,
    ids: readonly string[] | null = null,
  ) {
    this.#onInvalid = onInvalid;
    this.#ids = ids;
  }

  /** Size of the values as they are stored. */
  get bytes(): number {
    this.#bytes ??= this.values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    return this.#bytes;
  }

  /** The value at `i`; null if it is not JSON. */
  content(i: number): GeoMessage | null {
    let content = this.#parsed[i];
    if (content === undefined) {
      content = parseMessage(this.values[i] ?? 'null', this.#onInvalid);
      this.#parsed[i] = content;
    }
    return content;
  }

  /**
   * The value at `i` as an envelope without client reference. Encoded once for all sessions with the same view.
   *
   * @param viewKey equal for views that give the same bytes
   */
  message(i: number, content: GeoMessage, view: View, viewKey: string): OutMessage {
    let encoded = this.#encoded.get(viewKey);
    if (encoded === undefined) {
      encoded = [];
      this.#encoded.set(viewKey, encoded);
    }
    let message = encoded[i];
    if (message === undefined) {
      message = this.envelope(i, contentIn(content, view), null);
      encoded[i] = message;
    }
    return message;
  }

  /** Whether the values are entries of a stream, whose envelopes have ids. */
  get hasIds(): boolean {
    return this.#ids !== null;
  }

  /** The content of the value at `i` as an envelope for one session. */
  envelope(i: number, contentJson: string, clientReference: string | null): OutMessage {
    const id = this.#ids?.[i] ?? null;
    const json = encodeEnvelope(this.name, contentJson, this.timestamp, clientReference, id);
    return new OutMessage(json, this.arrivedAt, clientReference !== null, true, id);
  }
}

/** Parses a text as a message; null if it is not JSON. */
export function parseMessage(text: string, onInvalid: (error: unknown) => void): GeoMessage | null {
  try {
    return GeoMessage.parse(text);
  } catch (error) {
    onInvalid(error);
    return null;
  }
}

/** The limits of size and age of snapshots. */
export interface SnapshotLimits extends HashLimits {
  /** How long a snapshot answers later requests, in ms after the read. */
  readonly shareMs: number;
  /** Most bytes of all snapshots that are kept for slow clients. */
  readonly maxHeldBytes: number;
}

/** Reads hashes; sessions that request the same hash at the same time share one read. */
export class SnapshotReader {
  readonly #source: Pick<Source, 'hashEntries' | 'streams'>;
  readonly #limits: SnapshotLimits;
  readonly #onInvalid: (key: string, error: unknown) => void;
  readonly #hashes: SharedReads<Snapshot>;
  /** The snapshots that are kept for slow clients. */
  readonly held: SnapshotMemoryBudget;
  /** States of streams, by channel. */
  readonly #states: SharedReads<Snapshot>;

  /**
   * @param stateSuffix follows the name of a stream in the name of the hash with its state
   */
  constructor(
    source: Pick<Source, 'hashEntries' | 'streams'>,
    limits: SnapshotLimits,
    stateSuffix: string,
    onInvalid: (key: string, error: unknown) => void,
  ) {
    this.#source = source;
    this.#limits = limits;
    this.#onInvalid = onInvalid;
    const { shareMs, maxHeldBytes } = limits;
    this.held = new SnapshotMemoryBudget(maxHeldBytes);
    this.#hashes = new SharedReads((key) => this.#read(key, key), shareMs);
    this.#states = new SharedReads((channel) => this.#read(`${channel}${stateSuffix}`, channel), shareMs);
  }

  /** Parses one value; null if it is not JSON. */
  parse(key: string, text: string): GeoMessage | null {
    return parseMessage(text, (error) => this.#onInvalid(key, error));
  }

  /**
   * A hash.
   *
   * @param notBefore earliest begin of a read that may answer, in ms on the clock of `performance.now()`: a client that
   *   subscribed and then requests the state must not miss changes from before its subscription
   * @throws SourceError, `snapshot_too_big` among others
   */
  read(key: string, notBefore: number): Promise<Snapshot> {
    return this.#hashes.read(key, notBefore);
  }

  /**
   * The state of a channel, in envelopes of the channel: the hash of the same name or, for a stream, the hash with the
   * suffix, because one key cannot be both a hash and a stream.
   *
   * @param notBefore as for {@link read}
   * @throws SourceError
   */
  readState(channel: string, notBefore: number): Promise<Snapshot> {
    const reads = this.#source.streams.has(channel) ? this.#states : this.#hashes;
    return reads.read(channel, notBefore);
  }

  async #read(key: string, name: string): Promise<Snapshot> {
    const { values } = await this.#source.hashEntries(key, this.#limits);
    return new Snapshot(name, values, (error) => this.#onInvalid(key, error));
  }
}
