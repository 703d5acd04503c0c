import { type FeatureId, idText } from '@viaduct/geo-worker';
import type {
  LiveEndReason,
  SnapshotBeginStatus,
  SnapshotEndStatus,
  SnapshotReason,
  ViewStatus,
} from '@viaduct/protocol';
import type { SessionName } from '../../delivery/connection.js';
import { captureView, type Member, type MemberView, sendsSameCoordinates } from '../../delivery/member.js';
import { type OutMessage, statusMessage, statusText } from '../../delivery/messages.js';
import type { Outbox } from '../../delivery/outbox.js';
import { sendInChunks } from '../chunked-send.js';
import type { Claimant } from '../fair-queue.js';
import type { LongWork } from '../long-work.js';
import type { FeatureMessages } from './feature-messages.js';
import type { LiveIndex } from './live-index.js';
import type { LiveMetrics } from './live-services.js';
import { LiveWalk, type Remainder } from './live-walk.js';
import { VisibleFeatures } from './visible-features.js';

/** The session that a live view belongs to. */
export interface Viewer extends Member, Claimant {
  readonly outbox: Pick<Outbox, 'answer' | 'closed' | 'drained' | 'hasRoomFor' | 'needsDrain'>;
  /** Sends a status as an envelope. */
  sendEnvelope(message: OutMessage): void;
}

/** A channel as a view of it needs it. */
export interface ViewedChannel {
  readonly name: string;
  readonly index: LiveIndex;
  readonly longWork: LongWork;
  readonly metrics: LiveMetrics;
  /** True while it sends what was missed in a gap. */
  readonly repairing: boolean;
  /** Id of the entry of the stream after which a client can recover; null if it cannot. */
  readonly position: string | null;
  /** Moves a view of a session to the audience of its current view, and resolves when features can be found by its box. */
  place(view: LiveView, session: Claimant): Promise<void>;
  remove(view: LiveView): void;
  /** Reports a defect. */
  failed(error: unknown, session?: SessionName): void;
  readonly messages: FeatureMessages;
}

/** A snapshot that is under way. */
interface RunningSnapshot {
  readonly reason: SnapshotReason;
  readonly clientRef: string | null;
}

/**
 * What one session is shown of a channel: at every mark (`snapshot_end` or `view`) its client holds exactly the
 * features that are in its view.
 */
export class LiveView implements Member {
  /** The view in force. It follows the session's, see {@link changed}, and is never changed in place. */
  view: MemberView;
  readonly #channel: ViewedChannel;
  readonly #viewer: Viewer;
  readonly #ended: (reason: LiveEndReason) => void;
  #walk: LiveWalk | null = null;
  /** Whether a walk still finds what the client holds: it continues with the latest view by itself. */
  #isComparing = false;
  /** Number of the latest walk or snapshot: earlier ones end. */
  #run = 0;
  #placed: Promise<void>;
  #snapshot: RunningSnapshot | null = null;
  /** The recovery whose mark is due; null if none is. */
  #recovery: Pick<RunningSnapshot, 'clientRef'> | null = null;
  /** Whether the view changed while a snapshot was under way, so that a mark is due after it. */
  #isMarkDue = false;
  /** Number of the change that last sent the session a feature. */
  #seenChange = -1;
  /** Features that the session received because they were missed in a gap, since the last mark about one. */
  #repaired = 0;

  /** @param ended called if the channel cannot be kept live */
  constructor(channel: ViewedChannel, viewer: Viewer, ended: (reason: LiveEndReason) => void) {
    this.#channel = channel;
    this.#viewer = viewer;
    this.#ended = ended;
    this.view = captureView(viewer.view);
    this.#placed = channel.place(this, viewer);
  }

  get name(): SessionName | undefined {
    return this.#viewer.name;
  }

  push(message: OutMessage): void {
    this.#seenChange = this.#channel.index.change;
    if (this.#channel.repairing) this.#repaired++;
    this.#viewer.push(message);
  }

  /** Sends the message that a feature has left, unless the same change sent the feature. Returns whether it did. */
  left(message: OutMessage): boolean {
    if (this.#seenChange === this.#channel.index.change) return false;
    this.#viewer.push(message);
    return true;
  }

  /** Sends everything that is in the view, between `snapshot_begin` and `snapshot_end`. */
  sendAll(reason: SnapshotReason, clientRef: string | null = null): void {
    // Also if a walk, which ends now, was still comparing earlier views.
    if (this.#viewer.view.version !== this.view.version) this.#switch();
    this.#recovery = null;
    this.#snapshot = { reason, clientRef };
    this.#sendStatus({ status: 'snapshot_begin', channel: this.#channel.name, reason }, clientRef);
    this.#runSnapshot(++this.#run, this.#channel.index.change).catch(this.#failed);
  }

  /**
   * Sends what the client has missed since it held the view, and a mark; or everything, if that is not known.
   *
   * @param find resolves with what the client has missed, or null
   */
  sendMissed(find: () => Promise<Remainder | null>, clientRef: string | null): void {
    // If the view changes meanwhile, everything is sent.
    this.#snapshot = { reason: 'subscribed', clientRef };
    this.#runMissed(++this.#run, find, clientRef).catch(this.#failed);
  }

  /** The session has another view: sends the difference. */
  changed(): void {
    const from = this.view;
    const to = this.#viewer.view;
    if (to.version === from.version) return;
    const keepsCoordinates = sendsSameCoordinates(from, to);
    if (this.#snapshot !== null) {
      const { reason, clientRef } = this.#snapshot;
      this.#isMarkDue ||= keepsCoordinates;
      this.sendAll(reason, clientRef);
    } else if (!keepsCoordinates) this.sendAll('projection');
    else if (this.#walk === null) this.#runChange(++this.#run).catch(this.#failed);
    else if (from.area?.id !== to.area?.id || from.held !== to.held) {
      // Finding what the client holds takes several turns, but such a view must be in force at once.
      this.#isMarkDue = true;
      this.sendAll('view');
    } else if (!this.#isComparing) this.#runChange(++this.#run).catch(this.#failed);
  }

  /** Marks that the client holds its view again after the index was brought in line with the hash. */
  repaired(): void {
    const entered = this.#repaired;
    this.#repaired = 0;
    // A walk that is under way ends with a mark of its own.
    if (this.#walk === null && this.#snapshot === null) this.#mark(entered, [], 'gap');
  }

  /** Ends it for the session. */
  close(): void {
    this.#run++;
    this.#channel.remove(this);
  }

  /** Ends it: the channel cannot be kept live. */
  end(reason: LiveEndReason): void {
    this.close();
    this.#ended(reason);
  }

  readonly #failed = (error: unknown): void => {
    this.#isComparing = false;
    this.#channel.failed(error, this.name);
  };

  /** @param sinceChange changes after this one reach the client as messages */
  async #runSnapshot(run: number, sinceChange: number): Promise<void> {
    this.#walk = null;
    this.#isComparing = false;
    await this.#placed;
    if (this.#run !== run) return;
    // Thousands may have waited for the same places: each searches them in its turn.
    const turnEnds = await this.#channel.longWork.turn(this.#viewer);
    if (this.#run !== run) return;
    const { index } = this.#channel;
    const walk = new LiveWalk(index, null, new VisibleFeatures(index, this.view), undefined, sinceChange);
    const count = await this.#send(run, walk, turnEnds);
    if (count === null) return;
    if (this.view.area?.isStrict === true) this.#channel.metrics.withheld('hash', index.foreign);
    this.#endSnapshot(count, walk.outside(count));
  }

  async #runMissed(
    run: number,
    find: () => Promise<Remainder | null>,
    clientRef: string | null,
  ): Promise<void> {
    const [missed] = await Promise.all([find(), this.#placed]);
    if (this.#run !== run) return;
    await this.#channel.longWork.turn(this.#viewer);
    if (this.#run !== run) return;
    if (missed === null) {
      this.sendAll('subscribed', clientRef);
      return;
    }
    this.#snapshot = null;
    this.#recovery = { clientRef };
    await this.#runChange(run, missed);
  }

  /**
   * Sends the difference to the session's view, and to those that replace it while the difference is found.
   *
   * @param missed what the client lacks of the view in force
   */
  async #runChange(run: number, missed?: Remainder): Promise<void> {
    const stopped = (): boolean => this.#run !== run || this.#viewer.outbox.closed;
    const turns = { longWork: this.#channel.longWork, session: this.#viewer, stopped };
    this.#isComparing = true;
    let walk: LiveWalk;
    do {
      const earlier = this.#walk === null ? missed : await this.#walk.remainder(turns);
      if (stopped()) return;
      const { index } = this.#channel;
      const from = new VisibleFeatures(index, this.view);
      if (this.#viewer.view.version !== this.view.version) this.#switch();
      walk = new LiveWalk(index, from, new VisibleFeatures(index, this.view), earlier);
      this.#walk = walk;
      await walk.findLeaving(turns);
      if (stopped()) return;
    } while (this.#viewer.view.version !== this.view.version);
    this.#isComparing = false;
    const count = await this.#send(run, walk);
    if (count === null) return;
    this.#walk = null;
    const recovery = this.#recovery;
    this.#recovery = null;
    if (recovery === null) this.#mark(count, walk.left());
    else this.#mark(count, walk.left(), 'recovered', recovery.clientRef);
  }

  /** Puts the session's view in force. */
  #switch(): void {
    this.view = captureView(this.#viewer.view);
    this.#placed = this.#channel.place(this, this.#viewer);
    this.#channel.metrics.viewChanged();
  }

  /** Sends what the client lacks. Returns the number of features; null if the walk was cut short. */
  async #send(run: number, walk: LiveWalk, turnEnds?: number): Promise<number | null> {
    const { outbox } = this.#viewer;
    const stopped = (): boolean => this.#run !== run || outbox.closed;
    const count = await sendInChunks(walk.length, (i) => this.#messageAt(walk, i), {
      outbox,
      longWork: this.#channel.longWork,
      session: this.#viewer,
      isOwn: this.view.bbox !== null,
      turnEnds,
      drained: () => outbox.drained(),
      stopped,
    });
    return stopped() ? null : count;
  }

  #messageAt(walk: LiveWalk, i: number): OutMessage | null {
    const feature = walk.at(i);
    return feature === null ? null : this.#channel.messages.of(feature, this.view);
  }

  #endSnapshot(count: number, outside: number): void {
    const { reason, clientRef } = this.#snapshot ?? { reason: 'subscribed', clientRef: null };
    this.#snapshot = null;
    const { area, held } = this.view;
    const known = area === null && !held ? { outside } : {};
    const id = this.#position;
    const traced = id === null ? {} : { id };
    this.#sendStatus(
      { status: 'snapshot_end', channel: this.#channel.name, count, ...known, ...traced },
      clientRef,
    );
    this.#channel.metrics.snapshotSent(reason);
    if (this.#isMarkDue) this.#mark(0, []);
    this.#isMarkDue = false;
  }

  #mark(
    entered: number,
    left: FeatureId[],
    reason?: ViewStatus['reason'],
    clientRef: string | null = null,
  ): void {
    const channel = JSON.stringify(this.#channel.name);
    const why = reason === undefined ? '' : `,"reason":"${reason}"`;
    const ids = left.map(idText).join(',');
    const id = this.#position === null ? '' : `,"id":"${this.#position}"`;
    // Written by hand, because JSON.stringify has no way to write large integers.
    const text = `{"status":"view","channel":${channel}${why},"entered":${entered},"left":[${ids}]${id}}`;
    this.#viewer.sendEnvelope(statusText(text, clientRef, true));
  }

  /** The id of a mark; null if a client cannot recover from there. */
  get #position(): string | null {
    return this.view.area === null ? this.#channel.position : null;
  }

  #sendStatus(status: SnapshotBeginStatus | SnapshotEndStatus, clientRef: string | null): void {
    this.#viewer.sendEnvelope(statusMessage(status, clientRef));
  }
}
