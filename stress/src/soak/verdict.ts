import type { Memory } from '@viaduct/testkit/measured-gateway';

/** A sample between two cycles, when all clients but the witnesses have gone. */
export type Sample = Memory;

/** The first samples show a gateway that warms up. */
export const WARM_UP = 2;

/** Tolerated growth of the heap: a share, and some bytes for the noise of small heaps. */
const HEAP_GROWTH = 0.1;
const HEAP_NOISE = 3 * 1024 * 1024;

/** The resident memory grows with the largest heap, and shrinks late. */
const RSS_GROWTH = 0.25;
const RSS_NOISE = 32 * 1024 * 1024;

/** Sockets that are being closed or opened during a sample. */
const HANDLE_NOISE = 4;

/**
 * Whether memory and handles stayed flat: compares the median of the last third of the samples with that of the first
 * third.
 *
 * @param samples at least three after {@link WARM_UP}
 * @returns what grew, in words; empty if nothing did
 */
export function judge(samples: readonly Sample[]): string[] {
  const settled = samples.slice(WARM_UP);
  const third = Math.max(1, Math.floor(settled.length / 3));
  const early = settled.slice(0, third);
  const late = settled.slice(-third);
  const grew = (name: keyof Sample, share: number, noise: number): string[] => {
    const before = median(early.map((sample) => sample[name]));
    const after = median(late.map((sample) => sample[name]));
    return after <= before * (1 + share) + noise ? [] : [`${name} grew from ${before} to ${after}`];
  };
  return [
    ...grew('heapUsed', HEAP_GROWTH, HEAP_NOISE),
    ...grew('arrayBuffers', HEAP_GROWTH, HEAP_NOISE),
    ...grew('rss', RSS_GROWTH, RSS_NOISE),
    ...grew('handles', 0, HANDLE_NOISE),
  ];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
