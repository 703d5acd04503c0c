/** How a session follows a map. */
export interface FollowOptions {
  /** How long the map must be still before the gateway is told, in milliseconds. Default: 200. */
  debounceMs?: number;
  /** How much further than the map the box reaches, as a share of its width and height to each side. Default: 0.1. */
  margin?: number;
  /** Called where the gateway refuses the box or projection, or the connection is closed. Default: nothing. */
  onError?(error: unknown): void;
}

export const FOLLOW_DEFAULTS = { debounceMs: 200, margin: 0.1 };
