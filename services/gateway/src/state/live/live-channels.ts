import { CommandError } from '@viaduct/protocol';
import type { Hub } from '../../delivery/hub.js';
import { SourceError } from '../../sources/source.js';
import { Claim, type Reader } from '../read-reservation.js';
import { LiveChannel, type LiveOwner } from './live-channel.js';
import type { LiveServices } from './live-services.js';

/** How long an index outlives its last viewer or reader, in ms: clients that reload a page are back at once. */
const KEEP_MS = 30_000;
/** The same for an empty index: clients can name any number of channels that do not exist. */
const KEEP_EMPTY_MS = 1_000;
/** How long a channel that was too big is refused without reading it again, in ms. */
const TOO_BIG_MS = 10_000;

export interface LiveChannelsOptions extends Omit<LiveServices, 'memory'> {
  readonly hub: Pick<Hub, 'follow' | 'unfollow'>;
  /** Memory for the features of all live channels, in bytes. */
  readonly maxBytes: number;
  /** Reports that the hash of a channel can no longer be read. */
  lost(channel: string, error: unknown): void;
}

/** A channel that is live, or on its way there. */
interface Entry {
  readonly channel: LiveChannel;
  /** The sessions that wait for it; null once they have it, so that they are not kept in memory with it. */
  claim: Claim | null;
  readonly ready: Promise<void>;
  timer: NodeJS.Timeout | undefined;
}

/** The channels whose state the gateway holds: those that somebody watches live, or did a moment ago. */
export class LiveChannels {
  readonly #options: LiveChannelsOptions;
  readonly #entries = new Map<string, Entry>();
  /** Until when channels are refused. */
  readonly #tooBig = new Map<string, number>();
  readonly #memory = { bytes: 0 };
  /** By the channel on which the source reports changes of their hash: a stream's state may be a channel, too. */
  readonly #byChanges = new Map<string, Set<LiveChannel>>();
  readonly #services: LiveServices;
  readonly #owner: LiveOwner;

  constructor(options: LiveChannelsOptions) {
    this.#options = options;
    this.#services = { ...options, memory: this.#memory, source: this.#sharedSource(options.source) };
    this.#owner = {
      grew: (channel) => this.#grew(channel),
      unwatched: (channel) => this.#unwatched(channel),
      unreadable: (channel, error) => {
        options.lost(channel.name, error);
        this.#end(channel, isTooBig(error) ? 'too_big' : 'unavailable');
      },
    };
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Features of all channels. */
  get features(): number {
    let features = 0;
    for (const { channel } of this.#entries.values()) features += channel.index.size;
    return features;
  }

  /** Memory that they take, in bytes, about. */
  get bytes(): number {
    return this.#memory.bytes;
  }

  /**
   * The channel with its present state. However many ask, the hash is read once.
   *
   * @throws CommandError `live_too_big`
   * @throws SourceError if the hash cannot be read
   */
  async open(name: string, reader: Reader): Promise<LiveChannel> {
    this.#refuseTooBig(name);
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      const channel = new LiveChannel(name, this.#services, this.#owner);
      this.#followChanges(channel);
      const claim = new Claim(reader);
      entry = { channel, claim, ready: this.#build(channel, claim), timer: undefined };
      this.#entries.set(name, entry);
    } else entry.claim?.add(reader);
    await entry.ready;
    // Thousands may have waited for the same channel: they continue one by one.
    await this.#options.longWork.turn();
    const { channel } = entry;
    if (channel.closed) this.#refuseTooBig(name);
    if (channel.closed) return this.open(name, reader);
    this.#keepForReader(channel);
    return channel;
  }

  /** The channel if its state is already in memory; null if it has to be opened. */
  present(name: string): LiveChannel | null {
    const channel = this.#entries.get(name)?.channel;
    if (channel?.isFilled !== true || channel.closed) return null;
    this.#keepForReader(channel);
    return channel;
  }

  /** Messages of all channels may have been missed. */
  resumed(): void {
    for (const { channel } of this.#entries.values()) {
      // A stream continues after its last entry.
      if (!this.#options.source.streams.has(channel.name) || channel.changes !== null) channel.missed();
      channel.readable();
    }
  }

  /** Entries of a stream were lost. */
  lost(stream: string): void {
    this.#entries.get(stream)?.channel.missed();
  }

  /** The source denies a channel to the gateway. */
  denied(name: string): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) this.#forget(entry.channel);
    for (const channel of this.#byChanges.get(name) ?? []) channel.changesDenied();
  }

  /** Takes a message if it only tells that a hash has changed; returns whether it does. */
  takeNotification(channel: string): boolean {
    const watched = this.#byChanges.get(channel);
    for (const each of watched ?? []) each.hashChanged();
    return watched !== undefined;
  }

  close(): void {
    for (const { channel } of [...this.#entries.values()]) this.#forget(channel);
  }

  async #build(channel: LiveChannel, claim: Claim): Promise<void> {
    try {
      await this.#options.hub.follow(channel.name, channel);
      await channel.fill(claim);
    } catch (error) {
      this.#forget(channel);
      throw isTooBig(error) ? tooBig(channel.name) : error;
    }
    if (channel.closed) this.#refuseTooBig(channel.name);
    const entry = this.#entries.get(channel.name);
    if (entry?.channel === channel) entry.claim = null;
    this.#unwatched(channel);
  }

  /** A reader of the HTTP API is never a viewer: the index is kept for its next request. */
  #keepForReader(channel: LiveChannel): void {
    if (channel.viewers === 0) this.#unwatched(channel);
  }

  #unwatched(channel: LiveChannel): void {
    const entry = this.#entries.get(channel.name);
    if (entry?.channel !== channel) return;
    clearTimeout(entry.timer);
    const forget = (): void => {
      if (channel.viewers === 0) this.#forget(channel);
    };
    entry.timer = setTimeout(forget, channel.index.size === 0 ? KEEP_EMPTY_MS : KEEP_MS).unref();
  }

  #grew(channel: LiveChannel): void {
    const { maxBytes } = this.#options;
    if (this.bytes <= maxBytes) return;
    for (const { channel: other } of [...this.#entries.values()]) {
      if (other !== channel && other.isIdle && this.bytes > maxBytes) this.#forget(other);
    }
    while (this.bytes > maxBytes && !channel.closed) {
      const ended = channel.isFilled ? this.#mostForEachViewer(channel) : channel;
      this.#tooBig.set(ended.name, performance.now() + TOO_BIG_MS);
      this.#end(ended, 'too_big');
    }
  }

  /**
   * The channel that takes the most memory for each session that watches it. Otherwise, one client of a very large channel
   * would end the channels of all others, each as soon as it grows.
   */
  #mostForEachViewer(growing: LiveChannel): LiveChannel {
    const taken = ({ index, viewers }: LiveChannel): number => index.bytes / Math.max(1, viewers);
    let most = growing;
    for (const { channel } of this.#entries.values()) if (taken(channel) > taken(most)) most = channel;
    return most;
  }

  #end(channel: LiveChannel, reason: 'too_big' | 'unavailable'): void {
    this.#leaveChanges(channel);
    channel.end(reason);
    this.#forget(channel);
  }

  #forget(channel: LiveChannel): void {
    this.#leaveChanges(channel);
    channel.close();
    const entry = this.#entries.get(channel.name);
    if (entry?.channel !== channel) return;
    clearTimeout(entry.timer);
    this.#entries.delete(channel.name);
    this.#options.hub.unfollow(channel.name);
  }

  #followChanges(channel: LiveChannel): void {
    const { changes } = channel;
    if (changes === null) return;
    const followers = this.#byChanges.get(changes) ?? new Set<LiveChannel>();
    this.#byChanges.set(changes, followers.add(channel));
  }

  /** Before the channel is closed, which ends its subscription. */
  #leaveChanges(channel: LiveChannel): void {
    const { changes } = channel;
    const followers = changes === null ? undefined : this.#byChanges.get(changes);
    if (changes === null || followers?.delete(channel) !== true) return;
    if (followers.size === 0) this.#byChanges.delete(changes);
  }

  /** The source, but a subscription stays while another channel needs it. */
  #sharedSource(source: LiveServices['source']): LiveServices['source'] {
    return {
      streams: source.streams,
      changesOf: (key) => source.changesOf?.(key) ?? null,
      subscribe: (channel) => source.subscribe(channel),
      unsubscribe: async (channel) => {
        if (!this.#byChanges.has(channel)) await source.unsubscribe(channel);
      },
    };
  }

  #refuseTooBig(name: string): void {
    const until = this.#tooBig.get(name);
    if (until === undefined) return;
    if (performance.now() < until) throw tooBig(name);
    this.#tooBig.delete(name);
  }
}

function isTooBig(error: unknown): boolean {
  return error instanceof SourceError && error.code === 'snapshot_too_big';
}

function tooBig(name: string): CommandError {
  return new CommandError(
    'live_too_big',
    `the features of ${name} need more memory than the gateway may use for live views; subscribe with snapshot=true, or ask its operators for a larger MAX_LIVE_BYTES`,
  );
}
