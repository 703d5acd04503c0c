import { afterEach, describe, expect, test, vi } from 'vitest';
import { perFrame } from '../src/frame.js';

afterEach(() => vi.unstubAllGlobals());

/** A screen that shows a frame with each call of `show`. */
function screen(): { show(): void } {
  let waiting = new Map<number, () => void>();
  let count = 0;
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => {
    waiting.set(++count, run);
    return count;
  });
  vi.stubGlobal('cancelAnimationFrame', (id: number) => waiting.delete(id));
  return {
    show() {
      const now = waiting;
      waiting = new Map();
      for (const run of now.values()) run();
    },
  };
}

describe('work for each frame', () => {
  test('is done once, however often it was requested, and again after another request', () => {
    const { show } = screen();
    const run = vi.fn();
    const { request } = perFrame(run);
    for (let i = 0; i < 5; i++) request();
    expect(run).not.toHaveBeenCalled();
    show();
    show();
    expect(run).toHaveBeenCalledTimes(1);
    request();
    show();
    expect(run).toHaveBeenCalledTimes(2);
  });

  test('is not done after it was cancelled, until it is requested again', () => {
    const { show } = screen();
    const run = vi.fn();
    const { request, cancel } = perFrame(run);
    request();
    cancel();
    show();
    expect(run).not.toHaveBeenCalled();
    request();
    show();
    expect(run).toHaveBeenCalledTimes(1);
  });

  test('is done soon without frames', async () => {
    const run = vi.fn();
    const { request, cancel } = perFrame(run);
    request();
    request();
    await expect.poll(() => run.mock.calls.length).toBe(1);
    request();
    cancel();
    request();
    await expect.poll(() => run.mock.calls.length).toBe(2);
  });
});
