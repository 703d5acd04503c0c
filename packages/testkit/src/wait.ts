import { availableParallelism, loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longest wait for a condition on an idle machine, in milliseconds: far longer than anything takes there. */
const IDLE_PATIENCE_MS = 30_000;

/** Time between two looks at a condition, in milliseconds. */
const INTERVAL_MS = 10;

/**
 * How many times longer than on an idle machine things may take at the moment: as long as TEST_PATIENCE says, which
 * vitest.config.ts sets when a run begins, and longer if more processes share a core by now. Never less than 1.
 */
export function patience(): number {
  const perCore = (loadavg()[0] ?? 0) / availableParallelism();
  return Math.max(1, Number(process.env.TEST_PATIENCE) || 1, perCore);
}

/** A time for an idle machine, in milliseconds, as a whole number of milliseconds for this machine. */
export function scaled(idleMs: number): number {
  return Math.ceil(idleMs * patience());
}

/** Longest wait for a condition, in milliseconds, for those who cannot ask {@link patience} while they wait. */
export const PATIENCE_MS = scaled(IDLE_PATIENCE_MS);

/** Options of `expect.poll` and `vi.waitFor`. */
export const WAIT = {
  get timeout(): number {
    return scaled(IDLE_PATIENCE_MS);
  },
  interval: INTERVAL_MS,
};

/**
 * Waits until the condition gives something truthy, and resolves with that.
 *
 * @param what what is waited for, for the error
 * @throws Error if it does not come
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  what = 'a condition',
): Promise<NonNullable<T>> {
  const began = performance.now();
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (isOver(began)) throw new Error(`waited ${secondsSince(began)} s in vain for ${what}`);
    await sleep(INTERVAL_MS);
  }
}

/** Waits until `assertion` holds: until then it throws. If it never does, throws what it threw last. */
export async function eventually(assertion: () => void | Promise<void>): Promise<void> {
  const began = performance.now();
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (isOver(began)) throw error;
    }
    await sleep(INTERVAL_MS);
  }
}

function isOver(began: number): boolean {
  return performance.now() - began > scaled(IDLE_PATIENCE_MS);
}

function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 1000);
}
