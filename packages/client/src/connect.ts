import type { ConnectOptions } from './options.js';
import { Viaduct } from './viaduct.js';

/**
 * Connects to a gateway, and reconnects whenever the connection is lost.
 *
 * @param url of the gateway, such as `https://live.example.org`; in a page also a path on the page's origin, such as `/`
 * @throws RangeError if an option is invalid, or the URL is not the address of a gateway
 *
 * @example
 * ```ts
 * import { connect } from '@viaduct/client';
 *
 * const viaduct = connect('http://localhost:8080', { token: async () => 'YOUR_TOKEN' });
 * const trains = viaduct.subscribe('trains', { onFeature: ({ id }) => console.log(id) }); // prints: 17
 * await trains.ready;
 * ```
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Viaduct {
  return new Viaduct(url, options);
}
