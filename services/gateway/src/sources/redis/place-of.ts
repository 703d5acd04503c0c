import { ClusterMap } from './cluster-map.js';
import { fixedPlace, type RedisPlace } from './place.js';
import { SentinelPlace } from './sentinel.js';
import type { RedisAddress } from './url.js';

/**
 * The place that an address names: the server itself, the master of the Sentinels, or a node of the Redis Cluster.
 *
 * @param key in a Redis Cluster, a key or sharded channel of the node; without it, any node that serves slots
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
