import {
  type LocalCluster,
  type LocalClusterOptions,
  type LocalRedis,
  startLocalCluster,
} from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import calculateSlot from 'cluster-key-slot';
import type { Cluster } from 'ioredis';
import { clusterClient } from './source-kinds.js';
import { adminOf } from './source-redis.js';

export interface TestCluster extends LocalCluster {
  /** Channels or keys of each master, in their order. */
  names: string[][];
}

/** A Redis Cluster that ends with the test. */
export async function startTestCluster(options: LocalClusterOptions = {}): Promise<TestCluster> {
  const cluster = await startLocalCluster(options);
  atEnd(() => cluster.stop());
  const { masters } = cluster;
  const names: string[][] = masters.map(() => []);
  for (let i = 0; i < 60; i++) {
    const name = `name ${i}`;
    names[Math.floor((calculateSlot(name) * masters.length) / 16_384)]?.push(name);
  }
  return { ...cluster, names };
}

/** A client of the whole cluster that ends with the test. */
export function connectTo(cluster: LocalCluster): Cluster {
  const client = clusterClient(cluster);
  atEnd(() => client.disconnect());
  return client;
}

/** An item of a list that has it. */
export function part<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`There is no item ${index}.`);
  return item;
}

/** Moves the slot of a key from one master to another, step by step. */
export async function beginMigration(key: string, from: LocalRedis, to: LocalRedis) {
  const [source, target] = [adminOf(from), adminOf(to)];
  const slot = calculateSlot(key);
  const [sourceId, targetId] = [await source.cluster('MYID'), await target.cluster('MYID')];
  await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(sourceId));
  await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(targetId));
  return {
    moveKey: async () => void (await source.migrate('127.0.0.1', to.port, key, 0, 5_000)),
    end: async () => {
      for (const node of [target, source])
        await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(targetId));
    },
  };
}
