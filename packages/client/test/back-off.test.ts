import { expect, test } from 'vitest';
import { BackOff } from '../src/back-off.js';

/** The shortest and longest of many random waits after this number of attempts. */
function range(attempts: number): [number, number] {
  const waits = Array.from({ length: 2000 }, () => {
    const backOff = new BackOff({ minMs: 1000, maxMs: 30_000 });
    for (let i = 0; i < attempts; i++) backOff.next();
    return backOff.next();
  });
  return [Math.min(...waits), Math.max(...waits)];
}

test.each([
  [0, 1000],
  [1, 2000],
  [4, 16_000],
  [5, 30_000],
  [50, 30_000],
])('after %i attempts the wait is spread over the upper half of %i ms', (attempts, ceiling) => {
  const [shortest, longest] = range(attempts);
  expect(shortest).toBeGreaterThanOrEqual(ceiling / 2);
  expect(shortest).toBeLessThan(ceiling * 0.6);
  expect(longest).toBeLessThanOrEqual(ceiling);
  expect(longest).toBeGreaterThan(ceiling * 0.9);
});

test('after an announced end, the wait is random, up to the shortest maximum', () => {
  const backOff = new BackOff({ minMs: 1000, maxMs: 30_000 });
  const waits = Array.from({ length: 2000 }, () => backOff.spread());
  expect(Math.min(...waits)).toBeLessThan(100);
  expect(Math.max(...waits)).toBeGreaterThan(900);
  expect(Math.max(...waits)).toBeLessThanOrEqual(1000);
});

test('only a connection that lasted longer than the last wait shortens the next one', () => {
  const backOff = new BackOff({ minMs: 1000, maxMs: 30_000 });
  for (let i = 0; i < 5; i++) backOff.next();
  backOff.held(10_000);
  expect(backOff.next()).toBeGreaterThanOrEqual(15_000);
  backOff.held(31_000);
  expect(backOff.next()).toBeLessThanOrEqual(1000);
});
