import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { readHash } from '../../../src/sources/redis/hash.js';
import type { ReadPortion } from '../../../src/sources/redis/portions.js';
import { UNLIMITED } from '../../../src/sources/source.js';
import { HashReader } from '../../../src/state/hash-reader.js';
import { ReadBudget } from '../../../src/state/read-budget.js';
import { Claim } from '../../../src/state/read-reservation.js';
import { ReadSizes } from '../../../src/state/read-sizes.js';
import { readerFrom } from '../../support/read-harness.js';
import { calls, readySource, testRedis } from '../../support/source-redis.js';

const MIB = 1024 * 1024;

/** Entries of a hash, with values of 250 characters like those of a small GeoJSON feature. */
function features(count: number): [field: string, value: string][] {
  return Array.from({ length: count }, (_, i) => [`feature ${i}`, String(i).padStart(250, '.')]);
}

test('a hash of 100,000 features is read completely, in many short commands', async () => {
  const { server, admin } = await testRedis();
  const { source } = await readySource(server.url);
  const entries = features(100_000);
  for (let start = 0; start < entries.length; start += 10_000) {
    await admin.hset('hash', ...entries.slice(start, start + 10_000).flat());
  }
  const { fields, values } = await source.hashEntries('hash');
  expect(new Map(fields.map((field, i) => [field, values[i]]))).toEqual(new Map(entries));
  expect(fields).toHaveLength(entries.length);
  expect(await calls(admin, 'hscan')).toBeGreaterThan(50);
});

/** For a read without others on its connection. */
const AT_ONCE: ReadPortion = (read) => read();

/** The answer of HSCAN: a cursor, and fields and values in turn. */
type Page = [cursor: Buffer, entries: Buffer[]];

/** The client, whose answers to HSCAN are changed by `alter`, which is also given the COUNT of each. */
function alterScans(
  client: Redis,
  alter: (page: Page, scan: number, count: number) => Page | Promise<Page>,
): Redis {
  let scan = 0;
  const hscanBuffer = async (...args: [key: string, cursor: string, word: 'COUNT', count: number]) =>
    alter(await client.hscanBuffer(...args), ++scan, args[3]);
  return new Proxy(client, {
    get: (target, name) => (name === 'hscanBuffer' ? hscanBuffer : Reflect.get(target, name)),
  });
}

test('a hash that shrinks during the read gives every remaining field once', async () => {
  const { admin } = await testRedis();
  const stay = features(2_000);
  const leave = Array.from({ length: 60_000 }, (_, i) => `leaves ${i}`);
  await admin.hset('hash', ...leave.flatMap((field) => [field, 'leaves']));
  await admin.hset('hash', ...stay.flat());
  const client = alterScans(admin, async (page, scan) => {
    if (scan === 30) await admin.hdel('hash', ...leave);
    return page;
  });
  const { values } = await readHash(client, AT_ONCE, 'hash');
  expect(values.length).toBeLessThan(stay.length + leave.length);
  expect(values.filter((value) => value !== 'leaves').sort()).toEqual(stay.map(([, value]) => value));
});

test('a field that Redis returns again is read once, with its latest value', async () => {
  const { admin } = await testRedis();
  const entries = features(25_000);
  await admin.hset('hash', ...entries.flat());
  let early: Buffer[] = [];
  const client = alterScans(admin, ([cursor, page], scan) => {
    if (scan === 2) early = page.map((text, i) => (i % 2 === 0 ? text : Buffer.from('latest')));
    return [cursor, scan === 10 ? [...page, ...early] : page];
  });
  const { values } = await readHash(client, AT_ONCE, 'hash');
  expect(early.length).toBeGreaterThan(100);
  expect(values).toHaveLength(entries.length);
  expect(values.filter((value) => value === 'latest')).toHaveLength(early.length / 2);
});

test('a hash with too many values is not read at all, one with too many bytes not to its end', async () => {
  const { server, admin } = await testRedis();
  const { source } = await readySource(server.url);
  const entries = features(25_000);
  await admin.hset('hash', ...entries.flat());
  const tooBig = { code: 'snapshot_too_big' };
  const [most, some] = [
    { maxValues: 24_999, maxBytes: 1e9 },
    { maxValues: 25_000, maxBytes: 5_000 * 250 },
  ];
  await expect(source.hashEntries('hash', most)).rejects.toMatchObject(tooBig);
  expect(await calls(admin, 'hscan')).toBe(0);
  await expect(source.hashEntries('hash', some)).rejects.toMatchObject(tooBig);
  expect(await calls(admin, 'hscan')).toBeLessThan(10);
  expect(
    (await source.hashEntries('hash', { maxValues: 25_000, maxBytes: 25_000 * 250 })).values,
  ).toHaveLength(25_000);
});

test('the first request for a hash that was empty asks for few fields: they may be large by now', async () => {
  const { admin } = await testRedis();
  await admin.hset('hash', ...features(25_000).flat());
  const counts: number[] = [];
  const client = alterScans(admin, (page, _scan, count) => {
    counts.push(count);
    return page;
  });
  const sizes = new ReadSizes();
  sizes.remember('hash', 0);
  const { values } = await readHash(client, AT_ONCE, 'hash', {
    ...UNLIMITED,
    likelyBytes: sizes.expected('hash'),
  });
  expect(values).toHaveLength(25_000);
  expect(counts[0]).toBeLessThanOrEqual(16);
});

test('a hash that was small is read again with one command, and completely if it has grown meanwhile', async () => {
  const { server, admin } = await testRedis();
  const { source } = await readySource(server.url);
  const reader = new HashReader(source, new ReadBudget(128 * MIB, { evicted: () => {} }), 100_000);
  const read = async (): Promise<readonly string[]> => {
    const { value, reservation } = await reader.entries('hash', new Claim(readerFrom('10.0.0.1')));
    reservation.release();
    return value.values.toSorted();
  };
  const scans = async (act: () => Promise<unknown>): Promise<number> => {
    const before = await calls(admin, 'hscan');
    await act();
    return (await calls(admin, 'hscan')) - before;
  };
  const valuesOf = (entries: [string, string][]): string[] => entries.map(([, value]) => value).sort();
  await admin.hset('hash', ...features(200).flat());
  expect(await scans(read)).toBeGreaterThan(1);
  expect(await scans(read)).toBe(1);
  expect(await read()).toEqual(valuesOf(features(200)));
  await admin.hset('hash', ...features(25_000).flat());
  expect(await read()).toEqual(valuesOf(features(25_000)));
  await admin.del('hash');
  expect(await read()).toEqual([]);
});

test('a key that is not a hash fails with wrong_type', async () => {
  const { server, admin } = await testRedis();
  const { source } = await readySource(server.url);
  await admin.set('text', 'value');
  const wrongType = { name: 'SourceError', code: 'wrong_type' };
  await expect(source.hashEntries('text')).rejects.toMatchObject(wrongType);
  await expect(source.hashField('text', 'field')).rejects.toMatchObject(wrongType);
  expect(source.ready).toBe(true);
});
