import { availableParallelism, loadavg } from 'node:os';

/**
 * How many times longer than on an idle machine the tests may take. TEST_PATIENCE sets it; without it, the number of
 * processes that share a core says it. Never less than 1.
 */
export const PATIENCE = Math.max(
  1,
  Number(process.env.TEST_PATIENCE) || (loadavg()[0] ?? 0) / availableParallelism(),
);
