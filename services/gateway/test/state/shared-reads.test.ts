import { eventually } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';
import { ReadBudget } from '../../src/state/read-budget.js';
import { SharedReads } from '../../src/state/shared-reads.js';
import { readerFrom } from '../support/read-harness.js';

/** Reads begin when there is room for them, not within the call. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads that the test ends. */
class Reads {
  readonly begun: string[] = [];
  readonly #ends: ((error: Error | null) => void)[] = [];
  readonly budget = new ReadBudget(1_000_000, { evicted: () => {} });
  readonly shared: SharedReads<number>;

  constructor(shareMs = 0) {
    this.shared = new SharedReads((key, claim, begun) => {
      const read = (): Promise<number> => {
        begun();
        const number = this.begun.push(key);
        return new Promise<number>((resolve, reject) => {
          this.#ends.push((error) => (error === null ? resolve(number) : reject(error)));
        });
      };
      return this.budget.read(key, claim, read, () => 1);
    }, shareMs);
  }

  /** The value that a caller receives. */
  async read(key: string, notBefore: number): Promise<number> {
    const { value, release } = await this.shared.read(key, notBefore, readerFrom('here'));
    release();
    return value;
  }

  /** Ends the oldest running read. */
  async end(error: Error | null = null): Promise<void> {
    await eventually(() => expect(this.#ends).not.toHaveLength(0));
    this.#ends.shift()?.(error);
    await turn();
  }
}

const SOME_TIME_AGO = 0;
const now = (): number => performance.now();

describe('reads of one key', () => {
  test('are shared by callers for whom the current read did not begin too early', async () => {
    const reads = new Reads();
    const all = [reads.read('a', SOME_TIME_AGO), reads.read('a', SOME_TIME_AGO)];
    await reads.end();
    expect(await Promise.all(all)).toEqual([1, 1]);
    expect(reads.begun).toEqual(['a']);
  });

  test('run one at a time, and all callers that need a later one share the next', async () => {
    const reads = new Reads();
    const first = reads.read('a', now());
    await turn();
    const later = Array.from({ length: 100 }, () => reads.read('a', Number.POSITIVE_INFINITY));
    await eventually(() => expect(reads.begun).toEqual(['a']));
    await reads.end();
    await eventually(() => expect(reads.begun).toEqual(['a', 'a']));
    const last = reads.read('a', Number.POSITIVE_INFINITY);
    await reads.end();
    await reads.end();
    expect(await first).toBe(1);
    expect(new Set(await Promise.all(later))).toEqual(new Set([2]));
    expect(await last).toBe(3);
  });

  test('that fail do not affect later reads', async () => {
    const reads = new Reads(60_000);
    const first = reads.read('a', now());
    await turn();
    const next = reads.read('a', Number.POSITIVE_INFINITY);
    void first.catch(() => {});
    await reads.end(new Error('away'));
    await reads.end();
    await expect(first).rejects.toThrow('away');
    expect(await next).toBe(2);
  });

  test('answer later callers for a while if configured, unless they need a later read', async () => {
    const reads = new Reads(60_000);
    const before = now();
    const first = reads.read('a', before);
    await reads.end();
    expect(await reads.read('a', before)).toBe(await first);
    const fresh = reads.read('a', Number.POSITIVE_INFINITY);
    await reads.end();
    expect(await fresh).toBe(2);
  });

  test('do not wait for reads of another key', async () => {
    const reads = new Reads();
    void reads.read('a', now());
    void reads.read('b', now());
    await eventually(() => expect(reads.begun).toEqual(['a', 'b']));
  });
});
