import { describe, expect, it } from 'vitest';
import { FeedOptionsError, feedOptions } from '../src/feed-options.js';

describe('feed options', () => {
  it('have defaults, also for empty variables', () => {
    expect(feedOptions({ DEMO_RATE: '' })).toEqual({ count: 1000, rate: 400, speedup: 60, seed: 1 });
  });

  it('come from the environment', () => {
    const env = { DEMO_COUNT: '5', DEMO_RATE: '7', DEMO_SPEEDUP: '1', DEMO_SEED: '9' };
    expect(feedOptions(env)).toEqual({ count: 5, rate: 7, speedup: 1, seed: 9 });
  });

  it.each([
    ['DEMO_COUNT', '0', 100_000],
    ['DEMO_COUNT', '-3', 100_000],
    ['DEMO_RATE', 'fast', 100_000],
    ['DEMO_RATE', '1.5', 100_000],
    ['DEMO_SPEEDUP', '3601', 3600],
    ['DEMO_SEED', 'NaN', 4_294_967_295],
  ])('refuse %s=%s and say what is valid', (variable, value, max) => {
    const read = (): unknown => feedOptions({ [variable]: value });
    expect(read).toThrow(FeedOptionsError);
    expect(read).toThrow(`${variable} is "${value}"; it must be a whole number from 1 to ${max}.`);
  });
});
