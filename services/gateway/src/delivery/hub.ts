import { GeoMessage } from '@viaduct/geo-worker';
import type { Source } from '../sources/source.js';
import type { Audience, Delivery } from './audience.js';
import { AudienceSet } from './audience-set.js';
import { featureKeys, type KeyFinder } from './conflation-key.js';
import type { SessionName } from './connection.js';
import type { Arrival, Detour, HubChannel, LiveTap } from './detour.js';
import type { Member } from './member.js';

/** Which sessions could not be served: an audience, or one session of it. */
export type FailureDetails = { readonly audience: string } | SessionName;

/** What the hub reports; every call is cheap. */
export interface HubObserver {
  /** A message came in and was given to `delivered` of `members` sessions; `failed` ones could not be served. */
  delivered(channel: string, delivered: number, members: number, failed: number): void;
  /** A message was no JSON and was dropped. */
  invalid(channel: string, error: unknown): void;
  /** An audience could not be served with a message: a defect, of the gateway or of a custom filter. */
  failed(channel: string, error: unknown, details?: FailureDetails): void;
  /** Features that have no place in an audience's CRS, and were sent without geometry. */
  unlocated(count: number): void;
}

/** One channel with local subscribers, and its subscription upstream. */
class Channel extends AudienceSet implements HubChannel {
  live: LiveTap | null = null;
  /** True while the source is subscribed, as far as was confirmed. */
  upstream = false;
  /** Ends of upstream calls follow one another on this chain. */
  lock: Promise<void> = Promise.resolve();
  unsubscribeTimer: NodeJS.Timeout | undefined;

  constructor(readonly name: string) {
    super();
  }

  /** Whether anybody listens. */
  get wanted(): boolean {
    return this.members.size > 0 || this.live !== null;
  }
}

/**
 * Channel to audiences: one message from the source in, encoded once for each audience, out to its sessions.
 * The source is subscribed to a channel only while a session is.
 */
export class Hub {
  readonly #source: Pick<Source, 'subscribe' | 'unsubscribe'>;
  readonly #observer: HubObserver;
  readonly #unsubscribeDelayMs: number;
  readonly #detour: Detour | null;
  readonly #keyOf: KeyFinder;
  readonly #channels = new Map<string, Channel>();

  /**
   * @param unsubscribeDelayMs how long the upstream subscription outlives the last session, in ms
   * @param detour takes big messages off the main thread; null if that does all
   * @param keyOf which messages make older ones needless for clients that read slowly
   */
  constructor(
    source: Pick<Source, 'subscribe' | 'unsubscribe'>,
    observer: HubObserver,
    unsubscribeDelayMs: number,
    detour: Detour | null = null,
    keyOf: KeyFinder = featureKeys(''),
  ) {
    this.#source = source;
    this.#observer = observer;
    this.#unsubscribeDelayMs = unsubscribeDelayMs;
    this.#detour = detour;
    this.#keyOf = keyOf;
  }

  /** Channels that have a subscriber, or had one a moment ago. */
  get channelCount(): number {
    return this.#channels.size;
  }

  /** Audiences of all channels together. */
  get audienceCount(): number {
    let count = 0;
    for (const { byKey, live } of this.#channels.values()) count += byKey.size + (live?.byKey.size ?? 0);
    return count;
  }

  /** Every channel that has a subscriber, with its audiences. */
  *audiences(): Generator<[channel: string, audiences: Iterable<Audience>]> {
    for (const { name, byKey, live } of this.#channels.values()) {
      const audiences = [...byKey.values(), ...(live?.byKey.values() ?? [])];
      if (audiences.length > 0) yield [name, audiences];
    }
  }

  /**
   * Subscribes a session, and the source where it is the channel's first. Resolves when messages flow; a session that
   * is subscribed already stays so.
   *
   * @throws SourceError where the source refuses; the session is then not subscribed
   */
  async subscribe(name: string, member: Member): Promise<void> {
    const channel = this.#channel(name);
    clearTimeout(channel.unsubscribeTimer);
    channel.place(member);
    try {
      await this.#upstream(channel);
    } catch (error) {
      this.unsubscribe(name, member);
      throw error;
    }
  }

  unsubscribe(name: string, member: Member): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    channel.remove(member);
    this.#release(channel);
  }

  /**
   * Shows a channel's messages to what follows its state, too. Resolves when messages flow.
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

  #release(channel: Channel): void {
    if (channel.wanted) return;
    clearTimeout(channel.unsubscribeTimer);
    // Clients that reload a page are back at once: waiting spares the source two commands.
    channel.unsubscribeTimer = setTimeout(() => void this.#upstream(channel), this.#unsubscribeDelayMs);
  }

  /** The source has ended its subscription to the channel: the next session subscribes it anew. */
  denied(name: string): void {
    const channel = this.#channels.get(name);
    if (channel !== undefined) channel.upstream = false;
  }

  /** Puts the session where its changed view belongs. */
  moved(name: string, member: Member): void {
    const channel = this.#channels.get(name);
    if (channel?.members.has(member) === true) channel.place(member);
  }

  /** Puts one member of a channel in another's place: the next message goes to `to`. */
  exchange(name: string, from: Member, to: Member): void {
    const channel = this.#channels.get(name);
    if (channel?.members.has(from) !== true) return;
    channel.place(to);
    channel.remove(from);
  }

  /**
   * Takes one message from the source to all sessions that it is for. Never throws.
   *
   * @param id of the entry, where the channel is a stream
   */
  deliver(name: string, text: string, id: string | null = null): void {
    const channel = this.#channels.get(name);
    if (channel?.wanted !== true) return;
    const arrival: Arrival = { text, id, timestamp: Date.now(), arrivedAt: performance.now() };
    if (this.#detour?.take(channel, arrival, this.#deliverNow) === true) return;
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
    // Counted now, because a session that overflows may leave while it is delivered to.
    const members = channel.members.size;
    for (const [key, audience] of channel.byKey) {
      const before = delivery.delivered + failed;
      try {
        const count = audience.deliver(delivery);
        const unlocated = count === 0 ? 0 : audience.unlocated(content);
        if (unlocated > 0) this.#observer.unlocated(unlocated);
      } catch (error) {
        failed += Math.max(0, audience.size - (delivery.delivered + failed - before));
        this.#observer.failed(name, error, { audience: key });
      }
    }
    channel.live?.take(content, arrival);
    this.#observer.delivered(name, delivery.delivered, members, failed);
  };

  /** Ends all upstream subscriptions that wait for their end. */
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

  /** Brings the source in line with whether the channel has members; one call at a time for each channel. */
  #upstream(channel: Channel): Promise<void> {
    const run = channel.lock.then(async () => {
      const { wanted } = channel;
      if (wanted === channel.upstream) return;
      if (wanted) await this.#source.subscribe(channel.name);
      else await this.#source.unsubscribe(channel.name);
      channel.upstream = wanted;
    });
    channel.lock = run.then(
      () => this.#forget(channel),
      () => this.#forget(channel),
    );
    return run;
  }

  #forget(channel: Channel): void {
    if (!channel.wanted && !channel.upstream && this.#channels.get(channel.name) === channel) {
      this.#channels.delete(channel.name);
    }
  }
}
