import type { Viaduct } from '../../src/index.js';
import { socketIo } from '../../src/socket-io.js';
import { pollingOnly } from './polling-proxy.js';
import { client } from './stack.js';

/** A client of a gateway that does not know live views: `live` reaches it as an argument that it has never heard of. */
export async function clientOfOldGateway(url: string): Promise<Viaduct> {
  const proxy = await pollingOnly(url, (body) => body.replaceAll('"live":true', '"unheard_of":true'));
  return client(proxy.url, { transport: socketIo({ transports: ['polling'] }) });
}
