import { scaled, until } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { slowConnection } from '../../support/slow-connection.js';
import { calls, readySource, testRedis } from '../../support/source-redis.js';
import { readyStreams, recover } from '../../support/stream-harness.js';

const AWAY = { name: 'SourceError', code: 'source_unavailable' };

/** Much shorter than the reads in these tests, but not so short that a busy machine looks like a silent Redis. */
const SHORT_TIMEOUT_MS = scaled(300);

/** A connection that needs half a second for a MiB. */
const BYTES_PER_SECOND = 2 * 1024 * 1024;

function fields(count: number, size: number): Record<string, string> {
  const entries = Array.from(
    { length: count },
    (_, i) => [`field ${i}`, String(i).padStart(size, '.')] as const,
  );
  return Object.fromEntries(entries);
}

test('a hash that takes longer than the timeout arrives, and small reads are answered meanwhile', async () => {
  const { server, admin } = await testRedis();
  const large = fields(20_000, 250);
  await admin.hset('large', large);
  await admin.hset('small', { field: 'value' });
  const connection = await slowConnection(server.port, BYTES_PER_SECOND);
  const { source, log } = await readySource(connection.url, SHORT_TIMEOUT_MS);
  let arrived = false;
  // There are several at once, and a small read must not wait for a portion of each.
  const reads = Promise.all(['large', 'large', 'large'].map((key) => source.hashEntries(key))).finally(() => {
    arrived = true;
  });
  await until(() => connection.passed > BYTES_PER_SECOND / 4, 'the reads to be under way');
  let small = 0;
  while (!arrived) {
    expect((await source.hashEntries('small')).values).toEqual(['value']);
    expect(await source.hashField('small', 'field')).toBe('value');
    small++;
  }
  for (const { fields: names, values } of await reads) {
    expect(Object.fromEntries(names.map((name, i) => [name, values[i]]))).toEqual(large);
  }
  // Three hashes of 5 MiB are some sixty portions, and a small read waits for at most two of them.
  expect(small).toBeGreaterThan(10);
  expect(source.ready).toBe(true);
  expect(log.errors).toEqual([]);
});

test('a single value that takes longer than the timeout arrives', async () => {
  const { server, admin } = await testRedis();
  const value = 'x'.repeat(4 * BYTES_PER_SECOND);
  await admin.hset('hash', { field: value });
  const connection = await slowConnection(server.port, BYTES_PER_SECOND);
  const { source } = await readySource(connection.url, SHORT_TIMEOUT_MS);
  expect(await source.hashField('hash', 'field')).toBe(value);
  expect(source.ready).toBe(true);
});

test('large values come in portions of a few', async () => {
  const { server, admin } = await testRedis();
  await admin.hset('hash', fields(300, 100_000));
  const { source } = await readySource(server.url);
  expect((await source.hashEntries('hash')).fields).toHaveLength(300);
  // 30 MB, which the number of fields alone would let into a single answer.
  expect(await calls(admin, 'hscan')).toBeGreaterThan(50);
});

test('a read whose connection is lost in between fails: the cursor of one server is meaningless on another', async () => {
  const { server, admin } = await testRedis();
  await admin.hset('large', fields(20_000, 250));
  const connection = await slowConnection(server.port, BYTES_PER_SECOND);
  const { source } = await readySource(connection.url);
  const read = source.hashEntries('large');
  await until(() => connection.passed > BYTES_PER_SECOND / 2, 'the read to be under way');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await expect(read).rejects.toMatchObject(AWAY);
});

test('entries added to a stream meanwhile come in portions, however large they are', async () => {
  const { server, admin } = await testRedis();
  const { store, recorder } = await readyStreams(server.url);
  await store.follow('stream');
  const texts = Array.from({ length: 60 }, (_, i) => String(i).padStart(500_000, '.'));
  const transaction = admin.multi().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  for (const text of texts) transaction.xadd('stream', '*', 'data', text);
  await transaction.exec();
  await until(() => recorder.received.length === texts.length, 'all entries to be received');
  expect(recorder.texts('stream')).toEqual(texts);
  // 30 MB, of which one answer has at most the first sixteen.
  expect(await calls(admin, 'xread')).toBeGreaterThan(20);
  const before = await calls(admin, 'xread');
  expect(await recover(store, 'stream', recorder.received[0]?.[1].id ?? '')).toMatchObject({
    complete: true,
  });
  expect((await calls(admin, 'xread')) - before).toBeGreaterThan(20);
});
