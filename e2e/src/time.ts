/** Resolves after so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Milliseconds on a clock that never jumps; the only one that the run measures with. */
export function now(): number {
  return performance.now();
}

/**
 * Asks until the answer is yes.
 *
 * @param what completes "waited 20 s for ..."
 * @throws Error where the answer is still no after the deadline
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { deadlineMs = 60_000, everyMs = 200 } = {},
): Promise<void> {
  const end = now() + deadlineMs;
  while (!(await condition())) {
    if (now() > end) throw new Error(`waited ${deadlineMs / 1000} s for ${what}, in vain`);
    await sleep(everyMs);
  }
}
