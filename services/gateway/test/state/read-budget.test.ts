import { fc } from '@viaduct/testkit/properties';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PATIENCE_MS, ReadBudget, STALLED_MS } from '../../src/state/read-budget.js';
import type { Reservation } from '../../src/state/read-reservation.js';
import { type Reading, SharedReads } from '../../src/state/shared-reads.js';
import { readerFrom, type TestReader } from '../support/read-harness.js';

const MAX = 1_600_000;
const SMALL = MAX / 16;
const LARGE = MAX / 4;

/** A budget that reads texts of known sizes, in steps, as a source does. */
class Library {
  evicted = 0;
  /** Text in memory, in bytes. */
  present = 0;
  most = 0;
  readonly budget = new ReadBudget(MAX, { evicted: () => this.evicted++ });
  readonly reads = new SharedReads((key, claim) =>
    this.budget.read(
      key,
      claim,
      (reservation) => this.#read(key, reservation),
      () => Number(key.split(' ')[0]),
    ),
  );

  /** Reads the text of a key, which begins with its size. */
  take(key: string, reader: TestReader) {
    return this.reads.read(key, 0, reader);
  }

  async #read(key: string, reservation: Reservation): Promise<string> {
    const size = Number(key.split(' ')[0]);
    let [bytes, complete] = [0, false];
    try {
      while (bytes < size) {
        await new Promise((resolve) => setImmediate(resolve));
        const step = Math.min(size - bytes, SMALL / 2);
        bytes += step;
        this.#add(step);
        if (!reservation.grow(bytes, size)) throw new Error('outgrown');
      }
      complete = true;
      return key;
    } finally {
      if (!complete) this.#add(-bytes);
    }
  }

  left(key: string): void {
    this.#add(-Number(key.split(' ')[0]));
  }

  #add(bytes: number): void {
    this.present += bytes;
    this.most = Math.max(this.most, this.present);
  }
}

afterEach(() => {
  vi.useRealTimers();
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what is read for clients', () => {
  test('stays within the budget, and every read is answered, whatever is read by whom', async () => {
    const sizes = fc.constantFrom(1, Math.floor(SMALL / 3), SMALL, LARGE, MAX / 2);
    const requests = fc.array(fc.record({ size: sizes, name: fc.nat(3), by: fc.nat(5), turns: fc.nat(5) }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        const library = new Library();
        const readers = [0, 1, 2, 3, 4, 5].map((i) => readerFrom(`network ${i % 3}`));
        const answers = all.map(async ({ size, name, by, turns }, i) => {
          // Reads of the same key are in memory once; this test counts each of them.
          const key = `${size} ${name} ${i}`;
          const { value, release } = await library.take(key, readers[by] as TestReader);
          for (let t = 0; t < turns; t++) await turn();
          library.left(key);
          release();
          return value;
        });
        expect(await Promise.all(answers)).toHaveLength(all.length);
        // A read may pass its share by one step before it stops.
        expect(library.most).toBeLessThanOrEqual(MAX + all.length * (SMALL / 2));
        expect(library.present).toBe(0);
        await turn();
        expect(library.budget.bytes).toBe(0);
        expect(library.budget.waiting).toBe(0);
        expect(library.evicted).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test('leaves room for small reads while large ones wait', async () => {
    const library = new Library();
    const [greedy, modest] = [readerFrom('a'), readerFrom('b')];
    const held = await Promise.all([1, 2, 3].map((i) => library.take(`${LARGE} held ${i}`, greedy)));
    const waits = [4, 5].map((i) => library.take(`${LARGE} waits ${i}`, greedy));
    await vi.waitUntil(() => library.budget.waiting > 0);
    const { value, release } = await library.take('10 small', modest);
    expect(value).toBe('10 small');
    release();
    for (const each of held) each.release();
    for (const each of await Promise.all(waits)) each.release();
    expect(library.budget.bytes).toBe(0);
  });

  test('leaves room for reads that are known to be tiny while moderate ones fill the rest', async () => {
    const library = new Library();
    const [greedy, modest] = [readerFrom('a'), readerFrom('b')];
    (await library.take('10 tiny', modest)).release();
    const held = await Promise.all(
      Array.from({ length: 15 }, (_, i) => library.take(`${SMALL} ${i}`, greedy)),
    );
    const waits = [15, 16].map((i) => library.take(`${SMALL} ${i}`, greedy));
    await vi.waitUntil(() => library.budget.waiting > 0);
    const { value, release } = await library.take('10 tiny', modest);
    expect(value).toBe('10 tiny');
    expect(library.budget.waiting).toBe(2);
    release();
    for (const each of held) each.release();
    for (const each of await Promise.all(waits)) each.release();
    expect(library.budget.bytes).toBe(0);
  });

  test('waits in turn: one session with many waiting reads does not delay another', async () => {
    const library = new Library();
    const [greedy, modest] = [readerFrom('a'), readerFrom('b')];
    const held = await library.take(`${MAX / 2} held`, greedy);
    const order: string[] = [];
    const take = async (name: string, reader: TestReader): Promise<void> => {
      const { release } = await library.take(`${MAX / 2} ${name}`, reader);
      order.push(name);
      await turn();
      release();
    };
    const all = [1, 2, 3, 4, 5, 6].map((i) => take(`greedy ${i}`, greedy));
    await vi.waitUntil(() => library.budget.waiting === 6);
    all.push(take('modest', modest));
    await vi.waitUntil(() => library.budget.waiting === 7);
    held.release();
    await Promise.all(all);
    // One read of the greedy session was already next, and another one's turn had come.
    expect(order.indexOf('modest')).toBeLessThanOrEqual(2);
  });

  test('does not include reads of sessions that have left before their turn', async () => {
    const library = new Library();
    const [reader, gone] = [readerFrom('a'), readerFrom('b')];
    const held = await library.take(`${MAX / 2} held`, reader);
    const waits = library.take(`${MAX / 2} waits`, gone);
    await vi.waitUntil(() => library.budget.waiting === 1);
    const next = library.take(`${MAX / 2} next`, reader);
    gone.ended = true;
    held.release();
    const [left, answer] = await Promise.allSettled([waits, next]);
    // The first of the queue may already have been due.
    if (left.status === 'fulfilled') left.value.release();
    expect(answer.status).toBe('fulfilled');
    if (answer.status === 'fulfilled') answer.value.release();
    expect(library.budget.bytes).toBe(0);
  });
});

describe('clients that read too slowly', () => {
  async function withHeld() {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const library = new Library();
    const [slow, fast] = [readerFrom('a'), readerFrom('b')];
    const held = await library.take(`${MAX / 2} held`, slow);
    return { library, slow, held, waits: () => library.take(`${MAX / 2} waits`, fast) };
  }

  /** Waits for a client that takes no data. */
  const stall = (held: Pick<Reading<string>, 'during'>) => void held.during(new Promise<void>(() => {}));

  test('keep what they have as long as nobody waits for the memory', async () => {
    const { library, slow, held } = await withHeld();
    stall(held);
    await vi.advanceTimersByTimeAsync(10 * PATIENCE_MS);
    expect([slow.isTooSlow, library.evicted]).toEqual([false, 0]);
  });

  test('make room after a while if they have stopped', async () => {
    const { library, slow, held, waits } = await withHeld();
    stall(held);
    const waiting = waits();
    await vi.waitUntil(() => library.budget.waiting === 1);
    await vi.advanceTimersByTimeAsync(STALLED_MS / 2);
    expect(slow.isTooSlow).toBe(false);
    await vi.advanceTimersByTimeAsync(STALLED_MS);
    expect((await waiting).value).toBe(`${MAX / 2} waits`);
    expect([slow.isTooSlow, library.evicted]).toEqual([true, 1]);
  });

  test('make room later if they read a little now and then, and not at all if the gateway is slow', async () => {
    const { library, slow, held, waits } = await withHeld();
    const waiting = waits();
    await vi.waitUntil(() => library.budget.waiting === 1);
    await vi.advanceTimersByTimeAsync(2 * PATIENCE_MS);
    expect(slow.isTooSlow).toBe(false);
    let waited = 0;
    for (; !slow.isTooSlow && waited < 2 * PATIENCE_MS; waited += STALLED_MS / 2) {
      let end = (): void => {};
      const wait = new Promise<void>((resolve) => {
        end = resolve;
      });
      const during = held.during(wait);
      await vi.advanceTimersByTimeAsync(STALLED_MS / 2);
      end();
      await during;
    }
    expect((await waiting).value).toBe(`${MAX / 2} waits`);
    expect(waited).toBeGreaterThanOrEqual(PATIENCE_MS);
  });

  test('stay if another session uses the same read and is in time', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const library = new Library();
    const [slow, inTime, other] = [readerFrom('a'), readerFrom('b'), readerFrom('c')];
    const key = `${MAX / 2} shared`;
    const [stalled, used] = await Promise.all([library.take(key, slow), library.take(key, inTime)]);
    stall(stalled as Reading<string>);
    const waiting = library.take(`${MAX / 2} waits`, other);
    await vi.waitUntil(() => library.budget.waiting === 1);
    await vi.advanceTimersByTimeAsync(2 * STALLED_MS);
    expect([slow.isTooSlow, inTime.isTooSlow]).toEqual([false, false]);
    stall(used as Reading<string>);
    await vi.advanceTimersByTimeAsync(2 * STALLED_MS);
    await waiting;
    expect([slow.isTooSlow, inTime.isTooSlow]).toEqual([true, true]);
  });
});
