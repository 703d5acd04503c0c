import type { RedisNode } from './url.js';

/** The server of a connection, which may be another one later. */
export interface RedisPlace {
  /** The role that the server must have; undefined if any will do. */
  readonly role?: 'master';
  /**
   * The server to connect to now. Called before each attempt.
   *
   * @throws Error if the server cannot be determined
   */
  locate(): Promise<RedisNode>;
  /** Whether a connection to `node` is still in the right place; true if that cannot be determined. */
  holds(node: RedisNode): Promise<boolean>;
}

export function fixedPlace({ host, port }: RedisNode): RedisPlace {
  return { locate: async () => ({ host, port }), holds: async () => true };
}
