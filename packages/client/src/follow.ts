import { type Debounced, debounce } from './debounce.js';
import { callOut, type Stop } from './emitter.js';
import { ConnectionError } from './errors.js';
import type { Viaduct } from './viaduct.js';
import type { Box } from './view.js';
import { hint, warn } from './warnings.js';

/** How a session follows a map. */
export interface FollowOptions {
  /**
   * How long the map must not move before the gateway receives the new box, in milliseconds; while it keeps moving, the
   * gateway receives one each second. Default: 200.
   */
  debounceMs?: number;
  /** How much larger than the map the box is, as a share of its width and height on each side. Default: 0.1. */
  margin?: number;
  /** Called if the gateway refuses the box or projection, or the connection is closed. Default: a warning on the console. */
  onError?(error: unknown): void;
}

/** Gives an error to the program, or to the console. */
export function reportFailure(error: unknown, name: string, options: FollowOptions): void {
  if (options.onError !== undefined) callOut((reported) => options.onError?.(reported), error);
  else if (!(error instanceof ConnectionError))
    warn(`${name} cannot set the view of the map: ${error instanceof Error ? error.message : String(error)}`);
}

/** A map that keeps moving sends its box once in this time, in milliseconds. */
const LONGEST_MS = 1000;

/** The numbers of the options, with defaults for those that are missing or undefined. */
function followSettings({ debounceMs = 200, margin = 0.1 }: FollowOptions): {
  debounceMs: number;
  longestMs: number;
  margin: number;
} {
  return { debounceMs, longestMs: Math.max(LONGEST_MS, debounceMs), margin };
}

/** How many maps each client follows. */
const followed = new WeakMap<Viaduct, number>();

/** A map follows a client, until the returned function is called. A client has one view, so there should be one map. */
function countFollower(viaduct: Viaduct, name: string): Stop {
  const others = followed.get(viaduct) ?? 0;
  followed.set(viaduct, others + 1);
  if (others > 0)
    hint(
      `${name} follows another map with the same client, and each replaces the box of the other; connect() for each map`,
    );
  let isCounted = true;
  return () => {
    if (isCounted) followed.set(viaduct, (followed.get(viaduct) ?? 1) - 1);
    isCounted = false;
  };
}

/** What a map shows: a box in a CRS. */
export interface MapView {
  /** In lower case. */
  readonly crs: string;
  readonly box: Box;
}

/**
 * Sends what a map shows as the session's box and projection, after calls of `later` or `now`, until `cancel` is called.
 *
 * @param name of the caller, for errors
 * @param viewOf what the map shows, with a margin as in {@link FollowOptions}; null while it shows nothing
 */
export function follow(
  viaduct: Viaduct,
  name: string,
  viewOf: (margin: number) => MapView | null,
  options: FollowOptions,
): Debounced {
  const { debounceMs, longestMs, margin } = followSettings(options);
  const leave = countFollower(viaduct, name);
  const send = (): void => {
    const shown = viewOf(margin);
    if (shown === null) return;
    const { crs, box } = shown;
    const { view } = viaduct;
    const isSet = view.projection?.toLowerCase() === crs;
    // What the program has set otherwise stays.
    const confirmed = isSet ? viaduct.setBox(box, view) : viaduct.setProjection(crs, { box });
    confirmed.catch((error: unknown) => reportFailure(error, name, options));
  };
  const debounced = debounce(send, debounceMs, longestMs);
  return {
    ...debounced,
    cancel: () => {
      debounced.cancel();
      leave();
    },
  };
}
