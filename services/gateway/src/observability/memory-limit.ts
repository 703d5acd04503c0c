import { totalmem } from 'node:os';

/**
 * Memory that this process may use, in bytes: the limit of its container, or all memory of the machine.
 *
 * @param limit what the operating system says; 0, or more than the machine has, if there is no limit
 */
export function memoryLimit(limit = process.constrainedMemory()): number {
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
