import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, runGateway } from '@viaduct/testkit/gateway';
import { liveSet } from '../../clients/live-set.js';

export interface Feature {
  type: 'Feature';
  id: string | number;
  geometry: { type: 'Point'; coordinates: number[] } | null;
  properties: object | null;
}

export function point(id: string | number, lon: number, properties: object = {}): Feature {
  return { type: 'Feature', id, geometry: { type: 'Point', coordinates: [lon, 45] }, properties };
}

export function removal(id: string | number): Feature {
  return { type: 'Feature', id, geometry: null, properties: null };
}

export function sorted(features: Iterable<Feature>): Feature[] {
  return [...features].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
}

/** What a client shows that has a live view of a channel. */
export async function watch({ url }: Pick<GatewayProcess, 'url'>, channel: string) {
  const client = await RawClient.connect(url);
  const { held, take } = liveSet(channel);
  client.inbox.onEach(take);
  await client.run('BBOX 0 40 10 50');
  await client.run(`SUB ${channel} live=true`);
  return { shows: () => sorted(held.values()), ids: () => [...held.keys()] };
}

/** What `viaduct functions` prints. */
export async function functionLibrary(): Promise<string> {
  return (await runGateway({}, { arguments: ['functions'] })).gateway.stdout;
}
