import { afterEach, beforeEach, vi } from 'vitest';

/** Gives each test of the file a clock that stands still until the test advances it. */
export function fakeClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => void vi.useRealTimers());
}
