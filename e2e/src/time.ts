/** Milliseconds on a monotonic clock, the only clock of the run's measurements. */
export function now(): number {
  return performance.now();
}

/** Limits of a wait for containers, which start and recover slowly: for `until`. */
export const SLOWLY = { withinMs: 60_000, everyMs: 200 } as const;
