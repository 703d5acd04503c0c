import type { Stop } from './emitter.js';

/** Options of a call that can be ended early. */
export interface Abortable {
  /** Ends it when it aborts. */
  signal?: AbortSignal;
}

/** Calls `run` when the signal aborts, or at once if it has; until the returned function is called. */
export function onAbort(signal: AbortSignal | undefined, run: () => void): Stop {
  if (signal?.aborted) run();
  else signal?.addEventListener('abort', run, { once: true });
  return () => signal?.removeEventListener('abort', run);
}

/**
 * Settles as `result` does, unless the signal aborts before.
 *
 * @throws the signal's reason
 */
export function unlessAborted<T>(result: Promise<T>, { signal }: Abortable): Promise<T> {
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => reject(signal.reason));
    result.then(resolve, reject).finally(stop);
  });
}
