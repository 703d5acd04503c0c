import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from '../src/token-bucket.js';

test('a burst, and then the rate', () => {
  const bucket = new TokenBucket(2, 3, 1000);
  expect([1, 2, 3, 4].map(() => bucket.take(1000))).toEqual([true, true, true, false]);
  expect(bucket.take(1499)).toBe(false);
  expect(bucket.take(1500)).toBe(true);
  expect(bucket.take(1500)).toBe(false);
  expect([0, 0, 0, 0].map(() => bucket.take(1_000_000))).toEqual([true, true, true, false]);
});

test('in any time no more is let through than the burst and what the rate gives', () => {
  const waits = fc.array(fc.double({ min: 0, max: 2000, noNaN: true }), { maxLength: 100 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      waits,
      (rate, burst, steps) => {
        const bucket = new TokenBucket(rate, burst, 0);
        let now = 0;
        let taken = 0;
        for (const step of steps) {
          now += step;
          if (bucket.take(now)) taken++;
          expect(taken).toBeLessThanOrEqual(burst + (rate * now) / 1000 + 1e-6);
        }
      },
    ),
  );
});

test('who asks no more often than the rate is never refused', () => {
  const bucket = new TokenBucket(4, 1, 0);
  for (let now = 0; now < 100_000; now += 250) expect([now, bucket.take(now)]).toEqual([now, true]);
});
