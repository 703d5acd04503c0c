import { expect, test } from 'vitest';
import { MemoryStreams } from '../../src/sources/memory/streams.js';
import type { StreamReader } from '../../src/sources/streams.js';
import { ReadBudget } from '../../src/state/read-budget.js';
import { RecoveryReader } from '../../src/state/recoveries.js';
import { readerFrom } from '../support/read-harness.js';

const MAX_BYTES = 100_000;

/** A stream of numbers with recoveries from it. */
function streamOf(count: number, { maxEntries = 1_000, maxLength = count, text = '' } = {}) {
  const store = new MemoryStreams();
  store.start({ entry: () => {}, lost: () => {}, denied: () => {}, changed: () => {} });
  const ids = Array.from({ length: count }, (_, i) => store.add('s', `"${i}${text}"`, maxLength));
  const asked: string[] = [];
  const streams: StreamReader = {
    has: () => true,
    position: () => null,
    after: (stream, id, most) => {
      asked.push(id);
      return store.after(stream, id, most);
    },
  };
  const budget = new ReadBudget((MAX_BYTES * 8) / 7, { evicted: () => {} });
  const recoveries = new RecoveryReader(streams, budget, maxEntries, () => {});
  const recover = async (since: string) => {
    const recovery = await recoveries.read('s', since, performance.now(), readerFrom('here'));
    if (!recovery.recovered) return recovery.reason;
    const { entries, first, id } = recovery;
    const numbers = entries.value.values.slice(first).map((value) => Number.parseInt(value.slice(1), 10));
    entries.release();
    return { numbers, id };
  };
  const idOf = (i: number): string => ids[i] ?? '';
  return { store, asked, budget, recover, idOf };
}

const from = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

test('sessions that have missed different entries share one read, and each receives its own', async () => {
  const { recover, idOf, asked, budget } = streamOf(500);
  const starts = [400, 3, 250, 499];
  const answers = await Promise.all(starts.map((i) => recover(idOf(i))));
  for (const [n, start] of starts.entries())
    expect(answers[n]).toEqual({ numbers: from(start + 1, 499 - start), id: idOf(499) });
  const reads = asked.filter((id) => starts.some((i) => idOf(i) === id));
  // The first to come begins alone; the others share the next one or join it.
  expect(reads.length).toBeLessThanOrEqual(2);
  expect(budget.bytes).toBe(0);
});

test('a session that wants too much does not spoil the recovery of others in the same read', async () => {
  const { recover, idOf } = streamOf(500, { maxEntries: 100 });
  const [early, greedy, modest] = await Promise.all([
    recover(idOf(0)),
    recover(idOf(390)),
    recover(idOf(450)),
  ]);
  expect([early, greedy]).toEqual(['too_many', 'too_many']);
  expect(modest).toEqual({ numbers: from(451, 49), id: idOf(499) });
});

test('the same holds for bytes', async () => {
  const { recover, idOf } = streamOf(500, { text: 'x'.repeat(990) });
  const [greedy, modest] = await Promise.all([recover(idOf(0)), recover(idOf(450))]);
  expect(greedy).toBe('too_many');
  expect(modest).toEqual({ numbers: from(451, 49), id: idOf(499) });
});

test('a session whose entries are gone does not spoil the recovery of others in the same read', async () => {
  const { recover, idOf } = streamOf(500, { maxLength: 100 });
  const [lost, unknown, present] = await Promise.all([
    recover(idOf(10)),
    recover('9999999999999-0'),
    recover(idOf(450)),
  ]);
  expect([lost, unknown]).toEqual(['trimmed', 'unknown_id']);
  expect(present).toEqual({ numbers: from(451, 49), id: idOf(499) });
});

test('entries that are added before a session asks are in its recovery, even if a read was under way', async () => {
  const { store, recover, idOf } = streamOf(300);
  const first = recover(idOf(0));
  await Promise.resolve();
  store.add('s', '"300"');
  const second = await recover(idOf(298));
  expect(second).toMatchObject({ numbers: [299, 300] });
  expect(await first).toMatchObject({ numbers: expect.arrayContaining(from(1, 299)) });
});
