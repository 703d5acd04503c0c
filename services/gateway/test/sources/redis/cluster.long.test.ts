import { startLocalRedis } from '@viaduct/testkit/redis';
import { eventually, scaled } from '@viaduct/testkit/wait';
import type { Cluster, Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PubSub } from '../../../src/sources/redis/source.js';
import {
  beginMigration,
  connectTo,
  part,
  startTestCluster,
  type TestCluster,
} from '../../support/redis-cluster.js';
import { untilReady } from '../../support/source-harness.js';
import { listeners } from '../../support/source-kinds.js';
import { adminOf, connections, readySource, watchedSource } from '../../support/source-redis.js';

const AWAY = { name: 'SourceError', code: 'source_unavailable' };

/** Short, to notice hangs soon, but not so short that a busy machine looks like one. */
const SHORT_TIMEOUT_MS = scaled(500);

const PUB_SUBS: PubSub[] = ['plain', 'sharded'];

interface ServedCluster extends TestCluster {
  client: Cluster;
}

async function testCluster(replicas = 0): Promise<ServedCluster> {
  const cluster = await startTestCluster({ replicas });
  return { ...cluster, client: connectTo(cluster) };
}

/** For tests that do not change the cluster. */
let shared: ServedCluster;

beforeAll(async () => {
  shared = await testCluster();
});

function publish(client: Cluster, pubSub: PubSub, channel: string, text: string): Promise<unknown> {
  return pubSub === 'sharded' ? client.spublish(channel, text) : client.publish(channel, text);
}

async function killSubscribers(nodes: readonly Redis[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.call('CLIENT', 'KILL', 'TYPE', 'pubsub')));
}

test('sharded subscriptions are at the master of their slot, plain ones all on one connection', async () => {
  const { url, client, names, masters } = shared;
  const nodes = masters.map((master) => adminOf(master));
  const sharded = await readySource(url, undefined, { pubSub: 'sharded' });
  await Promise.all(names.flat().map((channel) => sharded.source.subscribe(channel)));
  for (const [i, node] of nodes.entries()) {
    expect((await node.pubsub('SHARDCHANNELS')).map(String).sort()).toEqual(part(names, i).toSorted());
  }
  await sharded.source.close();
  const plain = await readySource(url);
  await Promise.all(names.flat().map((channel) => plain.source.subscribe(channel)));
  const counts = await Promise.all(
    nodes.map(async (node) => (await node.pubsub('CHANNELS', 'name*')).length),
  );
  expect(counts.toSorted((a, b) => a - b)).toEqual([0, 0, 60]);
  await Promise.all(names.flat().map((channel) => client.publish(channel, channel)));
  await eventually(() => expect(plain.recorder.messages).toHaveLength(60));
  await plain.source.close();
  for (const node of nodes) {
    await eventually(async () => expect(await connections(node)).toEqual([]));
  }
});

describe.each(PUB_SUBS)('%s subscriptions', (pubSub) => {
  test('that the nodes deny end, and the others recover', async () => {
    const { url, client, masters, names } = shared;
    const channels = names.map((ofMaster) => part(ofMaster, 0));
    const setUser = (...rules: string[]) =>
      Promise.all(
        masters.map((master) =>
          adminOf(master).call('ACL', 'SETUSER', 'gateway', 'on', '>secret', '+@all', 'allkeys', ...rules),
        ),
      );
    await setUser('allchannels');
    const withUser = url.replace('://', '://gateway:secret@');
    const { source, recorder } = await readySource(withUser, undefined, { pubSub });
    await Promise.all(channels.map((channel) => source.subscribe(channel)));
    const [denied, ...kept] = channels;
    await setUser('resetchannels', ...kept.map((channel) => `&${channel.replace(' ', '?')}`));
    await eventually(() => expect(recorder.denials).toEqual([denied]));
    await untilReady(source);
    await Promise.all(channels.map((channel) => publish(client, pubSub, channel, 'again')));
    await eventually(() => expect(recorder.messages.map(([name]) => name).sort()).toEqual(kept.toSorted()));
  });

  test('recover from the loss of any connection, which is reported', async () => {
    const { url, client, names, masters } = shared;
    const nodes = masters.map((master) => adminOf(master));
    const { source, recorder, log } = await readySource(url, undefined, { pubSub });
    await Promise.all(names.flat().map((channel) => source.subscribe(channel)));
    await killSubscribers(nodes);
    await eventually(() => expect(recorder.changes).toContain('resumed'));
    for (const channel of names.flat()) {
      await eventually(async () => expect(await listeners(client, pubSub, channel)).toBe(1));
    }
    await untilReady(source);
    const logged = log.lines.length;
    await Promise.all(names.flat().map((channel) => publish(client, pubSub, channel, channel)));
    await eventually(() => expect(recorder.messages).toHaveLength(60));
    for (const node of nodes) await node.call('CLIENT', 'KILL', 'TYPE', 'normal');
    const newMessages = (): string[] => log.lines.slice(logged).map(({ message }) => message);
    await eventually(() => expect(newMessages().join()).toContain('lost connection'));
    await eventually(() => expect(newMessages().at(-1)).toBe('Redis is ready'));
    for (const ofMaster of names) expect((await source.hashEntries(part(ofMaster, 0))).values).toEqual([]);
  });

  test('move to the replica that takes over from a master', async () => {
    const { url, client, names, masters } = await testCluster(1);
    const { source, recorder } = await readySource(url, SHORT_TIMEOUT_MS, { pubSub });
    const channels = names.map((ofMaster) => part(ofMaster, 0));
    const key = part(channels, 0);
    await Promise.all(channels.map((channel) => source.subscribe(channel)));
    await client.hset(key, 'field', 'before');
    const others = masters.slice(1).map((master) => adminOf(master));
    await part(masters, 0).kill();
    await expect(source.hashEntries(key)).rejects.toMatchObject(AWAY);
    // The subscriber of plain channels may be on another node, where it loses nothing, but the replica may lack writes.
    await eventually(() => expect(recorder.changes).toContain('resumed'));
    await untilReady(source);
    await eventually(async () => expect((await source.hashEntries(key)).values).toEqual(['before']));
    const survivor = part(others, 0);
    await eventually(async () => expect(await survivor.cluster('INFO')).toContain('cluster_state:ok'));
    for (const channel of channels) {
      await eventually(async () => {
        await publish(client, pubSub, channel, 'again');
        expect(recorder.texts(channel)).toContain('again');
      });
    }
  });

  test('recover after a master has hung; meanwhile commands fail', async () => {
    const { url, client, names, masters } = await testCluster();
    const { source, recorder } = await readySource(url, SHORT_TIMEOUT_MS, { pubSub });
    const channels = names.map((ofMaster) => part(ofMaster, 0));
    await Promise.all(channels.map((channel) => source.subscribe(channel)));
    const { pid } = part(masters, 1);
    process.kill(pid, 'SIGSTOP');
    await expect(source.hashEntries(part(channels, 1))).rejects.toMatchObject(AWAY);
    await untilReady(source, false);
    process.kill(pid, 'SIGCONT');
    await untilReady(source);
    for (const channel of channels) {
      await eventually(async () => expect(await listeners(client, pubSub, channel)).toBe(1));
      await publish(client, pubSub, channel, channel);
    }
    await eventually(() =>
      expect(new Set(recorder.messages.map(([, text]) => text))).toEqual(new Set(channels)),
    );
  });
});

test('a sharded subscription follows its slot and is not doubled; others on the node stay', async () => {
  const { url, client, names, masters } = await testCluster();
  const { source, recorder } = await readySource(url, undefined, { pubSub: 'sharded' });
  const [moved, stays] = [part(part(names, 0), 0), part(part(names, 0), 1)];
  await Promise.all([moved, stays].map((channel) => source.subscribe(channel)));
  const migration = await beginMigration(moved, part(masters, 0), part(masters, 1));
  await migration.end();
  const target = adminOf(part(masters, 1));
  await eventually(async () => expect(await target.pubsub('SHARDCHANNELS')).toEqual([moved]));
  await untilReady(source);
  await eventually(() => expect(recorder.changes).toEqual(['ready', 'resumed']));
  for (const channel of [moved, stays]) {
    expect(await listeners(client, 'sharded', channel)).toBe(1);
    await client.spublish(channel, 'again');
    await eventually(() => expect(recorder.texts(channel)).toEqual(['again']));
  }
  await source.unsubscribe(moved);
  expect(await target.pubsub('SHARDCHANNELS')).toEqual([]);
});

test('the loss of a master that has no subscription is reported, because the replica that takes over may lack writes', async () => {
  const { url, names, masters } = await testCluster(1);
  const { source, recorder } = await readySource(url, SHORT_TIMEOUT_MS);
  await source.subscribe('a');
  const counts = await Promise.all(
    masters.map(async (master) => (await adminOf(master).pubsub('CHANNELS', 'a')).length),
  );
  const lost = counts.indexOf(0);
  await part(masters, lost).kill();
  await eventually(() => expect(recorder.changes).toContain('resumed'));
  expect((await source.hashEntries(part(part(names, lost), 0))).values).toEqual([]);
});

test('plain subscriptions leave a node that is cut off from the cluster', async () => {
  const { url, masters, names } = await testCluster();
  const nodes = masters.map((master) => adminOf(master));
  const { source, recorder } = await readySource(url, SHORT_TIMEOUT_MS);
  await source.subscribe('a');
  const counts = await Promise.all(nodes.map(async (node) => (await node.pubsub('CHANNELS', 'a')).length));
  const lost = part(nodes, counts.indexOf(1));
  const others = nodes.filter((node) => node !== lost);
  for (const node of others) await lost.cluster('FORGET', String(await node.cluster('MYID')));
  await eventually(async () => {
    const moved = await Promise.all(others.map(async (node) => (await node.pubsub('CHANNELS', 'a')).length));
    expect(moved.toSorted()).toEqual([0, 1]);
  });
  expect(await lost.pubsub('CHANNELS', 'a')).toEqual([]);
  await eventually(() => expect(recorder.changes).toContain('resumed'));
  await untilReady(source);
  // The node notices that it is cut off, and refuses; the others serve their keys.
  for (const [i, node] of nodes.entries()) {
    const read = source.hashEntries(part(part(names, i), 0));
    if (node === lost) await expect(read).rejects.toMatchObject(AWAY);
    else expect((await read).values).toEqual([]);
  }
});

test('a user with the documented rights can do all that is needed', async () => {
  const { url, client, masters } = shared;
  const rights =
    '+@connection +info +ping +hlen +hscan +hget +subscribe +unsubscribe +ssubscribe +sunsubscribe +cluster|info +cluster|slots';
  for (const master of masters) {
    await adminOf(master).call(
      'ACL',
      'SETUSER',
      'gateway',
      'on',
      '>s3cret',
      '~*',
      '&*',
      ...rights.split(' '),
    );
  }
  const withUser = url.replace('://', '://gateway:s3cret@');
  for (const pubSub of PUB_SUBS) {
    const { source, recorder, log } = await readySource(withUser, SHORT_TIMEOUT_MS, { pubSub });
    await source.subscribe('a');
    await publish(client, pubSub, 'a', 'message');
    await eventually(() => expect(recorder.texts('a')).toEqual(['message']));
    expect((await source.hashEntries('hash')).values).toEqual([]);
    await source.unsubscribe('a');
    await source.close();
    expect(log.errors).toEqual([]);
  }
});

test('an unreachable cluster is reported without the password, and requests fail at once', async () => {
  const server = await startLocalRedis();
  await server.stop();
  const url = `redis+cluster://:s3cret@127.0.0.1:${server.port}`;
  for (const pubSub of PUB_SUBS) {
    const { source, log } = await watchedSource(url, undefined, { pubSub });
    await eventually(() => expect(log.errors.length).toBeGreaterThan(0));
    await expect(source.hashEntries('hash')).rejects.toMatchObject(AWAY);
    await expect(source.subscribe('a')).rejects.toMatchObject(AWAY);
    expect(JSON.stringify(log.lines)).not.toContain('s3cret');
    await source.close();
  }
});
