import { afterEach, beforeEach, vi } from 'vitest';

/** Milliseconds between two frames. */
const FRAME_MS = 16;

/** Gives each test of the file a clock that stands still, and removes its globals afterwards. */
export function fakeFrames(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

/** Lets that many milliseconds pass, with a frame at the end of them. */
export function pass(ms: number): void {
  vi.advanceTimersByTime(ms - (ms % FRAME_MS) + FRAME_MS);
}
