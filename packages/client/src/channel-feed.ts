import type {
  Envelope,
  LiveEndReason,
  RecoveryStatus,
  SnapshotEndStatus,
  ViewStatus,
} from '@viaduct/protocol';
import { ChannelWire, earlier, type LiveSupport, type SendCommand, type WireOwner } from './channel-wire.js';
import type { ConnectionError, ViaductError } from './errors.js';
import { FeedEntry } from './feed-entry.js';
import type { ChannelStatus } from './gateway-status.js';
import type { Subscription } from './subscription.js';
import type { SubscribeOptions } from './subscription-events.js';
import { hint } from './warnings.js';

/** One channel of the session, for all subscriptions to it in this client. */
export class ChannelFeed implements WireOwner {
  readonly channel: string;
  readonly #wire: ChannelWire;
  readonly #entries = new Map<Subscription, FeedEntry>();
  #snapshotting = false;
  /** Whether the view has changed since the state was last complete: arriving features may be old ones. */
  #viewing = false;
  /** Whether the view has changed since the last SUB. */
  #otherView = false;
  /** Whether something has ever arrived, so that the box and the channel were right. */
  #isProven = false;
  /** What has arrived since the last SUB. */
  #arrived = { snapshot: false, recovered: false };

  constructor(channel: string, send: SendCommand, live: LiveSupport) {
    this.channel = channel;
    this.#wire = new ChannelWire(channel, send, live, this);
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Subscriptions that want the state of the channel. */
  get #withState(): FeedEntry[] {
    return [...this.#entries.values()].filter(({ wantsState }) => wantsState);
  }

  get wantsLive(): boolean {
    return [...this.#entries.values()].some(({ options }) => options.live);
  }

  /**
   * Adds a subscription.
   *
   * @param online whether there is a session
   * @param switching whether features are in a projection that is no longer wanted
   */
  add(subscription: Subscription, options: SubscribeOptions, online: boolean, switching: boolean): void {
    const entry = new FeedEntry(subscription, options);
    const { lastId: since, wantsState } = entry;
    const holder = this.#withState.find(({ held }) => held.isWhole);
    this.#entries.set(subscription, entry);
    if (!online) return;
    subscription.hasLiveView = wantsState && this.#wire.isLive;
    if (since !== null) this.#wire.ask({ state: wantsState, since });
    else if (wantsState && holder && this.#wire.isHeld && !switching) this.#share(entry, holder);
    else if (wantsState) this.#wire.askState();
    else if (this.#wire.confirmed) queueMicrotask(() => subscription.become('live'));
    else if (!this.#wire.isSending) this.#wire.ask({ state: false, since });
  }

  remove(subscription: Subscription): void {
    this.#entries.delete(subscription);
  }

  /** A new session has its view: requests everything again. */
  opened(): void {
    const state = this.#withState.length > 0;
    const { wantsLive } = this;
    const goOn = [...this.#entries.values()].filter((entry) => !(wantsLive && entry.wantsState));
    const since = goOn.map(({ lastId }) => lastId).reduce(earlier, null);
    // The continuation of a stream does not contain features that the new view shows.
    this.#wire.ask({ state, since: state && this.#otherView ? null : since });
  }

  /** The view will change: a snapshot in an older one is not enough. */
  viewWanted(): void {
    this.#otherView = true;
    this.#viewing = true;
  }

  /** The view has changed: requests snapshots again. The gateway keeps live views up to date. */
  viewChanged(): void {
    if (!this.#wire.isLive) this.viewMissed();
  }

  /** Requests the state again, after features were dropped for a view that never applied. */
  viewMissed(): void {
    if (this.#withState.length > 0 && (this.#wire.confirmed || this.#wire.isSending))
      this.#wire.ask({ state: true, since: null });
  }

  /** The session has ended, or all of them have. */
  lost(error: ConnectionError, final: boolean): void {
    this.#wire.lost();
    this.#snapshotting = false;
    this.#reportLiveView();
    for (const { subscription } of this.#entries.values()) {
      if (final) subscription.become('ended', { error });
      else if (subscription.state !== 'offline') subscription.become('offline', { error });
    }
    if (final) this.#entries.clear();
  }

  /** The gateway has ended the subscription. */
  end(error: ViaductError): void {
    this.flush();
    for (const subscription of this.#entries.keys()) subscription.become('ended', { error });
    this.#entries.clear();
  }

  /** Collects a message of the channel; {@link flush} delivers it. */
  take(message: Envelope): void {
    this.#isProven = true;
    const isState = this.#snapshotting || (this.#viewing && this.#wire.isLive);
    for (const entry of this.#entries.values()) {
      if (!this.#snapshotting || entry.wantsState) entry.take(message, isState);
    }
  }

  /**
   * Handles a status about the channel.
   *
   * @param isCurrent whether the wanted view applies
   */
  takeStatus(status: ChannelStatus, timestamp: number, isCurrent: boolean): void {
    this.flush();
    if (status.status === 'snapshot_begin') this.#beginSnapshot();
    else if (status.status === 'snapshot_end') this.#endSnapshot(status);
    else if (status.status === 'view') this.#mark(status, timestamp);
    else if (status.status === 'live_ended') this.#liveEnded(status.reason);
    else this.#recovery(status);
    if (status.status !== 'snapshot_end' && status.status !== 'view') return;
    if (isCurrent && !this.#wire.expectsState && !this.#snapshotting) this.#complete();
  }

  /** Messages were lost between Redis and the gateway. */
  gap(): void {
    this.flush();
    for (const { subscription, wantsState } of this.#entries.values()) {
      if (!wantsState && subscription.state === 'live') subscription.become('live', { gap: true });
    }
  }

  /** Delivers everything since the last call as one batch. */
  flush(): void {
    for (const entry of this.#entries.values()) entry.flush();
  }

  asking(): void {
    this.#arrived = { snapshot: false, recovered: false };
    this.#otherView = false;
    this.#reportLiveView();
  }

  subscribed(): void {
    const { snapshot, recovered } = this.#arrived;
    for (const entry of this.#entries.values()) {
      const { subscription, wantsState, expects } = entry;
      if (subscription.state === 'live' || subscription.state === 'snapshot') continue;
      // The confirmation of a live view comes before its features. A subscription that was added meanwhile waits for
      // its own state.
      if (wantsState && ((this.#wire.isLive && !snapshot) || this.#wire.willAskState)) continue;
      const made = recovered || (snapshot && wantsState);
      entry.becomeLive({ gap: expects && !made, recovered });
    }
  }

  delayed(error: unknown): void {
    for (const { subscription } of this.#entries.values())
      if (subscription.state === 'pending') subscription.delayed(error);
  }

  /** Ends what the gateway refuses: subscriptions that wait for it, or whose state cannot be read. */
  refused(error: ViaductError | ConnectionError): void {
    for (const [subscription, { wantsState }] of this.#entries) {
      if (this.#wire.confirmed && subscription.state === 'live' && !wantsState) continue;
      this.#entries.delete(subscription);
      subscription.become('ended', { error });
    }
  }

  /** Gives a new subscription the live view as another one holds it. */
  #share(entry: FeedEntry, holder: FeedEntry): void {
    entry.takeOver(holder);
    // Not at once: the program does not have the subscription yet.
    queueMicrotask(() => {
      if (this.#snapshotting || entry.subscription.state !== 'pending') return;
      this.#endState([entry]);
      if (!this.#viewing) this.#completeEntries([entry]);
    });
  }

  #reportLiveView(): void {
    for (const { subscription, wantsState } of this.#entries.values())
      subscription.hasLiveView = wantsState && this.#wire.isLive;
  }

  #beginSnapshot(): void {
    this.#snapshotting = true;
    this.#wire.stateBegins();
    for (const entry of this.#withState) entry.beginSnapshot();
  }

  #endSnapshot({ id, count, outside }: SnapshotEndStatus): void {
    // It is that of an earlier subscription, which has ended: the snapshot of this one has not begun.
    if (!this.#snapshotting) return;
    if (!this.#isProven && count === 0 && outside !== undefined)
      hint(
        outside > 0
          ? `no feature of "${this.channel}" is in the box, and some are outside; does longitude come first, in both?`
          : `"${this.channel}" is empty; does its producer HSET each feature, in the gateway's Redis?`,
      );
    this.#snapshotting = false;
    this.#arrived.snapshot = true;
    this.#endState(this.#withState, id);
  }

  #endState(entries: readonly FeedEntry[], id?: string): void {
    for (const entry of entries) entry.endSnapshot(id);
    this.flush();
    for (const entry of entries) entry.becomeLive({ gap: false, recovered: false });
  }

  #mark({ left, reason }: ViewStatus, timestamp: number): void {
    for (const entry of this.#entries.values()) entry.left(left, 'leave', timestamp);
    // After a gap in a live channel, the gateway sends only this mark.
    if (reason === 'gap') this.gap();
    else this.flush();
  }

  /** The state in the wanted view has arrived. */
  #complete(): void {
    this.#viewing = false;
    this.#completeEntries(this.#withState);
  }

  #completeEntries(entries: readonly FeedEntry[]): void {
    for (const entry of entries) entry.complete();
    this.flush();
  }

  #liveEnded(reason: LiveEndReason): void {
    const wasBusy = this.#snapshotting || this.#viewing;
    this.#snapshotting = false;
    this.#wire.liveEnded();
    this.#reportLiveView();
    // The rest of the view will not arrive.
    if (wasBusy) this.viewMissed();
    for (const entry of this.#entries.values()) {
      if (entry.subscription.state !== 'live' || (wasBusy && entry.wantsState)) continue;
      entry.becomeLive({ gap: reason === 'unavailable', recovered: false });
    }
  }

  #recovery(status: RecoveryStatus): void {
    const { recovered } = status;
    this.#arrived.recovered = recovered;
    for (const entry of this.#entries.values()) {
      // If it is a different stream, its ids are unrelated to the known ones.
      entry.lastId = recovered ? status.id : null;
      // The answer to a SUB applies with its confirmation, a report after a gap at once.
      if (!this.#wire.isSending && !entry.wantsState) entry.becomeLive({ gap: !recovered, recovered });
    }
  }
}
