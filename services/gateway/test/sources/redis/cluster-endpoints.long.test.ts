import { startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';
import type { PubSub } from '../../../src/sources/redis/source.js';
import {
  beginMigration,
  connectTo,
  part,
  startTestCluster,
  type TestCluster,
} from '../../support/redis-cluster.js';
import { untilReady } from '../../support/source-harness.js';
import { adminOf, connections, readySource, watchedSource } from '../../support/source-redis.js';

const AWAY = { name: 'SourceError', code: 'source_unavailable' };

/** Short, to notice an end soon, but not so short that a busy machine looks like one. */
const SHORT_TIMEOUT_MS = scaled(500);

/** A key or channel in a slot of the master with this index. */
function nameOf({ names }: TestCluster, place: number): string {
  return part(part(names, place), 0);
}

describe.each<PubSub>(['plain', 'sharded'])('%s, a Redis Cluster that names no host is served', (pubSub) => {
  test.each([
    ['because it has one node, which does not know its own', 1, []],
    ['because of a setting', 3, ['--cluster-preferred-endpoint-type', 'unknown-endpoint']],
  ] as const)('%s', async (_, masterCount, args) => {
    const started = await startTestCluster({ masters: masterCount, args: [...args] });
    // The host is that of the URL, which can differ from the one that nodes know.
    const url = started.url.replaceAll('127.0.0.1', 'localhost');
    const { source, recorder, log } = await readySource(url, undefined, { pubSub });
    const nodes = started.masters.map((master) => adminOf(master));
    for (const [i, node] of nodes.entries()) {
      const name = nameOf(started, i);
      await node.hset(name, 'field', name);
      expect((await source.hashEntries(name)).values).toEqual([name]);
      await source.subscribe(name);
      await (pubSub === 'sharded' ? node.spublish(name, 'message') : node.publish(name, 'message'));
      await eventually(() => expect(recorder.texts(name)).toEqual(['message']));
    }
    expect(log.errors).toEqual([]);
  });
});

test('a redirection without a host leads to the host that was asked', async () => {
  const started = await startTestCluster({ args: ['--cluster-preferred-endpoint-type', 'unknown-endpoint'] });
  const [from, to] = [part(started.masters, 0), part(started.masters, 1)];
  const { source, log } = await readySource(started.url);
  const name = nameOf(started, 0);
  await adminOf(from).hset(name, 'field', 'value');
  const migration = await beginMigration(name, from, to);
  await migration.moveKey();
  expect((await source.hashEntries(name)).values).toEqual(['value']);
  await migration.end();
  expect((await source.hashEntries(name)).values).toEqual(['value']);
  expect(log.errors).toEqual([]);
});

test('a cluster in which no master serves a slot is not ready, and the log says why', async () => {
  const server = await startLocalRedis({
    args: ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no'],
  });
  atEnd(() => server.stop());
  const { source, log } = await watchedSource(server.url.replace('redis:', 'redis+cluster:'));
  await eventually(() => expect(log.errors.join()).toMatch(/cannot serve|serves any slot/u));
  expect(source.ready).toBe(false);
  await expect(source.hashEntries('hash')).rejects.toMatchObject(AWAY);
});

test('redis:// at a node of a cluster fails commands for keys of other nodes, and says which URL to use', async () => {
  const started = await startTestCluster();
  const { source, recorder, log } = await readySource(started.masters[0]?.url ?? '');
  await source.subscribe('channel');
  await expect(source.hashEntries(nameOf(started, 1))).rejects.toMatchObject(AWAY);
  expect((await source.hashEntries(nameOf(started, 0))).values).toEqual([]);
  await expect(source.hashField(nameOf(started, 2), 'field')).rejects.toMatchObject(AWAY);
  expect(source.ready).toBe(true);
  expect(recorder.changes).toEqual(['ready']);
  expect(log.errors.join()).toContain('set REDIS_URL to redis+cluster://');
  await connectTo(started).publish('channel', 'message');
  await eventually(() => expect(recorder.texts('channel')).toEqual(['message']));
});

describe.each<PubSub>(['plain', 'sharded'])('%s, a master that is gone', (pubSub) => {
  test('takes its own keys with it, and no others', async () => {
    // On a busy machine, nodes with a short timeout believe each other dead, and say that the cluster cannot serve.
    const settings = ['--cluster-require-full-coverage', 'no', '--cluster-node-timeout', '60000'];
    const started = await startTestCluster({ args: settings });
    const names = started.masters.map((_, i) => nameOf(started, i));
    const { source, recorder, log } = await readySource(started.url, SHORT_TIMEOUT_MS, { pubSub });
    for (const name of names) await source.subscribe(name);
    const says = (message: string): Promise<void> =>
      eventually(() => expect(log.lines.map((line) => line.message).join()).toContain(message));
    // A source that has just started may not have reached every master yet.
    await says('Redis is ready');
    const hears = async (i: number): Promise<boolean> => {
      const master = started.masters[i];
      return master !== undefined && (await connections(adminOf(master))).includes('viaduct:subscriber');
    };
    // Plain subscriptions are all on one node, which must not be the victim.
    const victim = pubSub === 'sharded' || !(await hears(1)) ? 1 : 2;
    await started.masters[victim]?.stop();
    await says('lost connection to a part of Redis');
    const serves = (from: typeof source, name = ''): Promise<void> =>
      eventually(async () => expect((await from.hashEntries(name)).values).toEqual([]));
    for (const [i, name] of names.entries()) {
      if (i === victim) await expect(source.hashEntries(name)).rejects.toMatchObject(AWAY);
      else await serves(source, name);
    }
    expect(source.ready).toBe(true);
    expect(recorder.changes).toEqual(['ready']);

    // A source that starts now knows about the missing part, too.
    const other = await readySource(started.url, SHORT_TIMEOUT_MS, { pubSub });
    await serves(other.source, names[0]);
    await untilReady(source);
  });
});
