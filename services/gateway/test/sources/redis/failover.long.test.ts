import { type Envelope, STATUS_SOURCE } from '@viaduct/protocol';
import { TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { startLocalCluster, startLocalSentinels } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, scaled } from '@viaduct/testkit/wait';
import calculateSlot from 'cluster-key-slot';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { clusterClient } from '../../support/source-kinds.js';
import { adminOf } from '../../support/source-redis.js';

/** The hash and the channel. */
const CHANNEL = 'trains';

/** A Redis whose master is about to be replaced. */
interface Replaceable {
  url: string;
  /** The master that has the hash and the channel. */
  master: Redis;
  /** Replaces it; may resolve at any time after the start. */
  replace(): Promise<unknown>;
  publish(text: string): Promise<unknown>;
}

const SETTINGS: Record<string, { env: Record<string, string>; start: () => Promise<Replaceable> }> = {
  'a failover by Sentinels': {
    env: {},
    async start() {
      const { url, servers, failOver, stop } = await startLocalSentinels();
      atEnd(stop);
      const [master, successor] = servers.map((server) => adminOf(server)) as [Redis, Redis];
      return { url, master, replace: failOver, publish: (text) => successor.publish(CHANNEL, text) };
    },
  },
  'the loss of a master of a Redis Cluster': {
    env: { REDIS_PUBSUB: 'sharded' },
    async start() {
      const cluster = await startLocalCluster({ replicas: 1 });
      const client = clusterClient(cluster);
      atEnd(async () => {
        client.disconnect();
        await cluster.stop();
      });
      const victim = cluster.masters[Math.floor((calculateSlot(CHANNEL) * cluster.masters.length) / 16_384)];
      if (victim === undefined) throw new Error('no master has the slot of the channel');
      return {
        url: cluster.url,
        master: adminOf(victim),
        replace: () => victim.kill(),
        publish: (text) => client.spublish(CHANNEL, text),
      };
    },
  },
};

/** Contents in their order: those of statuses unchanged, and those of the channel in an array. */
function brief(envelopes: readonly Envelope[]): unknown[] {
  return envelopes.map(({ source, content }) => (source === STATUS_SOURCE ? content : [content]));
}

describe.each(Object.entries(SETTINGS))('after %s', (_, { env, start }) => {
  test.each(TRANSPORT_NAMES)(
    '%s clients have the state of the new master or learn about the gap, and messages arrive',
    async (transport) => {
      const { url, master, replace, publish } = await start();
      const gateway = await startGateway({
        REDIS_URL: url,
        CHANNELS: '*',
        REDIS_TIMEOUT_MS: String(scaled(500)),
        ...env,
      });
      await master.hset(CHANNEL, 'a', '1');
      const subscribe = async (line: string): Promise<Envelope[]> => {
        const client = await TRANSPORTS[transport](gateway.url);
        expect((await client.run(line)).status.status).toBe('ok');
        const seen: Envelope[] = [];
        client.inbox.divert((envelope) => void seen.push(envelope));
        return seen;
      };
      const withState = await subscribe(`SUB ${CHANNEL} snapshot=true`);
      const without = await subscribe(`SUB ${CHANNEL}`);

      // No message reports this change, and the successor has it.
      await master.hset(CHANNEL, 'b', '2');
      expect(await master.wait(1, 10_000)).toBe(1);
      await replace();
      await eventually(() => {
        const [begin, a, b, end] = brief(withState);
        expect(begin).toEqual({ status: 'snapshot_begin', channel: CHANNEL, reason: 'gap' });
        expect(new Set([a, b])).toEqual(new Set([[1], [2]]));
        expect(end).toEqual({ status: 'snapshot_end', channel: CHANNEL, count: 2 });
        expect(brief(without)).toContainEqual({ status: 'gap', channels: [CHANNEL] });
      });
      await eventually(async () => {
        await publish('"live"');
        for (const seen of [withState, without]) expect(brief(seen)).toContainEqual(['live']);
      });
    },
  );
});
