import type { ViaductError } from './errors.js';

/** How long until what failed for a passing reason is tried again, in milliseconds. */
export const RETRY_MS = 1000;

/** Error codes of PROTOCOL.md after which the same command may succeed a little later. */
const PASSING = new Set<string>(['source_unavailable', 'too_many_commands', 'rate_limited', 'internal']);

/** Whether the same command may succeed a little later. */
export function isPassing({ code }: ViaductError): boolean {
  return PASSING.has(code);
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
