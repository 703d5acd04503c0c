import {
  type Area,
  decidedByEnvelope,
  type Frame,
  Kind,
  type MessageResult,
  type MessageTask,
  type PortionResult,
  type PortionTask,
  type View,
} from '@viaduct/geo-worker';
import { envelopeTail } from '@viaduct/protocol';
import { type MemberView, viewKey } from '../delivery/member.js';
import { OutMessage } from '../delivery/messages.js';
import { Claim, type Reader } from '../state/read-reservation.js';
import type { ValueAnswer, ValueMessage, ValueReaders, ValueReading } from '../state/snapshot-writer.js';
import type { Snapshot } from '../state/snapshots.js';
import { BigGroup } from './big-group.js';
import { envelopeFrame } from './envelope-frame.js';
import type { ReadTurns } from './read-turns.js';

export interface BigSnapshotsOptions {
  /** A value of about this many bytes is big, and so is the hash that contains it. */
  minBytes: number;
  /** A hash is also big if its values together have about this many bytes. */
  minHashBytes: number;
}

/** Has workers parse and write the values of large hashes. */
export class BigSnapshots implements ValueReaders {
  readonly #turns: ReadTurns;
  readonly #options: BigSnapshotsOptions;
  readonly #readings = new WeakMap<Snapshot, Map<string, BigReading>>();
  readonly #large = new WeakMap<Snapshot, boolean>();

  constructor(turns: ReadTurns, options: BigSnapshotsOptions) {
    this.#turns = turns;
    this.#options = options;
  }

  async answer(
    text: string,
    view: View,
    { source, clientRef, area, reader }: ValueAnswer,
  ): Promise<OutMessage | undefined> {
    if (text.length < this.#options.minBytes) return undefined;
    this.#turns.admit();
    const arrivedAt = performance.now();
    const frame = envelopeFrame(source, envelopeTail(Date.now(), clientRef));
    const { crs, axisOrder, precision } = view;
    const recipients = [
      {
        view: { crs: crs.id, axisOrder, precision },
        area: area?.json ?? null,
        open: true,
        held: false,
        boxes: [],
        trimmed: [],
      },
    ];
    const task: MessageTask = { kind: 'message', text, idProperty: '', frame, recipients };
    const result = await this.#turns.run(task, new Claim(reader)).catch(() => null);
    const bytes = result?.valid === true ? result.readings[0]?.whole : null;
    if (bytes === null || bytes === undefined) return undefined;
    return new OutMessage(bytes, arrivedAt, { direct: clientRef !== null, isKept: true });
  }

  /**
   * Shared by all sessions with the same view and area whose boxes are in the same CRS. Null for a hash that is not
   * large, for entries of a stream, which have ids, and for a session with filters, which need the parsed values.
   *
   * @throws CommandError `overloaded` if too many reads wait for workers
   */
  reading(snapshot: Snapshot, view: View, session: MemberView, reader: Reader): BigWalk | null {
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
      this.#turns.admit();
      reading = new BigReading(this.#turns, snapshot, {
        view,
        area,
        boxCrs,
        minBytes: this.#options.minBytes,
      });
      readings.set(key, reading);
    }
    return new BigWalk(reading, reader);
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

/** What workers have written of one portion. */
class PortionOutput {
  readonly messages: OutMessage[] = [];

  /** @param result null if workers failed */
  constructor(readonly result: PortionResult | null) {}
}

interface ReadingOptions {
  readonly view: View;
  /** The area to which the sessions are limited. */
  readonly area: Area | null;
  /** The CRS of the boxes; null if the sessions have none. */
  readonly boxCrs: string | null;
  readonly minBytes: number;
}

/** The values of one hash in one view. Each portion is parsed and written once by a worker, while any session needs it. */
class BigReading {
  readonly #turns: ReadTurns;
  readonly #running = new Map<number, { readonly claim: Claim; readonly output: Promise<PortionOutput> }>();
  /** By place. All of them together would take several times the memory of the hash. */
  readonly #outputs: (WeakRef<PortionOutput> | undefined)[] = [];
  readonly frame: Frame;

  constructor(
    turns: ReadTurns,
    readonly snapshot: Snapshot,
    readonly options: ReadingOptions,
  ) {
    this.#turns = turns;
    this.frame = envelopeFrame(snapshot.name, envelopeTail(snapshot.timestamp));
  }

  /** What workers have written of a portion. Never rejects. */
  output(place: number, reader: Reader): Promise<PortionOutput> {
    const running = this.#running.get(place);
    if (running !== undefined) {
      running.claim.add(reader);
      return running.output;
    }
    const present = this.#outputs[place]?.deref();
    if (present !== undefined) return Promise.resolve(present);
    const claim = new Claim(reader);
    const output = this.#read(place, claim).then((result) => {
      const written = new PortionOutput(result);
      this.#outputs[place] = new WeakRef(written);
      this.#running.delete(place);
      return written;
    });
    this.#running.set(place, { claim, output });
    return output;
  }

  /** A value that is big itself, for one session; null if workers failed. */
  value(i: number, group: BigGroup, reader: Reader): Promise<MessageResult | null> {
    const text = this.snapshot.values[i] ?? '';
    const task: MessageTask = { kind: 'message', text, frame: this.frame, recipients: [group.recipients()] };
    return this.#turns.run(task, new Claim(reader)).catch(() => null);
  }

  #read(place: number, claim: Claim): Promise<PortionResult | null> {
    const { view, area, boxCrs } = this.options;
    const { crs, axisOrder, precision } = view;
    const { first, end } = this.snapshot.portions[place] ?? { first: 0, end: 0 };
    const task: PortionTask = {
      kind: 'portion',
      texts: this.snapshot.values.slice(first, end),
      view: { crs: crs.id, axisOrder, precision },
      area: area?.json ?? null,
      boxCrs,
      frame: this.frame,
    };
    return this.#turns.run(task, claim).catch(() => null);
  }
}

/** One session's way through the values. It holds the session's current portion, and prefetches the next one. */
class BigWalk implements ValueReading {
  readonly #reading: BigReading;
  readonly #reader: Reader;
  #place = -1;
  #output: PortionOutput | null = null;
  /** The next portion, which is prefetched. */
  #ahead: { readonly place: number; readonly output: Promise<PortionOutput> } | null = null;

  constructor(reading: BigReading, reader: Reader) {
    this.#reading = reading;
    this.#reader = reader;
  }

  messageAt(i: number, session: MemberView, clientRef: string | null): ValueMessage | Promise<ValueMessage> {
    if (!this.#isFor(session)) return undefined;
    const { snapshot, options } = this.#reading;
    const isBig = (snapshot.values[i]?.length ?? 0) >= options.minBytes;
    if (isBig && session.bbox !== null) return this.#alone(i, session, clientRef);
    const place = snapshot.placeOf(i);
    if (place === this.#place && this.#output !== null)
      return this.#answer(i, this.#output, { session, clientRef });
    // The session's area may be another one by then.
    return this.#moveTo(place).then((output) =>
      this.#isFor(session) ? this.#answer(i, output, { session, clientRef }) : undefined,
    );
  }

  /** Whether the values are as the session receives them now. */
  #isFor({ area, bbox, boxCrs, filters }: MemberView): boolean {
    const { options } = this.#reading;
    if (area?.id !== options.area?.id || filters !== null) return false;
    return (bbox === null ? null : boxCrs.id) === options.boxCrs;
  }

  async #moveTo(place: number): Promise<PortionOutput> {
    const begun =
      this.#ahead?.place === place ? this.#ahead.output : this.#reading.output(place, this.#reader);
    const next = place + 1;
    const isLast = next === this.#reading.snapshot.portions.length;
    this.#ahead = isLast ? null : { place: next, output: this.#reading.output(next, this.#reader) };
    const output = await begun;
    this.#place = place;
    this.#output = output;
    return output;
  }

  #answer(
    i: number,
    { result, messages }: PortionOutput,
    { session, clientRef }: { session: MemberView; clientRef: string | null },
  ): ValueMessage {
    if (result === null) return undefined;
    const { snapshot } = this.#reading;
    const at = i - (snapshot.portions[snapshot.placeOf(i)]?.first ?? 0);
    const kind = result.kinds[at] ?? 0;
    // The snapshot reports values that are not JSON, once.
    if ((kind & Kind.json) === 0) return undefined;
    // What is not GeoJSON is counted there.
    if ((kind & Kind.outside) !== 0) return (kind & Kind.geo) === 0 ? undefined : null;
    if (session.held && (kind & Kind.geo) !== 0) return null;
    if (session.bbox !== null) {
      const isIn = (kind & Kind.everywhere) !== 0 || isInBox(result, at, session);
      if (isIn === false) return null;
      if (isIn === null || (session.boxOptions.trim && (kind & Kind.collection) !== 0)) return undefined;
    }
    const bytes = result.bytes.subarray(result.ends[at - 1] ?? 0, result.ends[at]);
    if (clientRef !== null) return this.#referring(i, bytes, clientRef);
    messages[at] ??= new OutMessage(bytes, snapshot.arrivedAt, { isKept: true });
    return messages[at];
  }

  /** A value that is big itself, for the box of one session. */
  async #alone(i: number, session: MemberView, clientRef: string | null): Promise<ValueMessage> {
    const { options, snapshot } = this.#reading;
    const group = new BigGroup(options.view, options.area);
    group.add({ view: session, push: () => {} });
    const { version } = session;
    const result = await this.#reading.value(i, group, this.#reader);
    if (session.version !== version) return undefined;
    const [readings] = result?.valid === true ? result.readings : [];
    if (result?.valid !== true || readings === undefined) return undefined;
    if (readings.isOutside && !result.isGeo) return undefined;
    const [outcome] = group.outcomes(readings, result.isGeo);
    const bytes = outcome?.bytes ?? null;
    if (bytes === null) return null;
    if (clientRef !== null) return this.#referring(i, bytes, clientRef);
    return new OutMessage(bytes, snapshot.arrivedAt, { isKept: true });
  }

  /** The content of an envelope, and what follows it before the tail, in an envelope with a client reference. */
  #referring(i: number, bytes: Uint8Array, clientRef: string): OutMessage {
    const { room, head, tail } = this.#reading.frame;
    const end = bytes.length - Buffer.byteLength(tail);
    const content = Buffer.from(bytes.subarray(room + Buffer.byteLength(head), end)).toString();
    return this.#reading.snapshot.envelope(i, content, clientRef);
  }
}

/** Whether a value is in the box of a session; null if its bounding box does not decide. */
function isInBox({ envelopes }: PortionResult, at: number, { bbox, boxCrs }: MemberView): boolean | null {
  if (envelopes === null || bbox === null) return null;
  const [minX = Number.NaN, minY = 0, maxX = 0, maxY = 0] = envelopes.subarray(4 * at, 4 * at + 4);
  return decidedByEnvelope({ minX, minY, maxX, maxY }, bbox, boxCrs);
}
