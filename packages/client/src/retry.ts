import type { ViaductError } from './errors.js';

/** The shortest such time, in milliseconds. */
const RETRY_MS = 1000;

/** Error codes of PROTOCOL.md after which the same command may succeed a little later. */
const PASSING = new Set<string>(['source_unavailable', 'too_many_commands', 'rate_limited', 'internal']);

/** Whether the same command may succeed a little later. */
export function isPassing({ code }: ViaductError): boolean {
  return PASSING.has(code);
}

/** Resolves when what failed for a passing reason may be tried again; at random times, so that not all comes at once. */
export function retryDelay(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS * (1 + Math.random())));
}
