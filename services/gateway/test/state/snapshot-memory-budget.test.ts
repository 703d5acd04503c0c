import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SnapshotMemoryBudget, STALLED_MS } from '../../src/state/snapshot-memory-budget.js';
import { Snapshot } from '../../src/state/snapshots.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Holder {
  isTooSlow = false;

  giveUp(): void {
    this.isTooSlow = true;
  }
}

/** A promise, and a function that resolves it. */
function pending(): { wait: Promise<void>; end: () => void } {
  let end = (): void => {};
  const wait = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { wait, end };
}

const snapshot = (bytes: number): Snapshot => new Snapshot('key', ['x'.repeat(bytes)], () => {});

/** Lets the holder stall in the snapshot until the returned function is called. */
function hold(held: SnapshotMemoryBudget, of: Snapshot, holder: Holder): () => Promise<void> {
  const { wait, end } = pending();
  const held1 = held.during(wait, of, holder);
  vi.advanceTimersByTime(STALLED_MS);
  return () => {
    end();
    return held1;
  };
}

test('a snapshot counts once, as long as any session waits in it', async () => {
  const held = new SnapshotMemoryBudget(100);
  const shared = snapshot(60);
  const holders = [new Holder(), new Holder()];
  const ends = holders.map((holder) => hold(held, shared, holder));
  expect(held.bytes).toBe(60);
  await ends[0]?.();
  expect(held.bytes).toBe(60);
  await ends[1]?.();
  expect(held.bytes).toBe(0);
  expect(holders.some(({ isTooSlow }) => isTooSlow)).toBe(false);
});

test('past the limit the sessions that have waited longest end, but not one that continued in between', async () => {
  const held = new SnapshotMemoryBudget(100);
  const [slow, goesOn, newest] = [new Holder(), new Holder(), new Holder()];
  const first = snapshot(50);
  const goOn = hold(held, first, goesOn);
  hold(held, snapshot(50), slow);
  await goOn();
  hold(held, first, goesOn);
  hold(held, snapshot(30), newest);
  expect([slow.isTooSlow, goesOn.isTooSlow, newest.isTooSlow]).toEqual([true, false, false]);
  expect(held.bytes).toBe(80);
});

test('a single snapshot may be larger than the limit', async () => {
  const held = new SnapshotMemoryBudget(100);
  const [old, large] = [new Holder(), new Holder()];
  const endOld = hold(held, snapshot(10), old);
  const endLarge = hold(held, snapshot(1000), large);
  expect([old.isTooSlow, large.isTooSlow, held.bytes]).toEqual([true, false, 1000]);
  await endOld();
  await endLarge();
  expect(held.bytes).toBe(0);
});

test('a wait that fails holds nothing afterwards', async () => {
  const held = new SnapshotMemoryBudget(100);
  const failing = held.during(Promise.reject(new Error('cut')), snapshot(10), new Holder());
  await expect(failing).rejects.toThrow('cut');
  expect(held.bytes).toBe(0);
});

test('a session that continues before it stalls holds nothing', async () => {
  const held = new SnapshotMemoryBudget(100);
  const holders = [new Holder(), new Holder()];
  const waits = holders.map((holder) => {
    const { wait, end } = pending();
    return { during: held.during(wait, snapshot(80), holder), end };
  });
  vi.advanceTimersByTime(STALLED_MS - 1);
  expect(held.bytes).toBe(0);
  for (const { during, end } of waits) {
    end();
    await during;
  }
  vi.advanceTimersByTime(STALLED_MS);
  expect(held.bytes).toBe(0);
  expect(holders.some(({ isTooSlow }) => isTooSlow)).toBe(false);
});
