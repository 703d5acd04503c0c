import { type GeoPool, GeoPoolError } from '@viaduct/geo-worker';
import type { Arrival, BigMessageHandler, HubChannel } from '../delivery/hub-interfaces.js';
import type { LongWork } from '../state/long-work.js';
import { BigDelivery, type BigDeliveryObserver } from './big-delivery.js';

interface Waiting {
  readonly arrival: Arrival;
  readonly bytes: number;
  readonly isBig: boolean;
}

/** The messages of one channel that wait for a big one before them, oldest first. */
type ChannelBacklog = Waiting[];

/** Why a message is dropped: the backlog is full, or workers failed with it. */
export type DropReason = 'queue' | 'worker';

export interface BigMessagesObserver extends BigDeliveryObserver {
  /** A message is not delivered to some or all of its sessions. */
  dropped(channel: string, reason: DropReason, error: unknown): void;
}

export interface BigMessagesOptions {
  /** A message with at least this many bytes in UTF-8 is big; with many renderings, a shorter one is, too. */
  minBytes: number;
  /** Limits of the backlog of all channels together; a single message may be larger. */
  maxBytes: number;
  maxMessages: number;
  /** Member of `properties` that identifies a Feature without an `id`; empty for none. */
  idProperty: string;
}

/** Maximum bytes of a string's code unit in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * A message is also big if all its renderings together are as long as this number of the shortest big ones: each audience,
 * and each box that collections are trimmed to, may need its own.
 */
const MANY_RENDERINGS = 8;

/** Whether a message goes to the workers. Short ones never do: the overhead would cost more than their rendering. */
function isBig(bytes: number, renderings: number, minBytes: number): boolean {
  if (bytes >= minBytes) return true;
  return bytes >= minBytes / MANY_RENDERINGS && bytes * renderings >= minBytes * MANY_RENDERINGS;
}

/** Delivers a message at once. */
type DeliverNow<C extends HubChannel> = (channel: C, arrival: Arrival) => void;

/**
 * Delivers big messages through the worker pool and keeps each channel's order: messages behind a big one of the same
 * channel wait until that is sent; other channels do not. One message per channel is processed at a time.
 *
 * The backlog is limited. Past the limit the newest messages win: queued big messages of the same channel are
 * dropped, the oldest first. If that is not enough, the new message is dropped.
 */
export class BigMessages implements BigMessageHandler {
  readonly #longWork: LongWork;
  readonly #observer: BigMessagesObserver;
  readonly #options: BigMessagesOptions;
  readonly #delivery: BigDelivery;
  /** The shortest text that may be big, in code units. */
  readonly #minLength: number;
  readonly #backlogs = new Map<HubChannel, ChannelBacklog>();
  #bytes = 0;
  #messages = 0;
  #closed = false;

  constructor(pool: GeoPool, longWork: LongWork, observer: BigMessagesObserver, options: BigMessagesOptions) {
    this.#longWork = longWork;
    this.#observer = observer;
    this.#options = options;
    this.#delivery = new BigDelivery(pool, longWork, observer, options.idProperty);
    this.#minLength = Math.ceil(options.minBytes / MANY_RENDERINGS / MAX_BYTES_PER_UNIT);
  }

  /** Number of messages that are queued or being processed. */
  get messages(): number {
    return this.#messages;
  }

  /** Their bytes in UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Accepts the message if it is big, or has to wait for one. Never throws.
   *
   * @param deliverNow delivers the messages in between, when it is their turn
   * @returns false if the caller has to deliver the message
   */
  take<C extends HubChannel>(channel: C, arrival: Arrival, deliverNow: DeliverNow<C>): boolean {
    const backlog = this.#backlogs.size === 0 ? undefined : this.#backlogs.get(channel);
    if (backlog === undefined && arrival.text.length < this.#minLength) return false;
    const bytes = Buffer.byteLength(arrival.text);
    const big = isBig(bytes, channel.renderings, this.#options.minBytes);
    if (backlog === undefined && !big) return false;
    if (!this.#makeRoom(channel, bytes, backlog)) {
      channel.live?.missed();
      this.#observer.dropped(channel.name, 'queue', `${bytes} bytes`);
      return true;
    }
    this.#messages++;
    this.#bytes += bytes;
    const waiting = { arrival, bytes, isBig: big };
    if (backlog !== undefined) backlog.push(waiting);
    else void this.#run(channel, [waiting], deliverNow);
    return true;
  }

  /** Delivers nothing more. */
  close(): void {
    this.#closed = true;
  }

  /** Whether a message fits after dropping the messages that it replaces. */
  #makeRoom({ name, live }: HubChannel, bytes: number, backlog: ChannelBacklog = []): boolean {
    if (this.#fits(bytes, 1)) return true;
    const older = backlog.filter(({ isBig }) => isBig);
    let [freedBytes, freed] = [0, 0];
    while (freed < older.length && !this.#fits(bytes - freedBytes, 1 - freed)) {
      freedBytes += older[freed++]?.bytes ?? 0;
    }
    if (!this.#fits(bytes - freedBytes, 1 - freed)) return false;
    for (const each of older.slice(0, freed)) {
      backlog.splice(backlog.indexOf(each), 1);
      this.#left(each);
      live?.missed();
      this.#observer.dropped(name, 'queue', `${each.bytes} bytes, for a newer message`);
    }
    return true;
  }

  #fits(bytes: number, messages: number): boolean {
    if (this.#messages === 0) return true;
    const { maxBytes, maxMessages } = this.#options;
    return this.#bytes + bytes <= maxBytes && this.#messages + messages <= maxMessages;
  }

  #left({ bytes }: Waiting): void {
    this.#messages--;
    this.#bytes -= bytes;
  }

  async #run<C extends HubChannel>(
    channel: C,
    backlog: ChannelBacklog,
    deliverNow: DeliverNow<C>,
  ): Promise<void> {
    this.#backlogs.set(channel, backlog);
    let until = 0;
    for (let next = backlog.shift(); next !== undefined; next = backlog.shift()) {
      try {
        if (!next.isBig && performance.now() > until) until = await this.#longWork.turn();
        if (this.#closed) continue;
        if (next.isBig) await this.#deliverBig(channel, next.arrival);
        else deliverNow(channel, next.arrival);
      } catch (error) {
        this.#failed(channel.name, error);
      } finally {
        this.#left(next);
      }
    }
    this.#backlogs.delete(channel);
  }

  async #deliverBig(channel: HubChannel, arrival: Arrival): Promise<void> {
    try {
      if (channel.members.size > 0) await this.#delivery.deliver(channel, arrival);
    } finally {
      await channel.live?.takeBig(arrival);
    }
  }

  #failed(channel: string, error: unknown): void {
    if (this.#closed) return;
    if (error instanceof GeoPoolError) this.#observer.dropped(channel, 'worker', error);
    else this.#observer.failed(channel, error);
  }
}
