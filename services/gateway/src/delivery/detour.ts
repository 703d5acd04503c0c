import type { GeoMessage } from '@viaduct/geo-worker';
import type { Audience } from './audience.js';
import type { Member } from './member.js';

/** A message of a channel as it came. */
export interface Arrival {
  readonly text: string;
  /** Id of the entry of a stream; null on other channels. */
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
  /** What follows the channel's state; null for nothing. */
  readonly live: LiveTap | null;
}

/** Follows the state of a channel by its messages. It sees each of them after the channel's members. Never throws. */
export interface LiveTap {
  /** The audiences of those who are shown the state, by the key of their view. */
  readonly byKey: ReadonlyMap<string, Audience>;
  take(content: GeoMessage, arrival: Arrival): void;
  /** Takes a big message, a little at a time. Resolves when the next one may come. */
  takeBig(arrival: Arrival): Promise<void>;
  /** A message was dropped. */
  missed(): void;
}

/** Takes messages over from the hub, such as those that are too big for the main thread. */
export interface Detour {
  /**
   * Takes the message, or leaves it to the hub. Never throws.
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
