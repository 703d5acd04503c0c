import { type Envelope, type ErrorStatus, MAX_GAP_CHANNELS } from '@viaduct/protocol';
import { ChannelFeed } from './channel-feed.js';
import type { LiveSupport, SendCommand } from './channel-wire.js';
import { ConnectionError, ViaductError } from './errors.js';
import { featuresIn } from './features.js';
import { type GatewayStatus, statusOf } from './gateway-status.js';
import { type Patience, Subscription } from './subscription.js';
import type { SubscribeOptions } from './subscription-events.js';
import type { ViewKeeper } from './view.js';

/** All subscriptions of a client, by channel. */
export class Channels {
  readonly #send: SendCommand;
  readonly #feeds = new Map<string, ChannelFeed>();
  /** Whether there is a session with its view, so that subscriptions can be requested. */
  #online = false;
  readonly #live: LiveSupport = { isKnown: true };

  readonly #patience: Patience;

  constructor(send: SendCommand, patience: Patience) {
    this.#send = send;
    this.#patience = patience;
  }

  /** Whether there is no subscription. */
  get isEmpty(): boolean {
    return this.#feeds.size === 0;
  }

  /** @param switching whether features are in a projection that is no longer wanted */
  subscribe(channel: string, options: SubscribeOptions, switching: boolean): Subscription {
    const subscription = new Subscription(channel, options, {
      leave: (left) => this.#leave(left),
      ...this.#patience,
    });
    let feed = this.#feeds.get(channel);
    if (feed === undefined) {
      feed = new ChannelFeed(channel, this.#send, this.#live);
      this.#feeds.set(channel, feed);
    }
    feed.add(subscription, options, this.#online, switching);
    subscription.begin();
    return subscription;
  }

  opened(): void {
    this.#online = true;
    // Another gateway may be a newer one.
    this.#live.isKnown = true;
    for (const feed of this.#feeds.values()) feed.opened();
  }

  /** The view will change: what is known belongs to the old one. */
  viewWanted(): void {
    for (const feed of this.#feeds.values()) feed.viewWanted();
  }

  /** The view has changed. */
  viewChanged(): void {
    if (!this.#online) return;
    for (const feed of this.#feeds.values()) feed.viewChanged();
  }

  /** Features were dropped for a view that never came into force, or ignored because of it. */
  viewMissed(): void {
    if (!this.#online) return;
    for (const feed of this.#feeds.values()) feed.viewMissed();
  }

  lost(error: ConnectionError, final: boolean): void {
    this.#online = false;
    for (const feed of this.#feeds.values()) feed.lost(error, final);
    if (final) this.#feeds.clear();
  }

  /**
   * Delivers a batch of envelopes to each subscription as one batch. Features that may be in a projection that is no
   * longer wanted are ignored.
   */
  receive(messages: readonly Envelope[], view: Pick<ViewKeeper, 'inForce' | 'switching'>): void {
    const touched = new Set<ChannelFeed>();
    for (const message of messages) {
      const status = statusOf(message);
      if (status !== null) {
        this.#status(status, message.timestamp, view.inForce);
        continue;
      }
      if (view.switching && featuresIn(message.content) !== null) continue;
      const feed = this.#feeds.get(message.source);
      if (feed === undefined) continue;
      feed.take(message);
      touched.add(feed);
    }
    for (const feed of touched) feed.flush();
  }

  #status(status: GatewayStatus, timestamp: number, inForce: boolean): void {
    if (status.status === 'gap') this.#gap(status.channels);
    else if (status.status === 'error') this.#ended(status);
    else if (status.status !== 'notice')
      this.#feeds.get(status.channel)?.takeStatus(status, timestamp, inForce);
  }

  #gap(channels: readonly string[]): void {
    const all = channels.length >= MAX_GAP_CHANNELS;
    for (const [channel, feed] of this.#feeds) if (all || channels.includes(channel)) feed.gap();
  }

  /** The subscription to the channel that an error names has ended; errors of commands name none. */
  #ended({ code, message, command, channel = '' }: ErrorStatus): void {
    this.#feeds.get(channel)?.end(new ViaductError(code, message, command));
    this.#feeds.delete(channel);
  }

  async #leave(subscription: Subscription): Promise<void> {
    const { channel } = subscription;
    const feed = this.#feeds.get(channel);
    if (feed === undefined) return;
    feed.remove(subscription);
    if (!feed.isEmpty) return;
    this.#feeds.delete(channel);
    try {
      if (this.#online) await this.#send('del', { channel });
    } catch (error) {
      // A session that has ended has no subscriptions.
      if (!(error instanceof ConnectionError)) throw error;
    }
  }
}
