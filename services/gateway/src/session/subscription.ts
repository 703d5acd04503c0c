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
import type { LiveChannel } from '../state/live/live-channel.js';
import type { LiveView, Viewer } from '../state/live/live-view.js';
import type { Remainder } from '../state/live/live-walk.js';
import { missedSince } from '../state/live/missed.js';
import { LiveBuffer, type LiveMember } from '../state/live-buffer.js';
import type { Reader } from '../state/read-reservation.js';
import type { Reading } from '../state/shared-reads.js';
import type { Snapshot } from '../state/snapshots.js';
import type { Membership } from './membership.js';
import type { SessionServices } from './services.js';

/** The session as its subscriptions see it. */
export interface Subscriber extends LiveMember, LoggedSession, Reader {
  readonly name: SessionName;
  /** IP address; null if the client had gone before it was known. */
  readonly address: string | null;
  /** The limits that the session shares with others. */
  readonly membership: Pick<Membership, 'checkSubscription' | 'subscribed'>;
  readonly outbox: LiveMember['outbox'] & Viewer['outbox'];
  /** Sends a status as an envelope. */
  sendEnvelope(message: OutMessage): void;
  /**
   * Sends the values of a snapshot that pass the session's view, from index `first` and until `stopped`, and releases it.
   * Resolves with their number.
   */
  sendSnapshot(snapshot: Reading<Snapshot>, stopped: () => boolean, first?: number): Promise<number>;
  /** Runs a job after all earlier commands and before all later ones. */
  inOrder(job: () => Promise<void>): void;
}

/** One session's subscription to one channel. Brings its client up to date with the channel. */
export class Subscription {
  /** True if the client wants the state, now and after gaps. */
  snapshot = false;
  readonly #services: SessionServices;
  readonly #subscriber: Subscriber;
  #lostAt = Number.NEGATIVE_INFINITY;
  #completeSince = Number.POSITIVE_INFINITY;
  #ended = false;
  readonly #reportLiveEnded: (subscription: Subscription) => void;
  /** The member in the hub: the session itself, or a buffer while the client is brought up to date. */
  #member: Member;
  /** The client's live view of the channel; null if it has none. */
  #live: LiveView | null = null;

  /**
   * @param holds true if messages are held back from the start
   * @param liveEnded called if the channel cannot be kept live: the client then needs the state once more
   */
  constructor(
    readonly channel: string,
    services: SessionServices,
    subscriber: Subscriber,
    holds: boolean,
    liveEnded: (subscription: Subscription) => void,
  ) {
    this.#reportLiveEnded = liveEnded;
    this.#services = services;
    this.#subscriber = subscriber;
    this.#member = holds ? this.#newBuffer() : subscriber;
  }

  /** Time since which the client has missed nothing: ms on the clock of `performance.now()`; infinite while unknown. */
  get completeSince(): number {
    return this.#completeSince;
  }

  /** True if the client wants the state and has not received one since entries of the stream were lost. */
  get stale(): boolean {
    return this.snapshot && this.#lostAt >= this.#completeSince;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the client has a live view. */
  get isLive(): boolean {
    return this.#live !== null;
  }

  /** Whether the channel is a stream, which resumes by itself after a gap. */
  get isStream(): boolean {
    return this.#services.source.streams.has(this.channel);
  }

  /** Resolves once the source has confirmed the subscription; undefined if it already has. Rejects with a SourceError. */
  begin(): Promise<void> | undefined {
    const flows = this.#services.hub.subscribe(this.channel, this.#member);
    if (flows !== undefined) return flows.then(() => this.#begun());
    this.#begun();
    return undefined;
  }

  #begun(): void {
    // Its session may have ended meanwhile.
    if (this.#ended) return;
    if (!Number.isFinite(this.#completeSince)) this.#services.log?.subscribed(this.#subscriber, this.channel);
    this.#completeSince = performance.now();
  }

  /**
   * Gives the client a live view, which starts with its full content or with what the client has missed. Resolves when that
   * has begun.
   *
   * @throws CommandError `live_too_big`
   * @throws SourceError if the state cannot be read
   */
  async goLive({ clientRef = null, since = null }: SubscribeOptions): Promise<void> {
    const channel = await this.#services.live.open(this.channel, this.#subscriber);
    if (this.#ended) return;
    if (this.#live !== null) {
      this.#live.sendAll('subscribed', clientRef);
      return;
    }
    this.#services.hub.unsubscribe(this.channel, this.#member);
    this.#live = channel.show(this.#subscriber, (reason) => this.#liveEnded(reason));
    this.#begun();
    if (since === null) this.#live.sendAll('subscribed', clientRef);
    else this.#live.sendMissed(() => this.#missedSince(since, channel, clientRef), clientRef);
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
   * Holds back the channel's messages, sends what the client lacks, then sends the held messages. One call at a time.
   *
   * @throws SourceError if the state cannot be read
   */
  async bringUpToDate(options: SubscribeOptions, reason: SnapshotReason = 'subscribed'): Promise<void> {
    // A live view is always up to date.
    if (this.#ended || this.#live !== null) return;
    const { snapshot = false, since = null, clientRef = null } = options;
    const buffer = this.#holdBack();
    const wantedBefore = this.snapshot;
    // Set before the read: the state lacks entries that are lost meanwhile, so the client then needs another one.
    this.snapshot ||= snapshot;
    try {
      const recovered = since !== null && (await this.#recover(buffer, since, clientRef));
      if (snapshot && !recovered) await this.#sendSnapshot(reason, clientRef);
    } catch (error) {
      this.snapshot = wantedBefore;
      throw error;
    } finally {
      this.#release(buffer);
    }
    await this.#subscriber.outbox.drained();
  }

  /** Sends a status envelope about the channel. */
  sendStatus(
    status: SnapshotBeginStatus | SnapshotEndStatus | RecoveryStatus | GapStatus | LiveEndedStatus,
    clientRef: string | null = null,
  ): void {
    this.#subscriber.sendEnvelope(statusMessage(status, clientRef));
  }

  /** Entries of the stream were lost. */
  lost(reason: StreamLoss): void {
    this.#lostAt = performance.now();
    // The stream was created again, perhaps with the same ids.
    if (reason === 'unknown_id' && this.#member instanceof LiveBuffer) this.#member.leaveOutUpTo(null);
  }

  /** The live view has ended: the client continues with messages, and with the state after gaps. */
  #liveEnded(reason: LiveEndReason): void {
    this.#live = null;
    this.#member = this.#subscriber;
    this.snapshot = true;
    // A walk or a repair may have been cut short.
    this.#lostAt = performance.now();
    this.sendStatus({ status: 'live_ended', channel: this.channel, reason });
    this.#services.hub.subscribe(this.channel, this.#member)?.catch(() => {
      this.sendStatus({ status: 'gap', channels: [this.channel] });
    });
    this.#reportLiveEnded(this);
  }

  /** What the entries of a stream after an id have changed; null if that is not known, and a status then tells the client why. */
  async #missedSince(since: string, live: LiveChannel, clientRef: string | null): Promise<Remainder | null> {
    const { channel } = this;
    const missed = await missedSince(since, live, this.#services, this.#subscriber);
    const isKnown = typeof missed !== 'string';
    this.#services.metrics.state.recovered(isKnown ? 'recovered' : missed);
    if (isKnown) return missed;
    if (!this.#ended)
      this.sendStatus({ status: 'recovery', channel, recovered: false, reason: missed }, clientRef);
    return null;
  }

  /** Sends the entries of a stream after an id, and the outcome. Returns whether all of them were available. */
  async #recover(buffer: LiveBuffer, since: string, clientRef: string | null): Promise<boolean> {
    const { channel } = this;
    const services = this.#services;
    const subscriber = this.#subscriber;
    const outcome = await services.recoveries.read(channel, since, performance.now(), subscriber);
    if (outcome.recovered) {
      const { entries, first, id } = outcome;
      buffer.leaveOutUpTo(id);
      const count = await subscriber.sendSnapshot(entries, () => this.#ended, first);
      if (this.#ended) return false;
      this.sendStatus({ status: 'recovery', channel, recovered: true, count, id }, clientRef);
    } else {
      if (this.#ended) return false;
      this.sendStatus({ status: 'recovery', channel, recovered: false, reason: outcome.reason }, clientRef);
    }
    services.metrics.state.recovered(outcome.recovered ? 'recovered' : outcome.reason);
    return outcome.recovered;
  }

  async #sendSnapshot(reason: SnapshotReason, clientRef: string | null): Promise<void> {
    const { channel } = this;
    const { snapshots, source, metrics } = this.#services;
    // The state must not be older than the last message that the client received before later ones were held back.
    const heldSince = performance.now();
    const id = source.streams.position(channel);
    const snapshot = await snapshots.readState(channel, heldSince, this.#subscriber);
    if (this.#ended) {
      snapshot.release();
      return;
    }
    this.sendStatus({ status: 'snapshot_begin', channel, reason }, clientRef);
    const count = await this.#subscriber.sendSnapshot(snapshot, () => this.#ended);
    if (this.#ended) return;
    const end: SnapshotEndStatus = { status: 'snapshot_end', channel, count };
    this.sendStatus(id === null ? end : { ...end, id }, clientRef);
    this.#completeSince = heldSince;
    metrics.state.snapshotSent(reason);
  }

  #newBuffer(): LiveBuffer {
    // Not during a delivery: the session would receive the same message again.
    const unneeded = (): void => queueMicrotask(() => this.#replaceBuffer());
    const buffer = new LiveBuffer(this.#subscriber, this.#services.limits, unneeded);
    buffer.begin();
    return buffer;
  }

  #holdBack(): LiveBuffer {
    if (this.#member instanceof LiveBuffer) {
      this.#member.begin();
      return this.#member;
    }
    const buffer = this.#newBuffer();
    this.#exchange(buffer);
    return buffer;
  }

  #release(buffer: LiveBuffer): void {
    if (this.#ended) {
      buffer.forget();
      return;
    }
    buffer.release();
    this.#replaceBuffer();
  }

  /** Replaces a buffer that is no longer needed with the session. */
  #replaceBuffer(): void {
    if (!this.#ended && this.#member instanceof LiveBuffer && this.#member.isUnneeded)
      this.#exchange(this.#subscriber);
  }

  /** Must run between two messages, so that each message reaches exactly one of the two members. */
  #exchange(member: Member): void {
    this.#services.hub.exchange(this.channel, this.#member, member);
    this.#member = member;
  }
}
