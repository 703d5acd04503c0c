import { callOut } from './emitter.js';
import { ConnectionError } from './errors.js';
import { warn } from './warnings.js';

/** How a session follows a map. */
export interface FollowOptions {
  /** How long the map must not move before the gateway receives the new box, in milliseconds. Default: 200. */
  debounceMs?: number;
  /** How much larger than the map the box is, as a share of its width and height on each side. Default: 0.1. */
  margin?: number;
  /** Called if the gateway refuses the box or projection, or the connection is closed. Default: a warning on the console. */
  onError?(error: unknown): void;
}

/** Gives an error to the program, or to the console. */
export function reportFailure(error: unknown, name: string, options: FollowOptions): void {
  if (options.onError !== undefined) callOut((told) => options.onError?.(told), error);
  else if (!(error instanceof ConnectionError))
    warn(`${name} cannot set the view of the map: ${error instanceof Error ? error.message : String(error)}`);
}

export const FOLLOW_DEFAULTS = { debounceMs: 200, margin: 0.1 };
