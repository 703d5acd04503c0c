import type { Memory } from '@viaduct/testkit/measured-gateway';

/** What is left between two cycles, when all but the witnesses have gone. */
export type Sample = Memory;

/** The first so many samples are a gateway that warms up. */
export const WARM_UP = 2;

/** Growth of the heap that counts as none: a share of what it was, and so many bytes for the noise of small heaps. */
const HEAP_GROWTH = 0.1;
const HEAP_NOISE = 3 * 1024 * 1024;

/** The resident memory grows with what a heap once needed, and is given back late. */
const RSS_GROWTH = 0.25;
const RSS_NOISE = 32 * 1024 * 1024;

/** Sockets that are being closed or opened at the moment of a sample. */
const HANDLE_NOISE = 4;

/**
 * Whether memory and handles stayed flat: the median of the last third of the samples beside that of the first third.
 *
 * @param samples at least three after {@link WARM_UP}
 * @returns what grew, in words; empty where nothing did
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
