import type { GeoMessage, View } from '@viaduct/geo-worker';
import type { SessionAccess } from '../auth/session-access.js';
import { contentIn, isWithheld, withinArea } from '../delivery/audience.js';
import { viewKey } from '../delivery/member.js';
import { answerMessage, type OutMessage } from '../delivery/messages.js';
import type { Outbox } from '../delivery/outbox.js';
import { sendInChunks } from '../state/chunked-send.js';
import type { Reader } from '../state/read-reservation.js';
import type { Reading } from '../state/shared-reads.js';
import { snapshotWriter } from '../state/snapshot-writer.js';
import type { Snapshot } from '../state/snapshots.js';
import type { SessionServices } from './services.js';
import type { Subscriptions } from './subscriptions.js';
import { type SessionView, withPrecision } from './view.js';

/** A field with at least this many characters waits for its turn before it is parsed. */
const LONG_FIELD = 4096;

/** The parts of a session that its reads use. */
interface ReadsParts {
  readonly view: SessionView;
  readonly access: SessionAccess;
  readonly outbox: Outbox;
  readonly subscriptions: Pick<Subscriptions, 'completeSince'>;
  /** The session. */
  readonly reader: Reader;
}

/** Which values of a snapshot are sent, and in what form. */
interface Sending {
  readonly view: View;
  readonly clientRef: string | null;
  /** Index of the first value. */
  readonly first: number;
  stopped(): boolean;
}

/** Reads hashes for one session: to send the values in its view, or for a command's own use. */
export class Reads {
  readonly #services: SessionServices;
  readonly #parts: ReadsParts;

  constructor(services: SessionServices, parts: ReadsParts) {
    this.#services = services;
    this.#parts = parts;
  }

  /** Sends the values of a hash that pass the session's view; resolves with their number. */
  async sendHash(key: string, clientRef: string | null = null, wanted?: View): Promise<number> {
    const view = this.#viewFor(wanted);
    const snapshot = await this.#snapshot(key);
    return this.#send(snapshot, { view, clientRef, first: 0, stopped: () => false });
  }

  /**
   * Sends the values of a snapshot that pass the session's view, from index `first` and until `stopped`, and releases it.
   * Resolves with their number.
   */
  sendSnapshot(snapshot: Reading<Snapshot>, stopped: () => boolean, first = 0): Promise<number> {
    return this.#send(snapshot, { view: this.#parts.view, clientRef: null, first, stopped });
  }

  /** Sends one field of a hash, even if it is outside the box. */
  async sendField(key: string, field: string, clientRef: string | null = null, wanted?: View): Promise<void> {
    const { access, outbox, reader } = this.#parts;
    access.checkReadable(key);
    const view = this.#viewFor(wanted);
    const reading = await this.#services.snapshots.readField(key, field, reader);
    try {
      outbox.answer(await this.#fieldMessage(reading.value, { source: `${key} ${field}`, clientRef, view }));
      if (outbox.needsDrain) await reading.during(outbox.drained());
    } finally {
      reading.release();
    }
  }

  /** The values of a hash within the session's area, each parsed separately, so that the caller may change them. */
  async *values(key: string): AsyncGenerator<unknown, void, undefined> {
    const snapshot = await this.#snapshot(key);
    const { longWork } = this.#services;
    const { reader } = this.#parts;
    try {
      let until = await longWork.turn(reader);
      for (const text of snapshot.value.values) {
        if (performance.now() > until) until = await longWork.turn(reader);
        const value = this.#valueOf(key, text);
        if (value !== undefined) yield value;
      }
    } finally {
      snapshot.release();
    }
  }

  /** One field of a hash within the session's area; null if there is none. */
  async value(key: string, field: string): Promise<unknown> {
    const { access, reader } = this.#parts;
    access.checkReadable(key);
    const { value: snapshot, release } = await this.#services.snapshots.readField(key, field, reader);
    try {
      return snapshot === null ? null : (this.#valueOf(key, snapshot.values[0] ?? '') ?? null);
    } finally {
      release();
    }
  }

  async #fieldMessage(
    snapshot: Snapshot | null,
    { source, clientRef, view }: { source: string; clientRef: string | null; view: View },
  ): Promise<OutMessage> {
    if (snapshot === null) return answerMessage(source, 'null', clientRef);
    const { reader, view: session } = this.#parts;
    const { area } = session;
    const { bigSnapshots, clientWork } = this.#services;
    const [text = ''] = snapshot.values;
    const big = await bigSnapshots?.answer(text, view, { source, clientRef, area, reader });
    // The area may be another one by now.
    if (big !== undefined && this.#parts.view.area === area) return big;
    const write = (): OutMessage => {
      const content = this.#seen(snapshot.content(0));
      if (content === null) return answerMessage(source, 'null', clientRef);
      return clientRef === null
        ? snapshot.message(0, content, view, viewKey(view, this.#parts.view.area))
        : snapshot.envelope(0, contentIn(content, view), clientRef);
    };
    return text.length >= LONG_FIELD ? clientWork.work(reader, write) : write();
  }

  /** Undefined if the text is not JSON or is outside the session's area. */
  #valueOf(key: string, text: string): unknown {
    return this.#seen(this.#services.snapshots.parse(key, text))?.value;
  }

  /** The part of a value that is in the session's area; null if nothing is. */
  #seen(content: GeoMessage | null): GeoMessage | null {
    const { area } = this.#parts.view;
    if (content !== null && isWithheld(content, area)) this.#withheld();
    return withinArea(content, area);
  }

  readonly #withheld = (): void => this.#services.metrics.state.withheld('hash');

  #snapshot(key: string): Promise<Reading<Snapshot>> {
    const { access, subscriptions, reader } = this.#parts;
    access.checkReadable(key);
    return this.#services.snapshots.read(key, subscriptions.completeSince(key), reader);
  }

  #viewFor(wanted: View | undefined): View {
    return wanted === undefined ? this.#parts.view : withPrecision(wanted, this.#services.precision);
  }

  /** Sends the values that the session sees, in the CRS of `view`. */
  async #send(reading: Reading<Snapshot>, { view, clientRef, first, stopped }: Sending): Promise<number> {
    const { outbox, view: session, reader } = this.#parts;
    const { longWork, bigSnapshots } = this.#services;
    const snapshot = reading.value;
    try {
      const withheld = this.#withheld;
      const messageAt = snapshotWriter(snapshot, bigSnapshots, {
        session,
        view,
        clientRef,
        withheld,
        reader,
      });
      return await sendInChunks(snapshot.values.length - first, (place) => messageAt(first + place), {
        outbox,
        longWork,
        session: reader,
        drained: () => reading.during(outbox.drained()),
        stopped: () => outbox.closed || stopped(),
      });
    } finally {
      reading.release();
    }
  }
}
