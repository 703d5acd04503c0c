import { ConnectionError, ViaductError } from './errors.js';

/** Minimum time between two attempts, in milliseconds. */
const RETRY_MS = 1000;

/** Error codes of PROTOCOL.md after which the same command may succeed a little later, and how often to repeat it. */
const REPETITIONS = new Map<string, number>([
  ['source_unavailable', Number.POSITIVE_INFINITY],
  ['too_many_commands', Number.POSITIVE_INFINITY],
  ['rate_limited', Number.POSITIVE_INFINITY],
  // The gateway failed, and will probably fail again.
  ['internal', 3],
]);

/** Counts the attempts to send a command. */
export class Attempts {
  #failed = 0;

  /**
   * Whether to send a failed command again. Resolves when it is time to do so; at a random time, so that not all clients
   * retry at once.
   */
  async mayFollow(error: unknown): Promise<boolean> {
    const most = error instanceof ViaductError ? (REPETITIONS.get(error.code) ?? 0) : 0;
    if (++this.#failed > most) return false;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS * (1 + Math.random())));
    return true;
  }
}

/** The error for something that has not succeeded for `timeoutMs`, while attempts continue; `cause` is the last failure. */
export function delayedError(what: string, timeoutMs: number, cause: unknown): ConnectionError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new ConnectionError('timeout', `${what} yet, after ${timeoutMs} ms${why}`, null, { cause });
}
