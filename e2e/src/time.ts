/** Milliseconds on a clock that never jumps; the only one that the run measures with. */
export function now(): number {
  return performance.now();
}

/** Bounds of a wait for containers, which start and heal slowly: for `until`. */
export const SLOWLY = { withinMs: 60_000, everyMs: 200 } as const;
