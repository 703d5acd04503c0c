import { describe, expect, test } from 'vitest';
import { SharedReads } from '../../src/state/shared-reads.js';

/** Reads that the test ends. */
class Reads {
  readonly begun: string[] = [];
  readonly #ends: ((error: Error | null) => void)[] = [];
  readonly shared: SharedReads<number>;

  constructor(shareMs = 0) {
    this.shared = new SharedReads((key) => {
      const number = this.begun.push(key);
      return new Promise<number>((resolve, reject) => {
        this.#ends.push((error) => (error === null ? resolve(number) : reject(error)));
      });
    }, shareMs);
  }

  /** Ends the oldest running read. */
  async end(error: Error | null = null): Promise<void> {
    this.#ends.shift()?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const SOME_TIME_AGO = 0;
const now = (): number => performance.now();

describe('reads of one key', () => {
  test('are shared by callers for whom the current read did not begin too early', async () => {
    const reads = new Reads();
    const all = [reads.shared.read('a', SOME_TIME_AGO), reads.shared.read('a', SOME_TIME_AGO)];
    await reads.end();
    expect(await Promise.all(all)).toEqual([1, 1]);
    expect(reads.begun).toEqual(['a']);
  });

  test('run one at a time, and all callers that need a later one share the next', async () => {
    const reads = new Reads();
    const first = reads.shared.read('a', now());
    const later = Array.from({ length: 100 }, () => reads.shared.read('a', Number.POSITIVE_INFINITY));
    expect(reads.begun).toEqual(['a']);
    await reads.end();
    expect(reads.begun).toEqual(['a', 'a']);
    const last = reads.shared.read('a', Number.POSITIVE_INFINITY);
    await reads.end();
    await reads.end();
    expect(await first).toBe(1);
    expect(new Set(await Promise.all(later))).toEqual(new Set([2]));
    expect(await last).toBe(3);
  });

  test('that fail do not affect later reads', async () => {
    const reads = new Reads(60_000);
    const first = reads.shared.read('a', now());
    const next = reads.shared.read('a', Number.POSITIVE_INFINITY);
    void first.catch(() => {});
    await reads.end(new Error('away'));
    await reads.end();
    await expect(first).rejects.toThrow('away');
    expect(await next).toBe(2);
  });

  test('answer later callers for a while if configured, unless they need a later read', async () => {
    const reads = new Reads(60_000);
    const before = now();
    const first = reads.shared.read('a', before);
    await reads.end();
    expect(await reads.shared.read('a', before)).toBe(await first);
    const fresh = reads.shared.read('a', Number.POSITIVE_INFINITY);
    await reads.end();
    expect(await fresh).toBe(2);
  });

  test('do not wait for reads of another key', () => {
    const reads = new Reads();
    void reads.shared.read('a', now());
    void reads.shared.read('b', now());
    expect(reads.begun).toEqual(['a', 'b']);
  });
});
