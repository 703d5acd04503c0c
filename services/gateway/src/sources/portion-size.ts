/** The intended size of a portion of a long answer: a small request on the same connection waits for one portion. */
export const PORTION_BYTES = 256 * 1024;

/** The most that a request may grow from one portion to the next: later items may be larger than earlier ones. */
const MAX_GROWTH = 8;

/**
 * The number of items for the next request. Redis accepts a number of items, but the aim is a number of bytes.
 *
 * @param count number of requested items
 * @param received number of received items
 * @param bytes size of the received items
 * @param max the most items of a request
 */
export function nextCount(count: number, received: number, bytes: number, max: number): number {
  if (received === 0) return count;
  const fitting = Math.floor((received * PORTION_BYTES) / Math.max(bytes, 1));
  return Math.max(1, Math.min(fitting, count * MAX_GROWTH, max));
}
