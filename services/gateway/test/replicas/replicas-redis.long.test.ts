import { randomUUID } from 'node:crypto';
import {
  replicasOf,
  sessionsOf,
  startReplicas,
  TOKEN,
  untilComplete,
  untilTogether,
} from '@viaduct/testkit/admin';
import { RawClient, TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { describe, expect, test } from 'vitest';
import { connections } from '../support/source-redis.js';

test('without ADMIN_TOKEN, a gateway opens no further connection and sends nothing to others', async () => {
  const { server, redis } = await startWorld();
  await startReplicas(server.url, ['known']);
  const silent = await startGateway({ REDIS_URL: server.url, CHANNELS: '*' });
  expect(await connections(redis)).toEqual([
    'viaduct:commands',
    'viaduct:commands',
    'viaduct:replicas_publisher',
    'viaduct:replicas_subscriber',
    'viaduct:subscriber',
    'viaduct:subscriber',
  ]);
  expect(await redis.pubsub('CHANNELS', 'viaduct:replicas:*replica*')).toEqual([
    expect.stringMatching(/^viaduct:replicas:viaduct-replica#known~[0-9a-f]{6}$/u),
  ]);
  expect((await silent.scrape()).sum('viaduct_connections')).toBe(0);
});

test('replicas of another group on the same Redis do not know ours', async () => {
  const { server } = await startWorld();
  const ours = await startReplicas(server.url, ['a', 'b'], { REPLICA_GROUP: 'ours' });
  const theirs = await startReplicas(server.url, ['a', 'c'], { REPLICA_GROUP: 'theirs' });
  const client = await RawClient.connect(theirs.c.url);
  await client.run('PING');
  expect((await untilComplete(() => sessionsOf(theirs.a))).total).toBe(1);
  expect((await untilComplete(() => sessionsOf(ours.a))).total).toBe(0);
  await untilTogether(ours.b, ['a', 'b']);
});

test.each(TRANSPORT_NAMES)('%s: no client can read the messages between replicas', async (transport) => {
  const { server, redis } = await startWorld();
  const { one } = await startReplicas(server.url, ['one', 'two']);
  const client = await TRANSPORTS[transport](one.url);
  const channels = await redis.pubsub('CHANNELS', 'viaduct:*');
  expect(channels.length).toBeGreaterThanOrEqual(4);
  for (const channel of [...channels.map(String), 'viaduct:replicas:made-up']) {
    for (const command of ['SUB', 'GET', 'PGET']) {
      const { status } = await client.run(`${command} ${channel}`);
      expect([channel, status]).toMatchObject([channel, { status: 'error', code: 'not_allowed' }]);
    }
  }
  expect((await client.run('SUB viaduct:replicas_of_mine')).status).toMatchObject({ status: 'ok' });
});

describe('a replica of another version', () => {
  const CHANNEL = 'viaduct:replicas:viaduct';

  test('whose answers cannot be read is missing, and affects nobody', async () => {
    const { server, redis } = await startWorld();
    const { one } = await startReplicas(server.url, ['one', 'two']);
    const other = redis.duplicate();
    atEnd(() => other.disconnect());
    other.on('message', (_channel: string, text: string) => {
      const { requestId } = JSON.parse(text) as { requestId?: string };
      const data = { replica: 'other', instance: '123abc', answer: { odd: true } };
      if (requestId !== undefined)
        void redis.publish(`${CHANNEL}-response#/#`, JSON.stringify({ requestId, data }));
    });
    await other.subscribe(`${CHANNEL}-request#/#`, `${CHANNEL}-replica#other~123abc`);
    await eventually(async () => {
      const answer = await replicasOf(one);
      expect(answer).toMatchObject({ complete: false, missing: ['other'] });
      expect(answer.replicas.map(({ id }) => id)).toEqual(['one', 'two']);
      expect(await sessionsOf(one)).toMatchObject({ missing: ['other'], total: 0 });
    });
  });

  test.each([
    ['an unknown question', ['guess', {}, null]],
    ['a question in another form', ['sessions', { limit: 'all' }, null]],
  ])('gets an empty answer to %s', async (_what, asked) => {
    const { server, redis } = await startWorld();
    const { one } = await startReplicas(server.url, ['one']);
    const listener = redis.duplicate();
    atEnd(() => listener.disconnect());
    const replies: unknown[] = [];
    listener.on('message', (_channel: string, text: string) => replies.push(JSON.parse(text)));
    await listener.subscribe(`${CHANNEL}-response#/#`);
    const request = { uid: 'other', requestId: 'r1', type: 6, data: ['ask', ...asked] };
    await redis.publish(`${CHANNEL}-request#/#`, JSON.stringify(request));
    await eventually(() =>
      expect(replies).toEqual([
        { type: 6, requestId: 'r1', data: { replica: 'one', instance: expect.any(String) } },
      ]),
    );
    await untilTogether(one, ['one']);
  });
});

test('the documented rights are enough, and no log has the password', async () => {
  const password = `secret-${randomUUID()}`;
  const { server, redis } = await startWorld();
  const rights =
    '+@connection +info +ping +hlen +hscan +hget +subscribe +unsubscribe +publish +pubsub ~open:* &open:* &viaduct:replicas:*';
  await redis.call('ACL', 'SETUSER', 'gateway', 'on', `>${password}`, ...rights.split(' '));
  const url = server.url.replace('://', `://gateway:${password}@`);
  const { one, two } = await startReplicas(url, ['one', 'two']);
  await redis.call('ACL', 'SETUSER', 'gateway', 'resetpass', '>another');
  await redis.call('CLIENT', 'KILL', 'USER', 'gateway');
  await eventually(async () => {
    expect((await replicasOf(one)).complete).toBe(false);
    expect(one.log).toContainEqual(
      expect.objectContaining({
        connection: 'replicas_publisher',
        error: expect.stringContaining('WRONGPASS'),
      }),
    );
  });
  for (const gateway of [one, two]) expect(gateway.stdout + gateway.stderr).not.toContain(password);
  await redis.call('ACL', 'SETUSER', 'gateway', `>${password}`);
  await untilTogether(one, ['one', 'two']);
});

test('a Redis that is unreachable at the start delays nothing', async () => {
  const server = await startLocalRedis();
  atEnd(() => server.stop());
  await server.stop();
  const env = { REDIS_URL: server.url, CHANNELS: '*', ADMIN_TOKEN: TOKEN };
  const one = await startGateway({ ...env, REPLICA_ID: 'one' }, {}, false);
  expect(await replicasOf(one)).toMatchObject({
    complete: false,
    missing: [],
    replicas: [{ id: 'one', ready: false }],
  });
  expect((await one.scrape()).sum('viaduct_replicas_connected')).toBe(0);
  await startGateway({ ...env, REPLICA_ID: 'two' }, {}, false);
  await server.start();
  await untilTogether(one, ['one', 'two']);
  expect((await one.scrape()).sum('viaduct_replicas_connected')).toBe(1);
  expect(one.log.filter(({ level }) => level >= 50).length).toBeLessThanOrEqual(4);
});
