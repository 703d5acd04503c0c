import type { ConnectionError } from './errors.js';
import type { Box, View } from './view.js';

/**
 * State of a connection.
 *
 * - `connecting`: there is no session; an attempt is in progress or will follow
 * - `open`: there is a session
 * - `closed`: permanently
 */
export type ConnectionState = 'connecting' | 'open' | 'closed';

/** Events of a {@link Viaduct}, by name. */
export interface ViaductEvents {
  /** The state has changed, or an attempt to connect has failed; with the reason if there is one. */
  state: [state: ConnectionState, error: ConnectionError | null];
  /** A notice of the operators to all clients, for people. */
  notice: [message: string];
  /** The view will change; features known so far were sent for the previous one. */
  view: [view: View, previous: View];
}

/** Options of a box. */
export interface BoxOptions {
  /** Whether collections are reduced to the features in the box; otherwise they arrive whole. Default: false. */
  trim?: boolean;
  /** Further named arguments of BBOX for the gateway's own filters and commands. */
  hints?: Readonly<Record<string, string | number>>;
}

/** Options of a projection. */
export interface ProjectionOptions {
  /** The box in the new projection. Without it, the box is cleared. */
  box?: Box | null;
  /** Coordinates are rounded to this step, in units of the projection. */
  precision?: number;
}
