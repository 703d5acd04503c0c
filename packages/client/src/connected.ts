import type { Stop } from './emitter.js';
import { ConnectionError } from './errors.js';
import type { ConnectionState } from './viaduct-types.js';

/** Something that connects, as a function waits for it. */
interface Connecting {
  readonly state: ConnectionState;
  on(name: 'state', listener: (state: ConnectionState, error: ConnectionError | null) => void): Stop;
}

/**
 * Resolves when the connection is open or closed.
 *
 * @param lastError the last failure; null if there was none
 * @throws ConnectionError if it is neither after `timeoutMs`
 */
export function untilDecided(
  connecting: Connecting,
  timeoutMs: number,
  lastError: () => ConnectionError | null,
): Promise<void> {
  if (connecting.state !== 'connecting') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = connecting.on('state', (state) => {
      if (state === 'connecting') return;
      clearTimeout(timer);
      stop();
      resolve();
    });
    const timer = setTimeout(() => {
      stop();
      const cause = lastError();
      const why = cause === null ? '' : `: ${cause.message}`;
      reject(new ConnectionError('timeout', `no connection in ${timeoutMs} ms${why}`, null, { cause }));
    }, timeoutMs);
  });
}
