import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { startWorld } from '@viaduct/testkit/world';
import type { Feature } from 'geojson';
import type { Redis } from 'ioredis';

export const CRS84 = 'http://www.opengis.net/def/crs/OGC/1.3/CRS84';

export interface LinkDocument {
  href: string;
  rel: string;
  type: string;
}

/** A page of features, as the API sends it. */
export interface FeaturesDocument {
  type: string;
  features: Feature[];
  links: LinkDocument[];
  numberMatched: number;
  numberReturned: number;
  timeStamp: string;
}

/** The name of an EPSG code in the API. */
export function epsg(code: number): string {
  return `http://www.opengis.net/def/crs/EPSG/0/${code}`;
}

export function pointAt(id: string | number, lon: number, lat: number, properties: object = {}): Feature {
  return {
    type: 'Feature',
    id,
    properties: { ...properties },
    geometry: { type: 'Point', coordinates: [lon, lat] },
  };
}

/** A gateway on a Redis of its own, and requests to its HTTP API. */
export class FeaturesClient {
  constructor(
    readonly gateway: GatewayProcess,
    readonly redis: Redis,
  ) {}

  static async start(env: Readonly<Record<string, string>> = {}): Promise<FeaturesClient> {
    const { redis, server } = await startWorld();
    const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: 'trains', ...env });
    return new FeaturesClient(gateway, redis);
  }

  get root(): string {
    return `${this.gateway.url}/ogc`;
  }

  /** Puts features into the hash of a channel, each in the field of its id. */
  async fill(channel: string, features: readonly Feature[]): Promise<void> {
    const pairs = features.flatMap((feature) => [String(feature.id), JSON.stringify(feature)]);
    if (pairs.length > 0) await this.redis.hset(channel, ...pairs);
  }

  /** @param path below the landing page, or a whole address */
  ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
    return fetch(path.startsWith('http') ? path : this.root + path, { headers, method });
  }

  /** The JSON of an answer that must be 200. */
  async json<T = Record<string, unknown>>(path: string, headers: Record<string, string> = {}): Promise<T> {
    const answer = await this.ask(path, headers);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** A page of features of a channel, or the page at an address. */
  items(query = '', channel = 'trains', headers: Record<string, string> = {}): Promise<FeaturesDocument> {
    const path = query.startsWith('http')
      ? query
      : `/collections/${encodeURIComponent(channel)}/items${query}`;
    return this.json<FeaturesDocument>(path, headers);
  }

  /** The status of an answer. */
  async status(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
    const answer = await this.ask(path, headers, method);
    await answer.arrayBuffer();
    return answer.status;
  }

  /** All pages that a request begins, one after the other. */
  async *pages(query: string, channel = 'trains'): AsyncGenerator<FeaturesDocument, void> {
    let next: string | undefined = query;
    while (next !== undefined) {
      const page: FeaturesDocument = await this.items(next, channel);
      yield page;
      next = linkOf(page, 'next');
    }
  }
}

/** The address of a document's link with that relation; undefined if there is none. */
export function linkOf(
  { links }: { links: readonly LinkDocument[] },
  rel: string,
  type?: string,
): string | undefined {
  return links.find((link) => link.rel === rel && (type === undefined || link.type === type))?.href;
}

export function idsOf({ features }: FeaturesDocument): unknown[] {
  return features.map(({ id }) => id);
}
