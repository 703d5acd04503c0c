/** Milliseconds on a monotonic clock, the only clock of the run's measurements. */
export function now(): number {
  return performance.now();
}

/** Options of `until` for waits on containers, which start and recover slowly. */
export const CONTAINER_WAIT = { withinMs: 60_000, everyMs: 200 } as const;
