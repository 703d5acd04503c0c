import { GeoMessage, type View } from '@viaduct/geo-worker';
import { encodeEnvelope } from '@viaduct/protocol';
import { OutMessage } from './messages.js';
import { SharedReads } from './shared-reads.js';
import type { Source } from './sources/source.js';

/** The values of a hash, or entries of a stream, at one moment; parsed when somebody needs them. */
export class Snapshot {
  /** When it was read: milliseconds since the epoch. */
  readonly timestamp = Date.now();
  readonly #arrivedAt = performance.now();
  readonly #encoded = new Map<string, OutMessage[]>();
  readonly #parsed: (GeoMessage | null | undefined)[] = [];

  /** @param ids of the entries of a stream, in the order of the values; null for a hash */
  constructor(
    readonly key: string,
    readonly values: readonly string[],
    private readonly onInvalid: (error: unknown) => void,
    private readonly ids: readonly string[] | null = null,
  ) {}

  /** The value at `i`; null where it is no JSON. */
  content(i: number): GeoMessage | null {
    let content = this.#parsed[i];
    if (content === undefined) {
      content = parse(this.values[i] ?? 'null', this.onInvalid);
      this.#parsed[i] = content;
    }
    return content;
  }

  /**
   * The value at `i` as an envelope without client reference. Encoded once for all sessions with the same view.
   *
   * @param viewKey the same for views that give the same bytes
   */
  message(i: number, content: GeoMessage, view: View, viewKey: string): OutMessage {
    let encoded = this.#encoded.get(viewKey);
    if (encoded === undefined) {
      encoded = [];
      this.#encoded.set(viewKey, encoded);
    }
    let message = encoded[i];
    if (message === undefined) {
      message = this.envelope(i, content.render(view), null);
      encoded[i] = message;
    }
    return message;
  }

  /** Content of the value at `i` as an envelope for one session. */
  envelope(i: number, contentJson: string, clientReference: string | null): OutMessage {
    const id = this.ids?.[i] ?? null;
    const json = encodeEnvelope(this.key, contentJson, this.timestamp, clientReference, id);
    return new OutMessage(json, this.#arrivedAt, clientReference !== null, true, id);
  }
}

function parse(text: string, onInvalid: (error: unknown) => void): GeoMessage | null {
  try {
    return GeoMessage.parse(text);
  } catch (error) {
    onInvalid(error);
    return null;
  }
}

/** Reads hashes; sessions that ask for the same key at the same time share one read. */
export class SnapshotReader {
  readonly #reads: SharedReads<Snapshot>;

  /** @param shareMs how long after it was read a snapshot still answers others, in ms */
  constructor(
    source: Pick<Source, 'hashValues'>,
    shareMs: number,
    private readonly onInvalid: (key: string, error: unknown) => void,
  ) {
    this.#reads = new SharedReads(async (key) => {
      const values = await source.hashValues(key);
      return new Snapshot(key, values, (error) => this.onInvalid(key, error));
    }, shareMs);
  }

  /** One value; null where it is no JSON. */
  parse(key: string, text: string): GeoMessage | null {
    return parse(text, (error) => this.onInvalid(key, error));
  }

  /**
   * @param notBefore a read that was begun earlier does not do, in ms on the clock of `performance.now()`: a client
   *   that subscribed and then asks for the state must not miss what changed before its subscription was in force
   * @throws SourceError
   */
  read(key: string, notBefore: number): Promise<Snapshot> {
    return this.#reads.read(key, notBefore);
  }
}
