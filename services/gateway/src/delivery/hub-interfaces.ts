import type { GeoMessage } from '@viaduct/geo-worker';
import type { Audience } from './audience.js';
import type { Member } from './member.js';

/** A message of a channel as it arrived. */
export interface Arrival {
  readonly text: string;
  /** Id of the stream entry; null on other channels. */
  readonly id: string | null;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly arrivedAt: number;
}

/** A channel with its sessions, as the hub keeps it. */
export interface HubChannel {
  readonly name: string;
  readonly members: ReadonlyMap<Member, Audience>;
  /** The audiences of these members, by the key of their view. */
  readonly byKey: ReadonlyMap<string, Audience>;
  /** The largest number of texts that one message can be rendered as. */
  readonly renderings: number;
  /** The replacement of each member that was replaced. */
  readonly successors: Pick<WeakMap<Member, Member>, 'get'>;
  /** Follows the channel's state; null if nothing does. */
  readonly live: LiveTap | null;
}

/** Follows the state of a channel through its messages. It receives each after the channel's members. Never throws. */
export interface LiveTap {
  /** The audiences of sessions with a live view, by the key of their view. */
  readonly byKey: ReadonlyMap<string, Audience>;
  take(content: GeoMessage, arrival: Arrival): void;
  /** Processes a big message in small steps. Resolves when it is ready for the next one. */
  takeBig(arrival: Arrival): Promise<void>;
  /** A message was dropped. */
  missed(): void;
}

/** Delivers messages in place of the hub, such as those that are too big for the main thread. */
export interface BigMessageHandler {
  /**
   * Accepts the message, or leaves it to the hub. Never throws.
   *
   * @param deliverNow delivers a message of the channel on the main thread, in its turn
   * @returns false if the hub must deliver the message at once
   */
  take<C extends HubChannel>(
    channel: C,
    arrival: Arrival,
    deliverNow: (channel: C, arrival: Arrival) => void,
  ): boolean;
}
