import { GeoMessage, type View } from '@viaduct/geo-worker';
import { encodeEnvelope } from '@viaduct/protocol';
import { HeldSnapshots } from './held-snapshots.js';
import { OutMessage } from './messages.js';
import type { HashLimits, Source } from './sources/source.js';

/** The values of a hash at one moment, parsed when somebody needs them. */
export class Snapshot {
  /** When it was read: milliseconds since the epoch. */
  readonly timestamp = Date.now();
  /** When it was read: milliseconds on the clock of `performance.now()`. */
  readonly arrivedAt = performance.now();
  readonly #encoded = new Map<string, OutMessage[]>();
  readonly #parsed: (GeoMessage | null | undefined)[] = [];
  #bytes: number | undefined;

  constructor(
    readonly key: string,
    readonly values: readonly string[],
    private readonly onInvalid: (error: unknown) => void,
  ) {}

  /** Size of the values as they are stored. */
  get bytes(): number {
    this.#bytes ??= this.values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    return this.#bytes;
  }

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
      message = this.envelope(content.render(view), null);
      encoded[i] = message;
    }
    return message;
  }

  /** Content as an envelope for one session. */
  envelope(contentJson: string, clientReference: string | null): OutMessage {
    const json = encodeEnvelope(this.key, contentJson, this.timestamp, clientReference);
    return new OutMessage(json, this.arrivedAt, clientReference !== null, true);
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

interface SharedRead {
  readonly begunAt: number;
  readonly snapshot: Promise<Snapshot>;
}

/** How large snapshots may be, and how long they live. */
export interface SnapshotLimits extends HashLimits {
  /** How long after it was read a snapshot still answers others, in ms. */
  readonly shareMs: number;
  /** Of all snapshots that wait for slow clients, in bytes. */
  readonly maxHeldBytes: number;
}

/** Reads hashes; sessions that ask for the same key at the same time share one read. */
export class SnapshotReader {
  readonly #shared = new Map<string, SharedRead>();
  /** Those that wait for slow clients. */
  readonly held: HeldSnapshots;

  constructor(
    private readonly source: Pick<Source, 'hashValues'>,
    private readonly limits: SnapshotLimits,
    private readonly onInvalid: (key: string, error: unknown) => void,
  ) {
    this.held = new HeldSnapshots(limits.maxHeldBytes);
  }

  /** One value; null where it is no JSON. */
  parse(key: string, text: string): GeoMessage | null {
    return parse(text, (error) => this.onInvalid(key, error));
  }

  /**
   * @param notBefore a read that was begun earlier does not do, in ms on the clock of `performance.now()`: a client
   *   that subscribed and then asks for the state must not miss what changed before its subscription was in force
   * @throws SourceError, `snapshot_too_big` among others
   */
  read(key: string, notBefore: number): Promise<Snapshot> {
    const shared = this.#shared.get(key);
    if (shared !== undefined && shared.begunAt >= notBefore) return shared.snapshot;
    const begunAt = performance.now();
    const snapshot = this.source
      .hashValues(key, this.limits)
      .then((values) => new Snapshot(key, values, (error) => this.onInvalid(key, error)));
    const read = { begunAt, snapshot };
    this.#shared.set(key, read);
    const forget = (): void => {
      if (this.#shared.get(key) === read) this.#shared.delete(key);
    };
    snapshot.then(() => {
      if (this.limits.shareMs === 0) forget();
      else setTimeout(forget, this.limits.shareMs).unref();
    }, forget);
    return snapshot;
  }
}
