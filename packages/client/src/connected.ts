import type { Stop } from './emitter.js';
import type { ConnectionError } from './errors.js';
import { delayedError } from './retry.js';
import type { ConnectionState } from './viaduct-types.js';

/** Something that connects, as seen by a function that waits for it. */
export interface Connecting {
  readonly state: ConnectionState;
  on(name: 'state', listener: (state: ConnectionState, error: ConnectionError | null) => void): Stop;
}

/** Resolves when the connection is open or closed. */
export function untilDecided(connecting: Connecting): Promise<void> {
  if (connecting.state !== 'connecting') return Promise.resolve();
  return new Promise((resolve) => {
    const stop = connecting.on('state', (state) => {
      if (state === 'connecting') return;
      stop();
      resolve();
    });
  });
}

/**
 * Settles as `result` does, unless there is no connection for a time.
 *
 * @param lastError the last failure; null if there was none
 * @throws ConnectionError if there is no connection for `timeoutMs`
 */
export function whileReachable<T>(
  result: Promise<T>,
  connecting: Connecting,
  timeoutMs: number,
  lastError: () => ConnectionError | null,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const giveUp = (): void => {
      end();
      reject(delayedError('no connection', timeoutMs, lastError()));
    };
    const watch = (state: ConnectionState): void => {
      if (state === 'connecting') timer ??= setTimeout(giveUp, timeoutMs);
      else {
        clearTimeout(timer);
        timer = undefined;
      }
    };
    const stop = connecting.on('state', watch);
    const end = (): void => {
      stop();
      clearTimeout(timer);
    };
    watch(connecting.state);
    result.then(resolve, reject).finally(end);
  });
}
