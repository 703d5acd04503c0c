import { scaled } from '@viaduct/testkit/wait';

/** Resolves after so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Resolves when the condition holds.
 *
 * @param what is waited for, for the error
 * @throws Error where it does not hold within `timeoutMs`
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await sleep(INTERVAL_MS);
  }
}

/** Longest wait for something that a gateway does at once, in ms. */
const PATIENCE_MS = scaled(20_000);

const INTERVAL_MS = 5;
