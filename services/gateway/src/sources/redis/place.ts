import type { RedisNode } from './url.js';

/** The server that a connection is for, if that may be another one later. */
export interface RedisPlace {
  /** The role that the server must have; undefined if any will do. */
  readonly role?: 'master';
  /**
   * The server to connect to now. Asked anew before each attempt.
   *
   * @throws Error if it cannot be found out
   */
  locate(): Promise<RedisNode>;
  /** Whether a connection to `node` is still in the right place; true if that cannot be found out. */
  holds(node: RedisNode): Promise<boolean>;
}

export function fixedPlace({ host, port }: RedisNode): RedisPlace {
  return { locate: async () => ({ host, port }), holds: async () => true };
}
