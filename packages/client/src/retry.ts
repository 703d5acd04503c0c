import { TEMPORARY_ERRORS } from '@viaduct/protocol';
import { ConnectionError, ViaductError } from './errors.js';

/** Minimum time between two attempts, in milliseconds. */
const RETRY_MS = 1000;

/** How often to repeat a command with which the gateway failed: it will probably fail again. */
const REPETITIONS_AFTER_INTERNAL = 3;

/** Counts the attempts to send a command. */
export class Attempts {
  #failed = 0;

  /**
   * Whether to send a failed command again. Resolves when it is time to do so; at a random time, so that not all clients
   * retry at once.
   */
  async mayFollow(error: unknown): Promise<boolean> {
    if (++this.#failed > repetitionsAfter(error)) return false;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS * (1 + Math.random())));
    return true;
  }
}

function repetitionsAfter(error: unknown): number {
  if (!(error instanceof ViaductError)) return 0;
  if (error.code === 'internal') return REPETITIONS_AFTER_INTERNAL;
  return TEMPORARY_ERRORS.includes(error.code) ? Number.POSITIVE_INFINITY : 0;
}

/** The error for something that has not succeeded for `timeoutMs`, while attempts continue; `cause` is the last failure. */
export function delayedError(what: string, timeoutMs: number, cause: unknown): ConnectionError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new ConnectionError('timeout', `${what} yet, after ${timeoutMs} ms${why}`, null, { cause });
}
