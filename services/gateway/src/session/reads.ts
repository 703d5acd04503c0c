import type { View } from '@viaduct/geo-worker';
import type { SessionAccess } from '../auth/session-access.js';
import { contentIn, withinArea } from '../delivery/audience.js';
import { answerMessage } from '../delivery/messages.js';
import type { Outbox } from '../delivery/outbox.js';
import { sendInChunks } from '../state/chunked-send.js';
import { snapshotWriter } from '../state/snapshot-writer.js';
import type { Snapshot } from '../state/snapshots.js';
import type { SessionDeps } from './deps.js';
import type { Subscriptions } from './subscriptions.js';
import { type SessionView, withPrecision } from './view.js';

/** The parts of a session that its reads use. */
interface ReadsParts {
  readonly view: SessionView;
  readonly access: SessionAccess;
  readonly outbox: Outbox;
  readonly subscriptions: Pick<Subscriptions, 'since'>;
}

/** Reads hashes for one session: to send the values in its view, or for a command's own use. */
export class Reads {
  readonly #services: SessionDeps;
  readonly #parts: ReadsParts;

  constructor(services: SessionDeps, parts: ReadsParts) {
    this.#services = services;
    this.#parts = parts;
  }

  /** Sends the values of a hash that pass the session's view; resolves with their number. */
  async sendHash(key: string, clientRef: string | null = null, wanted?: View): Promise<number> {
    const view = this.#viewFor(wanted);
    return this.#send(await this.#snapshot(key), view, clientRef, () => false);
  }

  /** Sends the values of a snapshot that pass the session's view, until `stopped`; resolves with their number. */
  sendSnapshot(snapshot: Snapshot, stopped: () => boolean): Promise<number> {
    return this.#send(snapshot, this.#parts.view, null, stopped);
  }

  /** Sends one field of a hash, even if it is outside the box. */
  async sendField(key: string, field: string, clientRef: string | null = null, wanted?: View): Promise<void> {
    const { access, outbox } = this.#parts;
    const { source, bigSnapshots, snapshots } = this.#services;
    access.checkReadable(key);
    const view = this.#viewFor(wanted);
    const value = await source.hashField(key, field);
    const { area } = this.#parts.view;
    const to = { source: `${key} ${field}`, clientRef, area };
    const big = value === null ? undefined : await bigSnapshots?.answer(value, view, to);
    if (big !== undefined) {
      outbox.answer(big);
      return;
    }
    const content = withinArea(value === null ? null : snapshots.parse(key, value), area);
    outbox.answer(answerMessage(to.source, content === null ? 'null' : contentIn(content, view), clientRef));
  }

  /** The values of a hash within the session's area, each parsed separately, so that the caller may change them. */
  async *values(key: string): AsyncGenerator<unknown, void, undefined> {
    const { values } = await this.#snapshot(key);
    const { scheduler } = this.#services;
    let until = await scheduler.next();
    for (const text of values) {
      if (performance.now() > until) until = await scheduler.next();
      const value = this.#valueOf(key, text);
      if (value !== undefined) yield value;
    }
  }

  /** One field of a hash within the session's area; null if there is none. */
  async value(key: string, field: string): Promise<unknown> {
    this.#parts.access.checkReadable(key);
    const text = await this.#services.source.hashField(key, field);
    return text === null ? null : (this.#valueOf(key, text) ?? null);
  }

  /** Undefined if the text is not JSON or is outside the session's area. */
  #valueOf(key: string, text: string): unknown {
    return withinArea(this.#services.snapshots.parse(key, text), this.#parts.view.area)?.value;
  }

  async #snapshot(key: string): Promise<Snapshot> {
    const { access, subscriptions } = this.#parts;
    access.checkReadable(key);
    return this.#services.snapshots.read(key, subscriptions.since(key));
  }

  #viewFor(wanted: View | undefined): View {
    return wanted === undefined ? this.#parts.view : withPrecision(wanted, this.#services.precision);
  }

  /** Sends the values that the session sees, in the CRS of `view`. */
  #send(snapshot: Snapshot, view: View, clientRef: string | null, stopped: () => boolean): Promise<number> {
    const { outbox, view: session } = this.#parts;
    const { scheduler, snapshots, bigSnapshots } = this.#services;
    const messageAt = snapshotWriter(snapshot, bigSnapshots, { session, view, clientRef });
    return sendInChunks(snapshot.values.length, messageAt, {
      outbox,
      scheduler,
      drained: () => snapshots.held.during(outbox.drained(), snapshot, outbox),
      stopped: () => outbox.closed || stopped(),
    });
  }
}
