import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ViewChangeThrottle } from '../../src/commands/view-change-throttle.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Makes as many changes as the throttle allows at once, each of which takes the main thread for some ms. */
function changes(throttle: ViewChangeThrottle, ms: number): number {
  let count = 0;
  while (throttle.take()) {
    throttle.charge(ms);
    count++;
  }
  return count;
}

test('quick changes are limited by their number alone', () => {
  const throttle = new ViewChangeThrottle(100);
  expect(changes(throttle, 0.1)).toBe(200);
  vi.advanceTimersByTime(1000);
  expect(changes(throttle, 0.1)).toBe(100);
});

test.each([100, 1000])(
  'changes that make work may take a tenth of the main thread, at %i per second',
  (rate) => {
    const throttle = new ViewChangeThrottle(rate);
    changes(throttle, 20);
    let total = 0;
    for (let second = 0; second < 100; second++) {
      vi.advanceTimersByTime(1000);
      total += changes(throttle, 20);
    }
    // 100 s x 100 ms / 20 ms = 500
    expect(total).toBeGreaterThanOrEqual(495);
    expect(total).toBeLessThanOrEqual(505);
  },
);

test('without a rate, nothing is limited', () => {
  const throttle = new ViewChangeThrottle(0);
  for (let i = 0; i < 10_000; i++) {
    expect(throttle.take()).toBe(true);
    throttle.charge(1000);
  }
});
