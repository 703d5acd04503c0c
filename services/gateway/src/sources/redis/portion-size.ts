/** Size that a portion of a long answer should have: who asks for little on the same connection waits for one of them. */
const PORTION_BYTES = 256 * 1024;

/** How much more of something may be asked for than the time before: its size may differ from what was seen so far. */
const MAX_GROWTH = 8;

/**
 * How many items to ask for next, as Redis takes a number of items where a number of bytes is meant.
 *
 * @param count how many were asked for
 * @param received how many came
 * @param bytes the size of those
 * @param max most that may be asked for
 */
export function nextCount(count: number, received: number, bytes: number, max: number): number {
  if (received === 0) return count;
  const fitting = Math.floor((received * PORTION_BYTES) / Math.max(bytes, 1));
  return Math.max(1, Math.min(fitting, count * MAX_GROWTH, max));
}
