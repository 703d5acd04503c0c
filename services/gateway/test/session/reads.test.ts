import { DATA_CRS } from '@viaduct/geo-worker';
import { expect, test } from 'vitest';
import type { SessionDeps } from '../../src/session/deps.js';
import { Reads } from '../../src/session/reads.js';
import { SessionView } from '../../src/session/view.js';
import { FairScheduler } from '../../src/state/fair-scheduler.js';
import { HashReader } from '../../src/state/hash-reader.js';
import { ReadBudget } from '../../src/state/read-budget.js';
import { SnapshotReader } from '../../src/state/snapshots.js';
import { readerFrom } from '../support/read-harness.js';

/** A scheduler whose turns end at once. */
class ImpatientScheduler extends FairScheduler {
  turns = 0;

  override async next(): Promise<number> {
    this.turns++;
    await super.next();
    return Number.NEGATIVE_INFINITY;
  }
}

function readsOf(values: readonly string[]) {
  const scheduler = new ImpatientScheduler();
  const source = {
    hashEntries: async () => ({ fields: [], values: [...values] }),
    streams: { has: () => false },
  };
  const budget = new ReadBudget(1_000_000, { evicted: () => {} });
  const hashes = new HashReader(source as never, budget, 1_000);
  const invalid: string[] = [];
  const sharing = { stateSuffix: ':state', shareMs: 0 };
  const snapshots = new SnapshotReader(hashes, source.streams, sharing, (key) => invalid.push(key));
  const services = { scheduler, snapshots } as unknown as SessionDeps;
  const parts = {
    view: new SessionView(DATA_CRS),
    access: { checkReadable: () => {} },
    subscriptions: { since: () => 0 },
    reader: readerFrom('here'),
  };
  return { reads: new Reads(services, parts as never), scheduler, invalid };
}

test('a command that reads a hash yields when its turn is over', async () => {
  const { reads, scheduler } = readsOf(['1', '2', '3', '4']);
  const values: unknown[] = [];
  for await (const value of reads.values('key')) values.push(value);
  expect(values).toEqual([1, 2, 3, 4]);
  expect(scheduler.turns).toBe(1 + values.length);
});

test('a command that reads a hash skips values that are not JSON', async () => {
  const { reads, invalid } = readsOf(['{"a":1}', 'oops', 'null', '[2]']);
  const values: unknown[] = [];
  for await (const value of reads.values('key')) values.push(value);
  expect(values).toEqual([{ a: 1 }, null, [2]]);
  expect(invalid).toEqual(['key']);
});
