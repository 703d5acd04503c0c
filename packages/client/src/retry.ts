import type { ViaductError } from './errors.js';

/** Minimum of this time, in milliseconds. */
const RETRY_MS = 1000;

/** Error codes of PROTOCOL.md after which the same command may succeed a little later. */
const PASSING = new Set<string>(['source_unavailable', 'too_many_commands', 'rate_limited', 'internal']);

/** Whether the same command may succeed a little later. */
export function isPassing({ code }: ViaductError): boolean {
  return PASSING.has(code);
}

/**
 * Resolves when a command that failed temporarily can be retried; at a random time, so that not all clients retry at
 * once.
 */
export function retryDelay(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS * (1 + Math.random())));
}
