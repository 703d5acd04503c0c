import { GeoMessage, type View } from '@viaduct/geo-worker';
import { encodeEnvelope } from '@viaduct/protocol';
import { contentIn } from '../delivery/audience.js';
import { OutMessage } from '../delivery/messages.js';
import type { StreamReader } from '../sources/streams.js';
import type { HashReader } from './hash-reader.js';
import type { Claim, Reader, ReadResult } from './read-reservation.js';
import { type Reading, SharedReads } from './shared-reads.js';

/** Amount of text in one portion, in code units. */
const PORTION_LENGTH = 128 * 1024;

/** Some values of a snapshot that follow each other. */
export interface Portion {
  /** Index of its first value. */
  readonly first: number;
  /** Index after its last value. */
  readonly end: number;
}

/** What has been parsed and encoded of a portion. */
class PortionCache {
  readonly parsed: (GeoMessage | null | undefined)[] = [];
  /** By view. */
  readonly encoded = new Map<string, OutMessage[]>();
}

/**
 * The values of a hash, or entries of a stream, at one moment. Each is parsed on first use, and again if the memory was
 * needed meanwhile: all values parsed would take several times the memory of their text.
 */
export class Snapshot {
  readonly #onInvalid: (error: unknown) => void;
  readonly #ids: readonly string[] | null;
  /** When it was read: milliseconds since the epoch. */
  readonly timestamp = Date.now();
  /** When it was read: milliseconds on the clock of `performance.now()`. */
  readonly arrivedAt = performance.now();
  readonly portions: readonly Portion[];
  /** The index of each value's portion. */
  readonly #places: Uint32Array;
  readonly #caches: (WeakRef<PortionCache> | undefined)[] = [];
  /** The values that were reported as invalid. */
  readonly #invalid = new Set<number>();

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
    this.portions = portionsOf(values);
    this.#places = new Uint32Array(values.length);
    for (const [place, { first, end }] of this.portions.entries()) this.#places.fill(place, first, end);
  }

  /** Index of the portion that has the value at `i`. */
  placeOf(i: number): number {
    return this.#places[i] ?? 0;
  }

  /** The value at `i`; null if it is not JSON. */
  content(i: number): GeoMessage | null {
    const { parsed } = this.#cacheOf(i);
    let content = parsed[i - this.#firstOf(i)];
    if (content === undefined) {
      content = parseMessage(this.values[i] ?? 'null', (error) => this.#reportOnce(i, error));
      parsed[i - this.#firstOf(i)] = content;
    }
    return content;
  }

  /**
   * The value at `i` as an envelope without client reference. Encoded once for all sessions with the same view.
   *
   * @param viewKey equal for views that give the same bytes
   */
  message(i: number, content: GeoMessage, view: View, viewKey: string): OutMessage {
    const cache = this.#cacheOf(i);
    let encoded = cache.encoded.get(viewKey);
    if (encoded === undefined) {
      encoded = [];
      cache.encoded.set(viewKey, encoded);
    }
    const at = i - this.#firstOf(i);
    let message = encoded[at];
    if (message === undefined) {
      message = this.envelope(i, contentIn(content, view), null);
      encoded[at] = message;
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
    return new OutMessage(json, this.arrivedAt, { direct: clientReference !== null, isKept: true, id });
  }

  #cacheOf(i: number): PortionCache {
    const place = this.placeOf(i);
    let cache = this.#caches[place]?.deref();
    if (cache === undefined) {
      cache = new PortionCache();
      this.#caches[place] = new WeakRef(cache);
    }
    return cache;
  }

  #firstOf(i: number): number {
    return this.portions[this.placeOf(i)]?.first ?? 0;
  }

  #reportOnce(i: number, error: unknown): void {
    if (this.#invalid.has(i)) return;
    this.#invalid.add(i);
    this.#onInvalid(error);
  }
}

function portionsOf(values: readonly string[]): Portion[] {
  const portions: Portion[] = [];
  for (let end = 0; end < values.length; ) {
    const first = end;
    for (let length = 0; end < values.length && length < PORTION_LENGTH; end++) {
      length += values[end]?.length ?? 0;
    }
    portions.push({ first, end });
  }
  return portions;
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

/** Reads hashes; sessions that request the same hash or field at the same time share one read, and what was made of it. */
export class SnapshotReader {
  readonly #hashReader: HashReader;
  readonly #streams: Pick<StreamReader, 'has'>;
  readonly #onInvalid: (key: string, error: unknown) => void;
  readonly #hashes: SharedReads<Snapshot>;
  /** States of streams, by channel. */
  readonly #states: SharedReads<Snapshot>;
  /** By key and field. */
  readonly #fields: SharedReads<Snapshot | null>;

  /**
   * @param stateSuffix follows the name of a stream in the name of the hash with its state
   * @param shareMs how long a snapshot answers later requests, in ms after the read
   */
  constructor(
    hashReader: HashReader,
    streams: Pick<StreamReader, 'has'>,
    { stateSuffix, shareMs }: { readonly stateSuffix: string; readonly shareMs: number },
    onInvalid: (key: string, error: unknown) => void,
  ) {
    this.#hashReader = hashReader;
    this.#streams = streams;
    this.#onInvalid = onInvalid;
    this.#hashes = new SharedReads((key, claim, begun) => this.#read(key, key, claim, begun), shareMs);
    this.#states = new SharedReads(
      (channel, claim, begun) => this.#read(`${channel}${stateSuffix}`, channel, claim, begun),
      shareMs,
    );
    this.#fields = new SharedReads(async (name, claim, begun) => {
      const [key, field] = JSON.parse(name) as [string, string];
      const { value, reservation } = await hashReader.field(key, field, claim, begun);
      return { value: value === null ? null : this.#snapshot(key, `${key} ${field}`, [value]), reservation };
    });
  }

  /** Parses one value; null if it is not JSON. */
  parse(key: string, text: string): GeoMessage | null {
    return parseMessage(text, (error) => this.#onInvalid(key, error));
  }

  /**
   * A hash. The caller has to release it.
   *
   * @param notBefore earliest begin of a read that may answer, in ms on the clock of `performance.now()`: a client that
   *   subscribed and then requests the state must not miss changes from before its subscription
   * @throws SourceError, `snapshot_too_big` among others
   */
  read(key: string, notBefore: number, reader: Reader): Promise<Reading<Snapshot>> {
    return this.#hashes.read(key, notBefore, reader);
  }

  /**
   * The state of a channel, in envelopes of the channel: the hash of the same name or, for a stream, the hash with the
   * suffix, because one key cannot be both a hash and a stream. The caller has to release it.
   *
   * @param notBefore as for {@link read}
   * @throws SourceError
   */
  readState(channel: string, notBefore: number, reader: Reader): Promise<Reading<Snapshot>> {
    const reads = this.#streams.has(channel) ? this.#states : this.#hashes;
    return reads.read(channel, notBefore, reader);
  }

  /**
   * One field as a snapshot with one value; null if there is none. The caller has to release it.
   *
   * @throws SourceError
   */
  readField(key: string, field: string, reader: Reader): Promise<Reading<Snapshot | null>> {
    return this.#fields.read(JSON.stringify([key, field]), performance.now(), reader);
  }

  async #read(key: string, name: string, claim: Claim, begun: () => void): Promise<ReadResult<Snapshot>> {
    const { value, reservation } = await this.#hashReader.entries(key, claim, begun);
    return { value: this.#snapshot(key, name, value.values), reservation };
  }

  #snapshot(key: string, name: string, values: readonly string[]): Snapshot {
    return new Snapshot(name, values, (error) => this.#onInvalid(key, error));
  }
}
