import type { Stop } from './emitter.js';
import { sessionOf, type Viaduct } from './viaduct.js';

/**
 * Cuts the connection as a broken network would, so that you can see or test how it is restored.
 *
 * @example see {@link Viaduct.retryNow}
 */
export function cut(viaduct: Viaduct): void {
  sessionOf(viaduct).link.cut();
}

/**
 * Calls `listener` with the number of bytes of each message from the gateway: uncompressed, and without frames.
 *
 * @example
 * ```ts
 * import { connect } from '@viaduct/client';
 * import { onTraffic } from '@viaduct/client/testing';
 *
 * const viaduct = connect('http://localhost:8080');
 * let bytes = 0;
 * onTraffic(viaduct, (count) => {
 *   bytes += count;
 * });
 * await viaduct.get('trains');
 * console.log(bytes > 100); // prints: true
 * viaduct.close();
 * ```
 */
export function onTraffic(viaduct: Viaduct, listener: (bytes: number) => void): Stop {
  const encoder = new TextEncoder();
  return sessionOf(viaduct).internal.on('text', (text) => listener(encoder.encode(text).length));
}
