/** How a session follows a map. */
export interface FollowOptions {
  /** How long the map must not move before the gateway receives the new box, in milliseconds. Default: 200. */
  debounceMs?: number;
  /** How much larger than the map the box is, as a share of its width and height on each side. Default: 0.1. */
  margin?: number;
  /** Called if the gateway refuses the box or projection, or the connection is closed. Default: nothing. */
  onError?(error: unknown): void;
}

export const FOLLOW_DEFAULTS = { debounceMs: 200, margin: 0.1 };
