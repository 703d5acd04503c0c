import { GeoMessage } from '@viaduct/geo-worker';
import type { Source } from '../sources/source.js';
import type { Audience, Delivery } from './audience.js';
import { Channel, type ChannelTraffic } from './channel.js';
import type { KeyFinder } from './conflation-key.js';
import type { SessionName } from './connection.js';
import type { Arrival, BigMessageHandler, LiveTap } from './hub-interfaces.js';
import type { Member } from './member.js';
import type { Traffic } from './traffic.js';

/** Which sessions could not be served: an audience, or one session of it. */
export type FailureDetails = { readonly audience: string } | SessionName;

/** What the hub reports; every call is cheap. */
export interface HubObserver {
  /** A message arrived. `delivered` of `members` sessions received it; `failed` ones could not be served. */
  delivered(channel: string, delivered: number, members: number, failed: number): void;
  /** A message was not JSON and was dropped. */
  invalid(channel: string, error: unknown): void;
  /** An audience could not be served: a defect of the gateway or of a custom filter. */
  failed(channel: string, error: unknown, details?: FailureDetails): void;
  /** Features without a place in an audience's CRS were sent without geometry. */
  unlocated(count: number): void;
  /** A message is not GeoJSON, so it was not sent to the sessions of an audience that have an area. */
  withheld(channel: string): void;
}

/**
 * Delivers the messages of channels. It encodes each message once for each audience and gives it to the sessions of
 * that audience. The source is subscribed to a channel only while a session is.
 */
export class Hub {
  readonly #source: Pick<Source, 'subscribe' | 'unsubscribe'>;
  readonly #observer: HubObserver;
  readonly #unsubscribeDelayMs: number;
  readonly #bigMessages: BigMessageHandler | null;
  readonly #keyOf: KeyFinder;
  readonly #channels = new Map<string, Channel>();

  /**
   * @param unsubscribeDelayMs how long the upstream subscription outlives the last session, in ms
   * @param bigMessages moves big messages off the main thread; null if the main thread does everything
   * @param keyOf finds the key by which newer messages replace older ones for slow clients
   */
  constructor(
    source: Pick<Source, 'subscribe' | 'unsubscribe'>,
    observer: HubObserver,
    unsubscribeDelayMs: number,
    bigMessages: BigMessageHandler | null,
    keyOf: KeyFinder,
  ) {
    this.#source = source;
    this.#observer = observer;
    this.#unsubscribeDelayMs = unsubscribeDelayMs;
    this.#bigMessages = bigMessages;
    this.#keyOf = keyOf;
  }

  /** Channels that have a subscriber, or had one a moment ago. */
  get channelCount(): number {
    return this.#channels.size;
  }

  has(channel: string): boolean {
    return this.#channels.has(channel);
  }

  /** Audiences of all channels together. */
  get audienceCount(): number {
    let count = 0;
    for (const { byKey, live } of this.#channels.values()) count += byKey.size + (live?.byKey.size ?? 0);
    return count;
  }

  /** Every channel that has a subscriber, with its audiences. */
  *audiences(): Generator<[channel: string, audiences: Iterable<Audience>]> {
    for (const { name, audiences } of this.#channels.values()) {
      if (audiences.length > 0) yield [name, audiences];
    }
  }

  /** Every channel that is subscribed, with its traffic. */
  traffic(): Iterable<ChannelTraffic> {
    return this.#channels.values();
  }

  trafficOf(name: string): Traffic | undefined {
    return this.#channels.get(name)?.traffic;
  }

  /** Number of subscribers of a channel; 0 if there is no such channel. */
  subscribersOf(name: string): number {
    return this.#channels.get(name)?.subscribers ?? 0;
  }

  /**
   * Estimates how many sessions would receive a message if it were published now: for a point, those whose view contains it;
   * for anything else, all subscribers, because projecting a long geometry for every box is work for the worker threads.
   */
  receiversOf(name: string, content: GeoMessage): number {
    if (content.point === null) return this.subscribersOf(name);
    let count = 0;
    for (const audience of this.#channels.get(name)?.audiences ?? []) {
      audience.match(
        content,
        () => content,
        () => {
          count++;
        },
      );
    }
    return count;
  }

  /**
   * Subscribes a session, and the source if the session is the channel's first. Resolves once the source has confirmed the
   * subscription; undefined if it already has, as for almost every session. Does nothing if the session is already
   * subscribed.
   *
   * The promise is rejected with a SourceError if the source refuses; the session is then not subscribed.
   */
  subscribe(name: string, member: Member): Promise<void> | undefined {
    const channel = this.#channel(name);
    clearTimeout(channel.unsubscribeTimer);
    channel.place(member);
    return this.#upstream(channel)?.catch((error: unknown) => {
      this.unsubscribe(name, member);
      throw error;
    });
  }

  unsubscribe(name: string, member: Member): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    channel.remove(member);
    this.#release(channel);
  }

  /**
   * Also gives a channel's messages to the live view of its state. Resolves once the source has confirmed the subscription.
   *
   * @throws SourceError if the source refuses
   */
  async follow(name: string, live: LiveTap): Promise<void> {
    const channel = this.#channel(name);
    clearTimeout(channel.unsubscribeTimer);
    channel.live = live;
    try {
      await this.#upstream(channel);
    } catch (error) {
      this.unfollow(name);
      throw error;
    }
  }

  unfollow(name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    channel.live = null;
    this.#release(channel);
  }

  /**
   * Keeps the source subscribed to a channel for its traffic alone. Does nothing if it is.
   *
   * @throws SourceError if the source refuses; the next call tries again
   */
  async watch(name: string): Promise<void> {
    const channel = this.#channel(name);
    channel.watched = true;
    await this.#upstream(channel);
  }

  #release(channel: Channel): void {
    if (channel.wanted) return;
    clearTimeout(channel.unsubscribeTimer);
    // A client that reloads its page returns at once: the delay saves the source two commands.
    channel.unsubscribeTimer = setTimeout(() => void this.#upstream(channel), this.#unsubscribeDelayMs);
  }

  /** The source has ended its subscription to the channel: the next session subscribes it again. */
  denied(name: string): void {
    const channel = this.#channels.get(name);
    if (channel !== undefined) channel.upstream = false;
  }

  /** Moves the session to the audience of its changed view. */
  moved(name: string, member: Member): void {
    const channel = this.#channels.get(name);
    if (channel?.members.has(member) === true) channel.place(member);
  }

  /** Replaces one member of a channel with another: the next message goes to `to`. */
  exchange(name: string, from: Member, to: Member): void {
    const channel = this.#channels.get(name);
    if (channel?.members.has(from) !== true) return;
    channel.place(to);
    channel.remove(from);
    channel.successors.set(from, to);
    channel.successors.delete(to);
  }

  /**
   * Delivers one message from the source to all sessions whose view it passes. Never throws.
   *
   * @param id of the entry, if the channel is a stream
   */
  deliver(name: string, text: string, id: string | null = null): void {
    const channel = this.#channels.get(name);
    if (channel?.wanted !== true) return;
    const arrival: Arrival = { text, id, timestamp: Date.now(), arrivedAt: performance.now() };
    channel.traffic.add(Buffer.byteLength(text), arrival.arrivedAt);
    if (!channel.served) return;
    if (this.#bigMessages?.take(channel, arrival, this.#deliverNow) === true) return;
    this.#deliverNow(channel, arrival);
  }

  readonly #deliverNow = (channel: Channel, arrival: Arrival): void => {
    const { text, id, timestamp, arrivedAt } = arrival;
    const { name } = channel;
    const content = this.#parse(name, text);
    if (content === undefined) return;
    let failed = 0;
    const delivery: Delivery = {
      channel: name,
      content,
      id,
      timestamp,
      arrivedAt,
      key: this.#keyOf(name, content),
      delivered: 0,
      failed: (error, member) => {
        failed++;
        this.#observer.failed(name, error, member.name);
      },
    };
    // Counted before delivery, because a session that overflows may leave during it.
    const members = channel.members.size;
    for (const [key, audience] of channel.byKey) {
      const before = delivery.delivered + failed;
      try {
        const count = audience.deliver(delivery);
        const unlocated = count === 0 ? 0 : audience.unlocated(content);
        if (unlocated > 0) this.#observer.unlocated(unlocated);
        if (count === 0 && audience.withholds(content)) this.#observer.withheld(name);
      } catch (error) {
        failed += Math.max(0, audience.size - (delivery.delivered + failed - before));
        this.#observer.failed(name, error, { audience: key });
      }
    }
    channel.live?.take(content, arrival);
    this.#observer.delivered(name, delivery.delivered, members, failed);
  };

  /** Forgets all channels and stops the timers of delayed unsubscribes. */
  close(): void {
    for (const channel of this.#channels.values()) clearTimeout(channel.unsubscribeTimer);
    this.#channels.clear();
  }

  #parse(channel: string, text: string): GeoMessage | undefined {
    try {
      return GeoMessage.parse(text);
    } catch (error) {
      this.#observer.invalid(channel, error);
      return undefined;
    }
  }

  #channel(name: string): Channel {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = new Channel(name);
      this.#channels.set(name, channel);
    }
    return channel;
  }

  /**
   * Subscribes or unsubscribes the source if necessary, one call at a time for each channel. Resolves when that is
   * done; undefined if there is nothing to do.
   */
  #upstream(channel: Channel): Promise<void> | undefined {
    if (channel.lock === null && channel.wanted && channel.upstream) return undefined;
    const run = (channel.lock ?? Promise.resolve()).then(async () => {
      const { wanted } = channel;
      if (wanted === channel.upstream) return;
      if (wanted) await this.#source.subscribe(channel.name);
      else await this.#source.unsubscribe(channel.name);
      channel.upstream = wanted;
    });
    const ended = (): void => {
      if (channel.lock === lock) channel.lock = null;
      this.#forget(channel);
    };
    const lock = run.then(ended, ended);
    channel.lock = lock;
    return run;
  }

  #forget(channel: Channel): void {
    if (!channel.wanted && !channel.upstream && this.#channels.get(channel.name) === channel) {
      this.#channels.delete(channel.name);
    }
  }
}
