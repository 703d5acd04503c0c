import { CommandError, MAX_GAP_CHANNELS } from '@viaduct/protocol';
import { endedStatus } from '../auth/session-access.js';
import type { SubscribeOptions } from '../commands/context.js';
import { viewKey } from '../delivery/member.js';
import { statusMessage } from '../delivery/messages.js';
import { SourceError } from '../sources/source.js';
import type { StreamLoss } from '../sources/streams.js';
import type { GapSubscriptions } from '../state/gaps.js';
import { checkHasData, checkRoomFor } from './channel-checks.js';
import type { SessionServices } from './services.js';
import { type Subscriber, Subscription } from './subscription.js';

/** Attempts to read the state after a gap, and the delay before the second one in ms; later delays double. */
const REFRESH_ATTEMPTS = 4;
const REFRESH_RETRY_MS = 1_000;

/** The subscriptions of one session. */
export class Subscriptions implements GapSubscriptions {
  readonly #services: SessionServices;
  readonly #subscriber: Subscriber;
  readonly #byChannel = new Map<string, Subscription>();
  /** Settles when all requested snapshots and recoveries are done; they run one at a time. Undefined if there was none. */
  #turn: Promise<unknown> | undefined;
  #closed = false;
  /** The view in which it has entered all its channels; null before the first one. */
  #view: string | null = null;

  constructor(services: SessionServices, subscriber: Subscriber) {
    this.#services = services;
    this.#subscriber = subscriber;
  }

  get size(): number {
    return this.#byChannel.size;
  }

  has(channel: string): boolean {
    return this.#byChannel.has(channel);
  }

  keys(): IterableIterator<string> {
    return this.#byChannel.keys();
  }

  /**
   * Time since which the session receives a channel's messages, in ms on the clock of `performance.now()`; 0 if it is not
   * subscribed.
   */
  completeSince(channel: string): number {
    return this.#byChannel.get(channel)?.completeSince ?? 0;
  }

  /**
   * Resolves when the session receives the channel's messages and the requested state is on its way; undefined if that is
   * now. Throws these errors, or rejects with them:
   *
   * @throws CommandError `too_many_subscriptions`, `too_many_channels`, `too_many_views` or `not_allowed`
   * @throws SourceError if the source refuses; a new subscription then does not exist
   */
  subscribe(channel: string, options: SubscribeOptions = {}): Promise<void> | undefined {
    const { snapshot = false, since = null, live = false } = options;
    checkHasData(channel, this.#services.source);
    if (live) return this.#inTurn(() => this.#subscribeLive(channel, options));
    if (snapshot || since !== null) return this.#inTurn(() => this.#subscribeWithState(channel, options));
    return this.#closed || this.has(channel) ? undefined : this.#begin(this.#add(channel, false));
  }

  unsubscribe(channel: string): void {
    const subscription = this.#byChannel.get(channel);
    if (subscription !== undefined) this.#end(subscription);
  }

  /**
   * Enters another view in all channels, before the session's projection changes.
   *
   * @throws CommandError `too_many_views`; the session is then in its old view everywhere
   */
  enterViews(view: string): void {
    const before = this.#view;
    if (before === null || before === view) return;
    const { channelViews } = this.#services;
    for (const channel of this.#byChannel.keys()) channelViews.check(channel, view, this.#address);
    for (const channel of this.#byChannel.keys()) {
      channelViews.leave(channel, before);
      channelViews.enter(channel, view, this.#address);
    }
    this.#view = view;
  }

  /** The session's view has changed. */
  moved(): void {
    for (const subscription of this.#byChannel.values()) subscription.moved();
  }

  /**
   * Brings the client up to date after a gap: sends the state of channels if the client wants it, and reports the gap
   * in the others.
   *
   * @param at when the gap ended, in ms on the clock of `performance.now()`
   */
  afterGap(at: number): void {
    const missed: string[] = [];
    for (const subscription of this.#byChannel.values()) {
      const { channel, snapshot, stale, completeSince, isStream, isLive } = subscription;
      // The live channel brings all its views up to date.
      if (isLive) continue;
      // A subscription that is not confirmed yet either starts after the gap or fails.
      if (!stale && (isStream || completeSince >= at)) continue;
      if (snapshot) this.#refresh(subscription, at);
      else missed.push(channel);
    }
    if (missed.length > 0) this.#reportGap(missed);
  }

  /** Tells the client that entries of a stream were lost; {@link afterLoss} then sends the state. */
  lost(stream: string, reason: StreamLoss): void {
    const subscription = this.#byChannel.get(stream);
    if (subscription === undefined || subscription.isLive) return;
    subscription.lost(reason);
    subscription.sendStatus({ status: 'recovery', channel: stream, recovered: false, reason });
  }

  /** Ends the subscription to a channel that the source denies, and tells the client. */
  denied(channel: string): void {
    const subscription = this.#byChannel.get(channel);
    if (subscription === undefined) return;
    this.#end(subscription);
    this.#services.metrics.errors.inc({ code: 'not_allowed' });
    this.#subscriber.sendEnvelope(
      statusMessage(endedStatus(channel, 'the data source denies it to the gateway'), null),
    );
  }

  /** Sends the state of a stream that has lost entries, if the client wants it. */
  afterLoss(stream: string): void {
    const subscription = this.#byChannel.get(stream);
    if (subscription?.stale === true) this.#refresh(subscription, Number.NEGATIVE_INFINITY);
  }

  /** Ends all subscriptions and accepts no new ones. */
  close(): void {
    this.#closed = true;
    for (const subscription of [...this.#byChannel.values()]) this.#end(subscription);
  }

  async #subscribeWithState(channel: string, options: SubscribeOptions): Promise<void> {
    const existing = this.#byChannel.get(channel);
    if (existing !== undefined) return existing.bringUpToDate(options);
    // A command may outlive its client, and must then leave nothing behind.
    if (this.#closed) return;
    const subscription = this.#add(channel, true);
    await this.#begin(subscription);
    try {
      await subscription.bringUpToDate(options);
    } catch (error) {
      this.#end(subscription);
      throw error;
    }
  }

  async #subscribeLive(channel: string, options: SubscribeOptions): Promise<void> {
    if (this.#closed) return;
    const existing = this.#byChannel.get(channel);
    const subscription = existing ?? this.#add(channel, false);
    try {
      await subscription.goLive(options);
    } catch (error) {
      if (existing === undefined) this.#end(subscription);
      throw error;
    }
  }

  /**
   * Resolves once the source has confirmed the subscription; undefined if it already has. If the source refuses, the
   * subscription ends.
   */
  #begin(subscription: Subscription): Promise<void> | undefined {
    const refused = (error: unknown): never => {
      this.#end(subscription);
      throw error;
    };
    try {
      return subscription.begin()?.catch(refused);
    } catch (error) {
      return refused(error);
    }
  }

  get #address(): string {
    return this.#subscriber.address ?? '';
  }

  /** @throws CommandError `too_many_subscriptions`, `too_many_channels` or `too_many_views` */
  #add(channel: string, holds: boolean): Subscription {
    const { hub, limits, metrics, channelViews } = this.#services;
    if (this.size >= limits.maxSubscriptions) {
      throw new CommandError(
        'too_many_subscriptions',
        `a session may have ${limits.maxSubscriptions} subscriptions; end one with DEL first`,
      );
    }
    checkRoomFor(channel, hub, limits.maxChannels);
    this.#subscriber.membership.checkSubscription();
    this.#view ??= viewKey(this.#subscriber.view, null);
    channelViews.enter(channel, this.#view, this.#address);
    const subscription = new Subscription(channel, this.#services, this.#subscriber, holds, (ended) =>
      this.#refresh(ended, Number.NEGATIVE_INFINITY),
    );
    this.#byChannel.set(channel, subscription);
    metrics.subscriptions++;
    this.#subscriber.membership.subscribed(1);
    return subscription;
  }

  #end(subscription: Subscription): void {
    if (subscription.ended) return;
    subscription.end();
    this.#byChannel.delete(subscription.channel);
    if (this.#view !== null) this.#services.channelViews.leave(subscription.channel, this.#view);
    if (this.size === 0) this.#view = null;
    this.#services.metrics.subscriptions--;
    this.#subscriber.membership.subscribed(-1);
    // A subscription that never began was not logged.
    if (Number.isFinite(subscription.completeSince))
      this.#services.log?.unsubscribed(this.#subscriber, subscription.channel);
  }

  #refresh(subscription: Subscription, at: number, attempt = 1): void {
    this.#subscriber.inOrder(async () => {
      // The client may have requested the state itself meanwhile.
      if (subscription.ended || (!subscription.stale && subscription.completeSince >= at)) return;
      try {
        await this.#inTurn(() => subscription.bringUpToDate({ snapshot: true }, 'gap'));
      } catch (error) {
        const again = error instanceof SourceError && error.code === 'source_unavailable';
        if (again && attempt < REFRESH_ATTEMPTS) {
          const delay = REFRESH_RETRY_MS * 2 ** (attempt - 1) * (1 + Math.random());
          setTimeout(() => this.#refresh(subscription, at, attempt + 1), delay).unref();
        } else {
          this.#reportGap([subscription.channel]);
        }
      }
    });
  }

  #reportGap(missed: readonly string[]): void {
    const channels = missed.slice(0, MAX_GAP_CHANNELS);
    this.#subscriber.sendEnvelope(statusMessage({ status: 'gap', channels }, null));
    this.#services.metrics.state.gapReported();
  }

  async #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = (this.#turn ?? Promise.resolve()).then(action);
    this.#turn = turn.catch(() => {});
    await turn;
  }
}
