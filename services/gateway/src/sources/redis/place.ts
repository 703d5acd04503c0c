import { ClusterMap } from './cluster-map.js';
import { SentinelPlace } from './sentinel.js';
import type { RedisAddress, RedisNode } from './url.js';

/** The server that a connection is for, where that may be another one later. */
export interface RedisPlace {
  /** The role that the server must have; undefined where any will do. */
  readonly role?: 'master';
  /**
   * The server to connect to now. Asked anew before each attempt.
   *
   * @throws Error where it cannot be found out
   */
  locate(): Promise<RedisNode>;
  /** Whether a connection to `node` is still in the right place; true where that cannot be found out. */
  holds(node: RedisNode): Promise<boolean>;
}

/**
 * The place that an address names: the server itself, the master of the Sentinels, or a node of the Redis Cluster.
 *
 * @param key in a Redis Cluster, the key or sharded channel whose node is meant; any node that serves where there is none
 */
export function placeOf(address: RedisAddress, timeoutMs: number, key?: string): RedisPlace {
  switch (address.kind) {
    case 'server':
      return fixedPlace(address);
    case 'sentinel':
      return new SentinelPlace(address, timeoutMs);
    case 'cluster':
      return new ClusterMap(address, timeoutMs).place(key);
  }
}

export function fixedPlace({ host, port }: RedisNode): RedisPlace {
  return { locate: async () => ({ host, port }), holds: async () => true };
}
