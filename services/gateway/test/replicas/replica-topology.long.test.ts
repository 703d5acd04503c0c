import { notify, replicasOf, sessionsOf, startReplicas, untilTogether } from '@viaduct/testkit/admin';
import { RawClient } from '@viaduct/testkit/clients';
import { startLocalCluster, startLocalSentinels } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, scaled } from '@viaduct/testkit/wait';
import calculateSlot from 'cluster-key-slot';
import { expect, test } from 'vitest';
import { adminOf, connections } from '../support/source-redis.js';

const IDS = ['one', 'two', 'three'] as const;

test('replicas know each other through the master that Sentinels watch, whichever server that is', async () => {
  const { url, servers, failOver, stop } = await startLocalSentinels();
  atEnd(stop);
  const { one, two } = await startReplicas(url, IDS, { REDIS_TIMEOUT_MS: String(scaled(500)) });
  await failOver();
  const [oldMaster, newMaster] = servers.map((server) => adminOf(server));
  await eventually(async () => {
    expect(oldMaster && (await connections(oldMaster))).toEqual([]);
    expect(newMaster && (await connections(newMaster))).toHaveLength(4 * IDS.length);
  });
  await untilTogether(one, IDS);
  await untilTogether(two, IDS);
});

test('replicas know each other through one node of a Redis Cluster, whichever node that is', async () => {
  const { url, masters, stop } = await startLocalCluster({ replicas: 1 });
  atEnd(stop);
  const { one, two, three } = await startReplicas(url, IDS, {
    REDIS_TIMEOUT_MS: String(scaled(500)),
    REDIS_PUBSUB: 'sharded',
  });
  const nodeIndex = Math.floor((calculateSlot('viaduct') * masters.length) / 16_384);
  const channels = await Promise.all(
    masters.map(async (master) => (await adminOf(master).pubsub('SHARDCHANNELS', 'viaduct:*')).length),
  );
  // The channels of the adapter and one for each replica, all on the node of the hash tag.
  expect(channels.filter((count) => count > 0)).toEqual([channels[nodeIndex]]);

  const client = await RawClient.connect(two.url);
  await client.run('PING');
  await eventually(async () => expect((await sessionsOf(one)).total).toBe(1));
  three.signal('SIGSTOP');
  atEnd(() => three.signal('SIGCONT'));
  await eventually(async () => {
    const partial = await replicasOf(one);
    expect(partial).toMatchObject({ complete: false, missing: ['three'] });
    expect(partial.replicas.map(({ id }) => id)).toEqual(['one', 'two']);
  });
  three.signal('SIGCONT');
  await untilTogether(one, IDS);

  const returns = (): number => one.log.filter(({ msg }) => msg === 'reached other replicas').length;
  const before = returns();
  await masters[nodeIndex]?.kill();
  await eventually(() => expect(returns()).toBeGreaterThan(before));
  await untilTogether(one, IDS);
  await untilTogether(three, IDS);
  await eventually(async () => expect((await notify(one, 'hello')).body.sessions).toBe(1));
});
