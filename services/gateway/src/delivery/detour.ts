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
