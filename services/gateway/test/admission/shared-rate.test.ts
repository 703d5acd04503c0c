import { fc } from '@viaduct/testkit/properties';
import { expect, test } from 'vitest';
import { SharedRate } from '../../src/admission/shared-rate.js';

const PER_SECOND = 1000;

/** Repays debts in equal parts, a small amount at a time: slow, but plain. */
class Model {
  readonly #debts = new Map<string, number>();

  pass(ms: number): void {
    let left = (ms * PER_SECOND) / 1000;
    while (left > 1e-9 && this.#debts.size > 0) {
      const smallest = Math.min(...this.#debts.values());
      const each = Math.min(smallest, left / this.#debts.size);
      left -= each * this.#debts.size;
      for (const [network, debt] of this.#debts) {
        if (debt - each < 1e-6) this.#debts.delete(network);
        else this.#debts.set(network, debt - each);
      }
    }
  }

  take(network: string, cost: number): boolean {
    const owed = this.#debts.get(network) ?? 0;
    const part = PER_SECOND / (this.#debts.size + (owed === 0 ? 1 : 0));
    const all = [...this.#debts.values()].reduce((sum, debt) => sum + debt, 0);
    if (owed >= part || (all >= 2 * PER_SECOND && owed + cost > part)) return false;
    this.#debts.set(network, owed + cost);
    return true;
  }

  get size(): number {
    return this.#debts.size;
  }
}

/** What networks spend in ten seconds if each tries to spend its cost every ten milliseconds. */
function spentBy(costs: Readonly<Record<string, number>>): Map<string, number> {
  const rate = new SharedRate(PER_SECOND, 0);
  const spent = new Map(Object.keys(costs).map((network) => [network, 0]));
  for (let now = 0; now < 10_000; now += 10) {
    for (const [network, cost] of Object.entries(costs)) {
      if (rate.take(network, cost, now)) spent.set(network, (spent.get(network) ?? 0) + cost);
    }
  }
  return spent;
}

test('a network alone may spend the whole rate, and what one second allows at once', () => {
  const rate = new SharedRate(PER_SECOND, 0);
  const taken = (now: number): number =>
    Array.from({ length: 50 }, () => rate.take('a', 100, now)).filter(Boolean).length;
  expect(taken(0)).toBe(10);
  expect(taken(99)).toBe(1);
  expect(taken(500)).toBe(4);
  expect(taken(60_000)).toBe(10);
});

test('networks that want much have equal parts, and one that wants little gets all that it wants', () => {
  const spent = spentBy({ a: 100, b: 200, c: 50, little: 1 });
  expect(spent.get('little')).toBe(1000);
  for (const greedy of ['a', 'b', 'c']) {
    // A third of what is left of the rate of ten seconds, its part of the first second, and one attempt.
    expect(spent.get(greedy)).toBeGreaterThan(2900);
    expect(spent.get(greedy)).toBeLessThan(3000 + 1000 + 200);
  }
});

test('however many networks want a lot, together they spend the rate, and a burst', () => {
  const crowd = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`n${i}`, 90]));
  const total = [...spentBy(crowd).values()].reduce((sum, each) => sum + each, 0);
  expect(total).toBeGreaterThan(10 * PER_SECOND);
  expect(total).toBeLessThan((10 + 2) * PER_SECOND + 90);
});

test('something that costs more than the rate is possible, and delays what the same network wants next', () => {
  const rate = new SharedRate(PER_SECOND, 0);
  expect(rate.take('editor', 5000, 0)).toBe(true);
  expect(rate.admits('editor', 4000)).toBe(false);
  expect(rate.admits('editor', 4001)).toBe(true);
});

test('if all together owe very much, one that owes nothing may spend its part and no more', () => {
  const rate = new SharedRate(PER_SECOND, 0);
  rate.take('a', 5000, 0);
  expect(rate.take('b', 501, 0)).toBe(false);
  expect(rate.take('b', 500, 0)).toBe(true);
});

test('networks that owe nothing are forgotten', () => {
  const rate = new SharedRate(PER_SECOND, 0);
  for (let i = 0; i < 1000; i++) rate.take(`n${i}`, 1, 0);
  expect(rate.size).toBe(1000);
  rate.admits('other', 999);
  expect(rate.size).toBe(1000);
  rate.admits('other', 1001);
  expect(rate.size).toBe(0);
});

test('it decides as debts that are repaid in equal parts do', () => {
  const step = fc.record({
    ms: fc.integer({ min: 0, max: 400 }),
    network: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    // Fractions, so that no decision depends on how the last digit is rounded.
    cost: fc.integer({ min: 1, max: 30_000 }).map((n) => n / 13.37),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const rate = new SharedRate(PER_SECOND, 0);
      const model = new Model();
      let now = 0;
      for (const { ms, network, cost } of steps) {
        now += ms;
        model.pass(ms);
        expect(rate.take(network, cost, now)).toBe(model.take(network, cost));
        expect(rate.size).toBe(model.size);
      }
    }),
  );
});
