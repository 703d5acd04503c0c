import { expect, test } from 'vitest';
import { TokenBucket } from '../../src/admission/token-bucket.js';
import { CommandRate, weightOf } from '../../src/commands/command-rate.js';

/** How many of a number of simultaneous attempts succeed. */
function takes(bucket: TokenBucket, tries: number, now: number): number {
  return Array.from({ length: tries }, () => bucket.take(now)).filter(Boolean).length;
}

test('a bucket gives its burst at once, then its rate', () => {
  const bucket = new TokenBucket(10, 5, 1000);
  expect(takes(bucket, 20, 1000)).toBe(5);
  expect(takes(bucket, 20, 1099)).toBe(0);
  expect(takes(bucket, 20, 1100)).toBe(1);
  expect(takes(bucket, 20, 1350)).toBe(2);
  expect(takes(bucket, 20, 60_000)).toBe(5);
});

test('over a long time, no more than the rate passes, whenever the attempts are made', () => {
  const bucket = new TokenBucket(7, 7, 0);
  let taken = 0;
  for (let now = 0; now < 10_000; now += 3) taken += takes(bucket, 2, now);
  expect(taken).toBeGreaterThanOrEqual(70);
  expect(taken).toBeLessThanOrEqual(77);
});

test('commands within the rate run, those beyond it are refused, and a session far beyond it ends', () => {
  const rate = new CommandRate(2);
  const verdicts = Array.from({ length: 25 }, () => rate.judge(0, 1));
  expect(verdicts).toEqual([
    ...Array.from({ length: 4 }, () => 'run'),
    ...Array.from({ length: 4 }, () => 'refuse'),
    ...Array.from({ length: 17 }, () => 'close'),
  ]);
});

test('a session that sends up to twice its rate has some commands refused, but never ends', () => {
  const rate = new CommandRate(10);
  const verdicts = new Set<string>();
  for (let now = 0; now < 60_000; now += 51) verdicts.add(rate.judge(now, 1));
  expect(verdicts).toEqual(new Set(['run', 'refuse']));
});

test('a command counts once for each 4 KiB or part of it', () => {
  expect([0, 1, 4096, 4097, 8192, 131_072].map(weightOf)).toEqual([1, 1, 1, 2, 2, 32]);
});

test('a command that counts as several uses up the rate of as many', () => {
  const rate = new CommandRate(2);
  // 4 are allowed at once, so the second one is, and 2 are owed.
  expect([rate.judge(0, 3), rate.judge(0, 3), rate.judge(0, 1)]).toEqual(['run', 'run', 'refuse']);
  expect(rate.judge(1000, 1)).toBe('refuse');
  expect(rate.judge(2000, 1)).toBe('run');
});

test('a rate of 0 means no limit', () => {
  const rate = new CommandRate(0);
  expect(new Set(Array.from({ length: 10_000 }, () => rate.judge(0, 1)))).toEqual(new Set(['run']));
});
