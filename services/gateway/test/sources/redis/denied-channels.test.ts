import { outcomes, RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually, until } from '@viaduct/testkit/wait';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { PubSub } from '../../../src/sources/redis/source.js';
import { untilReady } from '../../support/source-harness.js';
import { readySource, subscribers, testRedis } from '../../support/source-redis.js';
import { readyStreams } from '../../support/stream-harness.js';

const NOT_ALLOWED = { name: 'SourceError', code: 'not_allowed' };

/** Changes the rights of the gateway's user. */
async function setUser(admin: Redis, ...rules: string[]): Promise<void> {
  await admin.call('ACL', 'SETUSER', 'gateway', 'on', '>secret', '+@all', ...rules);
}

const urlOf = (port: number): string => `redis://gateway:secret@127.0.0.1:${port}`;

describe.each<PubSub>(['plain', 'sharded'])('a channel that Redis denies, %s', (pubSub) => {
  test('ends, is named in the log, and does not affect the others', async () => {
    const { server, admin } = await testRedis();
    await setUser(admin, 'allkeys', '&trains', '&buses', '&ships');
    const { source, recorder, log } = await readySource(urlOf(server.port), undefined, { pubSub });
    for (const channel of ['trains', 'buses', 'ships']) await source.subscribe(channel);
    // Redis ends the connections of a user who loses a channel.
    await setUser(admin, 'resetchannels', '&trains', '&ships');
    await eventually(() => expect(recorder.denials).toEqual(['buses']));
    await untilReady(source);
    const publish = (channel: string) =>
      pubSub === 'sharded' ? admin.spublish(channel, 'again') : admin.publish(channel, 'again');
    for (const channel of ['trains', 'buses', 'ships']) await publish(channel);
    await eventually(() =>
      expect(recorder.messages.map(([channel]) => channel)).toEqual(['trains', 'ships']),
    );
    expect(recorder.changes).toEqual(['ready', 'away', 'resumed', 'ready']);
    expect(log.errors.join()).toContain('"channels":["buses"]');
    expect(log.errors.join()).toContain('NOPERM');

    await expect(source.subscribe('buses')).rejects.toMatchObject(NOT_ALLOWED);
    expect(source.ready).toBe(true);
    await setUser(admin, '&buses');
    await source.subscribe('buses');
    await publish('buses');
    await eventually(() => expect(recorder.texts('buses')).toEqual(['again']));
  });
});

test('after a restart with an older ACL, the channels that it allows are back', async () => {
  const { server, admin } = await testRedis('--user', 'gateway', 'on', '>secret', '+@all', 'allkeys', '&a*');
  await setUser(admin, '&b*');
  const { source, recorder } = await readySource(urlOf(server.port));
  // More than fit into one SUBSCRIBE, so that several of them contain denied channels.
  const names = Array.from({ length: 1_500 }, (_, i) => `${i % 500 === 7 ? 'b' : 'a'} ${i}`);
  await Promise.all(names.map((name) => source.subscribe(name)));
  await server.stop();
  await server.start();
  await untilReady(source, true);
  await eventually(() => expect(recorder.denials.toSorted()).toEqual(['b 1007', 'b 507', 'b 7']));
  const kept = names.filter((name) => name.startsWith('a'));
  await eventually(async () => expect(await subscribers(admin, ...kept)).toEqual(kept.map(() => 1)));
});

test('a stream that Redis denies ends, and the others continue', async () => {
  const { server, admin } = await testRedis();
  await setUser(admin, '~trains', '~buses', '~ships', 'allchannels');
  const { store, recorder, log } = await readyStreams(urlOf(server.port));
  for (const stream of ['trains', 'buses', 'ships']) await store.follow(stream);
  await setUser(admin, 'resetkeys', '~trains', '~ships');
  for (const stream of ['trains', 'buses', 'ships']) await admin.xadd(stream, '*', 'data', 'first');
  await eventually(() => expect(recorder.denials).toEqual(['buses']));
  for (const stream of ['trains', 'buses', 'ships']) await admin.xadd(stream, '*', 'data', 'second');
  for (const stream of ['trains', 'ships'])
    await eventually(() => expect(recorder.texts(stream)).toEqual(['first', 'second']));
  expect(recorder.texts('buses')).toEqual([]);
  expect(recorder.losses).toEqual([]);
  expect(store.ready).toBe(true);
  expect(log.errors.join()).toContain('"stream":"buses"');

  await expect(store.follow('buses')).rejects.toMatchObject(NOT_ALLOWED);
  await expect(store.after('buses', '0-0', 10)).rejects.toMatchObject(NOT_ALLOWED);
});

test('clients of a denied channel learn about it; others and the gateway continue', async () => {
  const { server, admin } = await testRedis();
  await setUser(admin, 'allkeys', '&trains', '&buses');
  const gateway = await startGateway({ REDIS_URL: urlOf(server.port), CHANNELS: '*' });
  const [rider, other] = [await RawClient.connect(gateway.url), await RawClient.connect(gateway.url)];
  await rider.run('SUB trains');
  await rider.run('SUB buses');
  await other.run('SUB trains');
  await setUser(admin, 'resetchannels', '&trains');
  const refusal = await until(
    () => rider.inbox.all.find(({ content }) => (content as { status?: string })?.status === 'error'),
    'the error for the client',
  );
  expect(refusal).toMatchObject({
    client_reference: null,
    content: { code: 'not_allowed', command: 'SUB buses' },
  });
  await gateway.untilReady();
  await eventually(async () => expect(await subscribers(admin, 'trains', 'buses')).toEqual([1, 0]));
  await admin.publish('trains', '"again"');
  for (const client of [rider, other])
    await until(() => client.inbox.all.some(({ content }) => content === 'again'), 'the message to come');
  expect(await outcomes(rider, 'SUB buses', 'GET trains')).toEqual(['not_allowed', 'ok']);
  expect((await gateway.scrape()).sum('viaduct_source_denied_channels_total')).toBe(1);
  await setUser(admin, '&buses');
  expect(await outcomes(rider, 'SUB buses')).toEqual(['ok']);
});

test('notifications of changes that Redis denies for a while are followed again afterwards', async () => {
  const { server, admin } = await testRedis('--notify-keyspace-events', 'KA');
  const notifications = '__keyspace@0__:trains';
  await setUser(admin, 'allkeys', '&trains', `&${notifications}`);
  const env = { REDIS_URL: urlOf(server.port), CHANNELS: '*', NOTIFY: 'trains', NOTIFY_MS: '50' };
  const client = await RawClient.connect((await startGateway(env)).url);
  await client.run('SUB trains live=true');
  const put = (id: string) =>
    admin.hset(
      'trains',
      id,
      JSON.stringify({
        type: 'Feature',
        id,
        properties: {},
        geometry: { type: 'Point', coordinates: [7, 46] },
      }),
    );
  const shows = (id: string) =>
    until(
      () => client.inbox.all.some(({ content }) => (content as { id?: string } | null)?.id === id),
      `the client to receive ${id}`,
    );
  await put('before');
  await shows('before');
  await setUser(admin, 'resetchannels', '&trains');
  await eventually(async () => expect(await subscribers(admin, 'trains', notifications)).toEqual([1, 0]));
  await put('meanwhile');
  await setUser(admin, `&${notifications}`);
  await shows('meanwhile');
  await put('after');
  await shows('after');
});
