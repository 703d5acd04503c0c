import type { ConnectionError } from './errors.js';
import type { Box, View } from './view.js';

/**
 * Where the connection stands.
 *
 * - `connecting`: no session yet, or no more; another attempt is under way or will follow
 * - `open`: there is a session
 * - `closed`: over for good
 */
export type ConnectionState = 'connecting' | 'open' | 'closed';

/** What a {@link Viaduct} tells, by name of the event. */
export interface ViaductEvents {
  /** The state has changed, or an attempt to connect has failed; with the reason where there is one. */
  state: [state: ConnectionState, error: ConnectionError | null];
  /** The operators tell all clients something, for a person to read. */
  notice: [message: string];
  /** So many bytes of messages have come from the gateway: uncompressed, and without the frames around them. */
  traffic: [bytes: number];
  /** Another view is wanted; features known so far were sent for the previous one. */
  view: [view: View, previous: View];
}

/** What goes with a box. */
export interface BoxOptions {
  /** Whether collections are cut down to the features in the box; otherwise they come whole. Default: false. */
  trim?: boolean;
  /** Further named arguments of BBOX for the gateway's own filters and commands. */
  hints?: Readonly<Record<string, string | number>>;
}

/** What goes with a projection. */
export interface ProjectionOptions {
  /** The box in the new projection. Without one there is none any more. */
  box?: Box | null;
  /** Step to which coordinates are rounded, in units of the projection. */
  precision?: number;
}
