import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually, until } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';
import type { PubSub } from '../../../src/sources/redis/source.js';
import { NOT_UTF8 } from '../../../src/sources/source.js';
import { readySource, testRedis } from '../../support/source-redis.js';
import { readyStreams } from '../../support/stream-harness.js';

const ZURICH = '"Z\u00fcrich \ufffd \ud83d\ude82"';

/** ISO 8859-1, a truncated sequence, an overlong one, and a surrogate in UTF-8 (RFC 3629, sections 3 and 4). */
const MALFORMED = [
  Buffer.from('"Z\u00fcrich"', 'latin1'),
  Buffer.from([0x22, 0xe2, 0x82, 0x22]),
  Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
  Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
];

describe('bytes that are not UTF-8 are not replaced by guesses', () => {
  test.each<PubSub>(['plain', 'sharded'])('in messages, %s', async (pubSub) => {
    const { server, admin } = await testRedis();
    const { source, recorder } = await readySource(server.url, undefined, { pubSub });
    await source.subscribe('a');
    for (const message of [...MALFORMED, ZURICH])
      await (pubSub === 'sharded' ? admin.spublish('a', message) : admin.publish('a', message));
    await eventually(() => expect(recorder.texts('a')).toEqual([...MALFORMED.map(() => NOT_UTF8), ZURICH]));
  });

  test('in hashes, whose fields remain distinct even if their names are not UTF-8', async () => {
    const { server, admin } = await testRedis();
    const { source } = await readySource(server.url);
    await admin.hset('hash', 'good', ZURICH, 'bad', MALFORMED[0] ?? '');
    await admin.hset('names', MALFORMED[0] ?? '', '1', MALFORMED[1] ?? '', '2', ZURICH, '3');
    const { fields, values } = await source.hashEntries('hash');
    expect(new Map(fields.map((field, i) => [field, values[i]]))).toEqual(
      new Map([
        ['good', ZURICH],
        ['bad', NOT_UTF8],
      ]),
    );
    expect(await source.hashField('hash', 'good')).toBe(ZURICH);
    expect(await source.hashField('hash', 'bad')).toBe(NOT_UTF8);
    const names = await source.hashEntries('names');
    expect(names.values.toSorted()).toEqual(['1', '2', '3']);
    expect(names.fields[names.values.indexOf('3')]).toBe(ZURICH);
  });

  test('in streams', async () => {
    const { server, admin } = await testRedis();
    const { store, recorder } = await readyStreams(server.url);
    await store.follow('ships');
    for (const message of [...MALFORMED, ZURICH]) await admin.xadd('ships', '*', 'data', message);
    const texts = [...MALFORMED.map(() => NOT_UTF8), ZURICH];
    await eventually(() => expect(recorder.texts('ships')).toEqual(texts));
    const after = await store.after('ships', recorder.received[0]?.[1].id ?? '', 10);
    expect(after.entries.map(({ text }) => text)).toEqual(texts.slice(1));
  });
});

test('a message or value that is not UTF-8 is counted, named in the log, and not sent to any client', async () => {
  const { server, admin } = await testRedis();
  await admin.hset('a', 'good', ZURICH, 'bad', MALFORMED[0] ?? '');
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*' });
  const client = await RawClient.connect(gateway.url);
  expect((await client.run('GET a')).envelopes.map(({ content }) => content)).toEqual([JSON.parse(ZURICH)]);
  expect((await client.run('GET a bad')).envelopes.map(({ content }) => content)).toEqual([null]);
  await client.run('SUB a');
  for (const message of [...MALFORMED, ZURICH]) await admin.publish('a', message);
  expect((await client.inbox.next()).content).toBe(JSON.parse(ZURICH));
  const scrape = await gateway.scrape();
  expect(scrape.sum('viaduct_invalid_messages_total', { where: 'channel' })).toBe(MALFORMED.length);
  expect(scrape.sum('viaduct_invalid_messages_total', { where: 'hash' })).toBe(2);
  const named = () =>
    gateway.log.some(({ channel, error }) => channel === 'a' && String(error).includes('not UTF-8'));
  await until(named, 'the log to name the channel');
});
