import {
  type Area,
  decidedByEnvelope,
  type Frame,
  type GeoPool,
  Kind,
  type MessageTask,
  type PortionResult,
  type PortionTask,
  type View,
} from '@viaduct/geo-worker';
import { envelopeTail } from '@viaduct/protocol';
import { type MemberView, viewKey } from '../delivery/member.js';
import { OutMessage } from '../delivery/messages.js';
import type { ValueAnswer, ValueMessage, ValueReaders, ValueReading } from '../state/snapshot-writer.js';
import type { Snapshot } from '../state/snapshots.js';
import { BigGroup } from './big-group.js';
import { envelopeFrame } from './envelope-frame.js';

/** Amount of text in one task of a worker, in code units. */
const PORTION_LENGTH = 128 * 1024;

/** With this many queued tasks per thread, the main thread is faster with its slices. */
const MAX_WAITING_PER_THREAD = 8;

export interface BigSnapshotsOptions {
  /** A value of about this many bytes is big, and so is the hash that contains it. */
  minBytes: number;
  /** A hash is also big if its values together have about this many bytes. */
  minHashBytes: number;
}

/** Has workers parse and write the values of large hashes. */
export class BigSnapshots implements ValueReaders {
  readonly #pool: GeoPool;
  readonly #options: BigSnapshotsOptions;
  readonly #readings = new WeakMap<Snapshot, Map<string, BigReading>>();
  readonly #large = new WeakMap<Snapshot, boolean>();

  constructor(pool: GeoPool, options: BigSnapshotsOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  async answer(
    text: string,
    view: View,
    { source, clientRef, area }: ValueAnswer,
  ): Promise<OutMessage | undefined> {
    if (text.length < this.#options.minBytes) return undefined;
    const arrivedAt = performance.now();
    const frame = envelopeFrame(source, envelopeTail(Date.now(), clientRef));
    const { crs, axisOrder, precision } = view;
    const readers = [
      {
        view: { crs: crs.id, axisOrder, precision },
        area: area?.json ?? null,
        open: true,
        held: false,
        boxes: [],
        trimmed: [],
      },
    ];
    const result = await this.#pool
      .run<MessageTask>({ kind: 'message', text, idProperty: '', frame, readers })
      .catch(() => null);
    const bytes = result?.valid === true ? result.readings[0]?.whole : null;
    if (bytes === null || bytes === undefined) return undefined;
    return new OutMessage(bytes, arrivedAt, clientRef !== null, true);
  }

  /**
   * Shared by all sessions with the same view and area whose boxes are in the same CRS. Null for a hash that is not
   * large, for entries of a stream, which have ids, for a session with filters, which need the parsed values, and if
   * too many tasks are queued.
   */
  reading(snapshot: Snapshot, view: View, session: MemberView): BigReading | null {
    if (snapshot.hasIds || session.filters !== null || !this.#isLarge(snapshot)) return null;
    const boxCrs = session.bbox === null ? null : session.boxCrs.id;
    let readings = this.#readings.get(snapshot);
    if (readings === undefined) {
      readings = new Map();
      this.#readings.set(snapshot, readings);
    }
    const { area } = session;
    const key = `${viewKey(view, area)} ${boxCrs ?? ''}`;
    let reading = readings.get(key);
    if (reading === undefined) {
      if (this.#pool.waiting >= MAX_WAITING_PER_THREAD * this.#pool.threads) return null;
      reading = new BigReading(this.#pool, snapshot, {
        view,
        area,
        boxCrs,
        minBytes: this.#options.minBytes,
      });
      readings.set(key, reading);
    }
    return reading;
  }

  #isLarge(snapshot: Snapshot): boolean {
    let large = this.#large.get(snapshot);
    if (large === undefined) {
      const { minBytes, minHashBytes } = this.#options;
      const lengths = snapshot.values.map(({ length }) => length);
      large = lengths.some((length) => length >= minBytes) || sum(lengths) >= minHashBytes;
      this.#large.set(snapshot, large);
    }
    return large;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The values of one task, by their indices. */
interface Portion {
  readonly first: number;
  readonly end: number;
  /** Undefined while workers are busy; null if they failed. */
  result?: PortionResult | null;
  /** Resolves when there is a result; undefined before the first request. */
  done?: Promise<void>;
}

/** Divides values among tasks. */
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

interface ReadingOptions {
  readonly view: View;
  /** To which the sessions are limited. */
  readonly area: Area | null;
  /** The CRS of the boxes; null if the sessions have none. */
  readonly boxCrs: string | null;
  readonly minBytes: number;
}

/** The values of one hash in one view, each parsed and written once by a worker. */
class BigReading implements ValueReading {
  readonly #pool: GeoPool;
  readonly #snapshot: Snapshot;
  readonly #options: ReadingOptions;
  readonly #frame: Frame;
  readonly #messages: OutMessage[] = [];
  readonly #portions: readonly Portion[];
  /** The index of each value's portion. */
  readonly #places: Uint32Array;

  constructor(pool: GeoPool, snapshot: Snapshot, options: ReadingOptions) {
    this.#pool = pool;
    this.#snapshot = snapshot;
    this.#options = options;
    this.#portions = portionsOf(snapshot.values);
    this.#places = new Uint32Array(snapshot.values.length);
    for (const [place, { first, end }] of this.#portions.entries()) this.#places.fill(place, first, end);
    this.#frame = envelopeFrame(snapshot.name, envelopeTail(snapshot.timestamp));
  }

  /** Reads the next portion ahead. */
  messageAt(i: number, session: MemberView, clientRef: string | null): ValueMessage | Promise<ValueMessage> {
    const boxCrs = session.bbox === null ? null : session.boxCrs.id;
    if (boxCrs !== this.#options.boxCrs || session.filters !== null) return undefined;
    if (session.area?.id !== this.#options.area?.id) return undefined;
    const isBig = (this.#snapshot.values[i]?.length ?? 0) >= this.#options.minBytes;
    if (isBig && session.bbox !== null) return this.#alone(i, session, clientRef);
    const place = this.#places[i] ?? 0;
    const portion = this.#portions[place];
    if (portion === undefined) return undefined;
    const begun = this.#begin(portion);
    // One portion is read ahead.
    const next = this.#portions[place + 1];
    if (next !== undefined) void this.#begin(next);
    if (portion.result !== undefined) return this.#answer(i, portion, { session, clientRef });
    return begun.then(() => this.#answer(i, portion, { session, clientRef }));
  }

  /** Resolves when the portion is read. */
  #begin(portion: Portion): Promise<void> {
    portion.done ??= this.#read(portion).then((result) => {
      portion.result = result;
    });
    return portion.done;
  }

  #read({ first, end }: Portion): Promise<PortionResult | null> {
    const { view, area, boxCrs } = this.#options;
    const { crs, axisOrder, precision } = view;
    const task: PortionTask = {
      kind: 'portion',
      texts: this.#snapshot.values.slice(first, end),
      view: { crs: crs.id, axisOrder, precision },
      area: area?.json ?? null,
      boxCrs,
      frame: this.#frame,
    };
    return this.#pool.run(task).catch(() => null);
  }

  #answer(
    i: number,
    { first, result }: Portion,
    { session, clientRef }: { session: MemberView; clientRef: string | null },
  ): ValueMessage {
    if (result === null || result === undefined) return undefined;
    const at = i - first;
    const kind = result.kinds[at] ?? 0;
    // The snapshot reports values that are not JSON, once.
    if ((kind & Kind.json) === 0) return undefined;
    if ((kind & Kind.outside) !== 0) return null;
    if (session.held && (kind & Kind.geo) !== 0) return null;
    if (session.bbox !== null) {
      const isIn = (kind & Kind.everywhere) !== 0 || isInBox(result, at, session);
      if (isIn === false) return null;
      if (isIn === null || (session.boxOptions.trim && (kind & Kind.collection) !== 0)) return undefined;
    }
    const bytes = result.bytes.subarray(result.ends[at - 1] ?? 0, result.ends[at]);
    if (clientRef !== null) return this.#referring(i, bytes, clientRef);
    this.#messages[i] ??= new OutMessage(bytes, this.#snapshot.arrivedAt, false, true);
    return this.#messages[i];
  }

  /** A value that is big itself, for the box of one session. */
  async #alone(i: number, session: MemberView, clientRef: string | null): Promise<ValueMessage> {
    const group = new BigGroup(this.#options.view, this.#options.area);
    group.add({ view: session, push: () => {} });
    const task: MessageTask = {
      kind: 'message',
      text: this.#snapshot.values[i] ?? '',
      frame: this.#frame,
      readers: [group.readers()],
    };
    const result = await this.#pool.run(task).catch(() => null);
    const [readings] = result?.valid === true ? result.readings : [];
    if (result?.valid !== true || readings === undefined) return undefined;
    const [outcome] = group.outcomes(readings, result.isGeo);
    const bytes = outcome?.bytes ?? null;
    if (bytes === null) return null;
    if (clientRef !== null) return this.#referring(i, bytes, clientRef);
    return new OutMessage(bytes, this.#snapshot.arrivedAt, false, true);
  }

  /** The content of an envelope, and what follows it before the tail, in an envelope with a client reference. */
  #referring(i: number, bytes: Uint8Array, clientRef: string): OutMessage {
    const { room, head, tail } = this.#frame;
    const end = bytes.length - Buffer.byteLength(tail);
    const content = Buffer.from(bytes.subarray(room + Buffer.byteLength(head), end)).toString();
    return this.#snapshot.envelope(i, content, clientRef);
  }
}

/** Whether a value is in the box of a session; null if its bounding box does not decide. */
function isInBox({ envelopes }: PortionResult, at: number, { bbox, boxCrs }: MemberView): boolean | null {
  if (envelopes === null || bbox === null) return null;
  const [minX = Number.NaN, minY = 0, maxX = 0, maxY = 0] = envelopes.subarray(4 * at, 4 * at + 4);
  return decidedByEnvelope({ minX, minY, maxX, maxY }, bbox, boxCrs);
}
