import { vi } from 'vitest';

/** Longest wait for a condition, in milliseconds: for a machine that is busy with other suites. */
export const PATIENCE_MS = 15_000;

/** Waits until `condition` holds; it is an assertion that throws until then. */
export async function eventually(condition: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(condition, { timeout: PATIENCE_MS, interval: 10 });
}
