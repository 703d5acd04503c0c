import type {
  GapStatus,
  LiveEndedStatus,
  LiveEndReason,
  RecoveryStatus,
  SnapshotBeginStatus,
  SnapshotEndStatus,
  SnapshotReason,
} from '@viaduct/protocol';
import type { SubscribeOptions } from '../commands/context.js';
import type { SessionName } from '../delivery/connection.js';
import type { Member } from '../delivery/member.js';
import { type OutMessage, statusMessage } from '../delivery/messages.js';
import type { LoggedSession } from '../observability/session-log.js';
import type { StreamLoss } from '../sources/streams.js';
import type { LiveView, Viewer } from '../state/live/live-view.js';
import { LiveBuffer, type LiveMember } from '../state/live-buffer.js';
import type { Snapshot } from '../state/snapshots.js';
import type { SessionDeps } from './deps.js';

/** The session as its subscriptions see it. */
export interface Subscriber extends LiveMember, LoggedSession {
  readonly name: SessionName;
  readonly outbox: LiveMember['outbox'] & Viewer['outbox'];
  /** Sends a status envelope. */
  tell(message: OutMessage): void;
  /** Sends what the session sees of what was read, until `stopped`; resolves with how much that was. */
  sendSnapshot(snapshot: Snapshot, stopped: () => boolean): Promise<number>;
  /** Runs something when the commands before it are done, and before those that come later. */
  inOrder(job: () => Promise<void>): void;
}

/** One session's subscription to one channel, and how its client is brought up to date in it. */
export class Subscription {
  /** True where the client wants the state, now and after gaps. */
  snapshot = false;
  readonly #services: SessionDeps;
  readonly #subscriber: Subscriber;
  #lostAt = Number.NEGATIVE_INFINITY;
  #since = Number.POSITIVE_INFINITY;
  #ended = false;
  /** Who stands in the hub for it: the session itself, or a hold while the client is brought up to date. */
  #member: Member;
  /** Who stands for it in the channel's live views; null if it is not live. */
  #live: LiveView | null = null;

  /** @param holds true where messages are to be held back from the first on */
  constructor(
    readonly channel: string,
    services: SessionDeps,
    subscriber: Subscriber,
    holds: boolean,
  ) {
    this.#services = services;
    this.#subscriber = subscriber;
    this.#member = holds ? this.#newHold() : subscriber;
  }

  /** From when on nothing was missed: ms on the clock of `performance.now()`; infinite while that is not sure. */
  get since(): number {
    return this.#since;
  }

  /** True where the client wants the state and was not sent one that was read after entries of the stream were lost. */
  get stale(): boolean {
    return this.snapshot && this.#lostAt >= this.#since;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the client is shown a live view. */
  get isLive(): boolean {
    return this.#live !== null;
  }

  /** Whether the channel is a stream, which goes on by itself after a gap. */
  get isStream(): boolean {
    return this.#services.source.streams.has(this.channel);
  }

  /**
   * Resolves when the channel's messages flow.
   *
   * @throws SourceError
   */
  async begin(): Promise<void> {
    await this.#services.hub.subscribe(this.channel, this.#member);
    this.#since = performance.now();
  }

  /**
   * Shows the client a live view from now on, beginning with everything that is in it. Resolves when that has begun.
   *
   * @throws CommandError `live_too_big`
   * @throws SourceError if the state cannot be read
   */
  async goLive(clientRef: string | null): Promise<void> {
    const channel = await this.#services.live.open(this.channel);
    if (this.#ended) return;
    if (this.#live === null) {
      this.#services.hub.unsubscribe(this.channel, this.#member);
      this.#live = channel.show(this.#subscriber, (reason) => this.#liveEnded(reason));
      this.#since = performance.now();
    }
    this.#live.sendAll('subscribed', clientRef);
  }

  end(): void {
    this.#ended = true;
    this.#live?.close();
    this.#services.hub.unsubscribe(this.channel, this.#member);
  }

  /** The session's view has changed. */
  moved(): void {
    if (this.#live !== null) this.#live.changed();
    else this.#services.hub.moved(this.channel, this.#member);
  }

  /**
   * Holds the channel's messages back, sends what the client lacks, and then what was held back. One call at a time.
   *
   * @throws SourceError where the state cannot be read
   */
  async bringUpToDate(options: SubscribeOptions, reason: SnapshotReason = 'subscribed'): Promise<void> {
    // A live view is up to date as it is.
    if (this.#ended || this.#live !== null) return;
    const { snapshot = false, since = null, clientRef = null } = options;
    const hold = this.#holdBack();
    const wantedBefore = this.snapshot;
    // From the start: what is lost while the state is on its way is missing in it.
    this.snapshot ||= snapshot;
    try {
      const recovered = since !== null && (await this.#recover(hold, since, clientRef));
      if (snapshot && !recovered) await this.#sendSnapshot(reason, clientRef);
    } catch (error) {
      this.snapshot = wantedBefore;
      throw error;
    } finally {
      this.#release(hold);
    }
    await this.#subscriber.outbox.drained();
  }

  /** Sends a status envelope about the channel. */
  tell(
    status: SnapshotBeginStatus | SnapshotEndStatus | RecoveryStatus | GapStatus | LiveEndedStatus,
    clientRef: string | null = null,
  ): void {
    this.#subscriber.tell(statusMessage(status, clientRef));
  }

  /** Entries of the stream were lost. */
  lost(reason: StreamLoss): void {
    this.#lostAt = performance.now();
    // The stream was made anew, perhaps with ids that it has had before.
    if (reason === 'unknown_id' && this.#member instanceof LiveBuffer) this.#member.leaveOutUpTo(null);
  }

  /** The channel cannot be kept live: its messages come as to anybody who wants the state after gaps. */
  #liveEnded(reason: LiveEndReason): void {
    this.#live = null;
    this.#member = this.#subscriber;
    this.snapshot = true;
    this.tell({ status: 'live_ended', channel: this.channel, reason });
    this.#services.hub.subscribe(this.channel, this.#member).catch(() => {
      this.tell({ status: 'gap', channels: [this.channel] });
    });
  }

  readonly #stopped = (): boolean => this.#ended;

  /** Sends the entries of a stream after an id, and how that went. Returns whether they were all to be had. */
  async #recover(hold: LiveBuffer, since: string, clientRef: string | null): Promise<boolean> {
    const { channel } = this;
    const services = this.#services;
    const outcome = await services.recoveries.read(channel, since, performance.now());
    if (this.#ended) return false;
    if (outcome.recovered) {
      const { entries, id } = outcome;
      hold.leaveOutUpTo(id);
      const count = await this.#subscriber.sendSnapshot(entries, this.#stopped);
      if (this.#ended) return false;
      this.tell({ status: 'recovery', channel, recovered: true, count, id }, clientRef);
    } else {
      this.tell({ status: 'recovery', channel, recovered: false, reason: outcome.reason }, clientRef);
    }
    services.metrics.state.recovered(outcome.recovered ? 'recovered' : outcome.reason);
    return outcome.recovered;
  }

  async #sendSnapshot(reason: SnapshotReason, clientRef: string | null): Promise<void> {
    const { channel } = this;
    const { snapshots, source, metrics } = this.#services;
    // What the client was sent before the hold began must not be followed by a state from before that.
    const heldSince = performance.now();
    const id = source.streams.position(channel);
    const snapshot = await snapshots.readState(channel, heldSince);
    if (this.#ended) return;
    this.tell({ status: 'snapshot_begin', channel, reason }, clientRef);
    const count = await this.#subscriber.sendSnapshot(snapshot, this.#stopped);
    if (this.#ended) return;
    const end: SnapshotEndStatus = { status: 'snapshot_end', channel, count };
    this.tell(id === null ? end : { ...end, id }, clientRef);
    this.#since = heldSince;
    metrics.state.snapshotSent(reason);
  }

  #newHold(): LiveBuffer {
    // Not in the midst of a delivery: the session would be given the same message again.
    const needless = (): void => queueMicrotask(() => this.#letGo());
    const hold = new LiveBuffer(this.#subscriber, this.#services.limits, needless);
    hold.begin();
    return hold;
  }

  #holdBack(): LiveBuffer {
    if (this.#member instanceof LiveBuffer) {
      this.#member.begin();
      return this.#member;
    }
    const hold = this.#newHold();
    this.#exchange(hold);
    return hold;
  }

  #release(hold: LiveBuffer): void {
    if (this.#ended) {
      hold.forget();
      return;
    }
    hold.release();
    this.#letGo();
  }

  /** Puts the session in the place of a hold that is not needed any more. */
  #letGo(): void {
    if (!this.#ended && this.#member instanceof LiveBuffer && this.#member.isNeedless)
      this.#exchange(this.#subscriber);
  }

  /** Between two messages, so that each of them reaches either the one or the other. */
  #exchange(member: Member): void {
    this.#services.hub.exchange(this.channel, this.#member, member);
    this.#member = member;
  }
}
