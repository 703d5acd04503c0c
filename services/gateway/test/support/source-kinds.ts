import {
  type LocalCluster,
  startLocalCluster,
  startLocalRedis,
  startLocalSentinels,
} from '@viaduct/testkit/redis';
import { Cluster, Redis } from 'ioredis';
import { type PubSub, RedisSource } from '../../src/sources/redis/source.js';
import { LogLines, type SourceKind } from './source-harness.js';

/** One server; with `sharded`, publishers use SPUBLISH. */
export async function serverKind(pubSub: PubSub = 'plain'): Promise<SourceKind> {
  const server = await startLocalRedis();
  return kindOf(server.url, pubSub, new Redis(server.url), () => server.stop());
}

/** The master of three Sentinels. */
export async function sentinelKind(): Promise<SourceKind> {
  const { url, servers, stop } = await startLocalSentinels();
  return kindOf(url, 'plain', new Redis(servers[0].url), stop);
}

/** A Redis Cluster of three masters. */
export async function clusterKind(pubSub: PubSub): Promise<SourceKind> {
  const cluster = await startLocalCluster();
  const { url, stop } = cluster;
  return kindOf(url, pubSub, clusterClient(cluster), stop, new Redis(cluster.masters[0]?.url ?? ''));
}

/** A client of the whole cluster that ends by `disconnect`. */
export function clusterClient({ masters }: LocalCluster): Cluster {
  const client = new Cluster(masters.map(({ url }) => url));
  client.on('error', () => {});
  return client;
}

function kindOf(
  url: string,
  pubSub: PubSub,
  writer: Redis | Cluster,
  stop: () => Promise<void>,
  // Messages keep their order only if they go to one node.
  publisher: Redis | Cluster = writer,
): SourceKind {
  return {
    make: () => ({
      source: new RedisSource({ url, pubSub, logger: new LogLines() }),
      set: async (key, field, value) => void (await writer.hset(key, field, value)),
      remove: async (key, field) => void (await writer.hdel(key, field)),
      async publish(channel, text) {
        // PUBLISH counts only the receivers of one node, so each node is asked.
        const published =
          pubSub === 'sharded' ? writer.spublish(channel, text) : publisher.publish(channel, text);
        const [counts] = await Promise.all([listeners(writer, pubSub, channel), published]);
        return counts;
      },
    }),
    async end() {
      writer.disconnect();
      publisher.disconnect();
      await stop();
    },
  };
}

/** Number of connections to any node that are subscribed to the channel. */
export async function listeners(client: Redis | Cluster, pubSub: PubSub, channel: string): Promise<number> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  const answers = await Promise.all(
    nodes.map((node) =>
      pubSub === 'sharded' ? node.pubsub('SHARDNUMSUB', channel) : node.pubsub('NUMSUB', channel),
    ),
  );
  return answers.reduce((sum, [, count]) => sum + Number(count), 0);
}
