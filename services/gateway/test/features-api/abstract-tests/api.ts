import type { Feature, Point } from 'geojson';
import { expect } from 'vitest';
import { FeaturesClient, type LinkDocument, pointAt } from '../../support/features-client.js';

// What the abstract tests of OGC 17-069r4 (Core, OpenAPI 3.0, GeoJSON, HTML) and OGC 18-058r1 share. The tests have the
// names that they have there.

const COLLECTIONS = [
  {
    id: 'trains',
    title: 'Trains',
    description: 'Where trains are',
    extent: [5, 45, 11, 48],
    crs: ['epsg:2056'],
  },
];

/** Two trains in a box of a degree around Bern, two elsewhere, and one whose place is not known. */
export const BERN = '7,46.5,8,47.5';
export const TRAINS: Feature[] = [
  pointAt('a', 7.44, 46.95),
  pointAt('b', 7.5, 47.0),
  pointAt(3, 8.54, 47.38),
  pointAt('d', 6.63, 46.52),
];
/** It has no id: a feature with one and without a geometry is a removal. */
export const LOST: Feature<Point | null> = { type: 'Feature', properties: { name: 'lost' }, geometry: null };

export const JSON_TYPE = 'application/json';
export const GEO_JSON = 'application/geo+json';
export const HTML = 'text/html';

export interface CollectionDocument {
  id: string;
  title: string;
  description: string;
  extent: { spatial: { bbox: number[][]; crs: string } };
  crs: string[];
  storageCrs: string;
  links: LinkDocument[];
}

export interface Parameter {
  name: string;
  in: string;
  required: boolean;
  style: string;
  explode: boolean;
  schema: { type: string; minItems?: number; maxItems?: number; items?: { type: string } };
}

export interface OpenApiDocument {
  openapi: string;
  paths: Record<string, { get: { parameters: Parameter[]; responses: Record<string, object> } }>;
  components: { securitySchemes: Record<string, object> };
}

/** An API with these collections and features. */
export async function startApi(): Promise<FeaturesClient> {
  const api = await FeaturesClient.start({ COLLECTIONS: JSON.stringify(COLLECTIONS) });
  await api.fill('trains', TRAINS);
  await api.redis.hset('trains', 'lost', JSON.stringify(LOST));
  return api;
}

export const ITEMS = '/collections/trains/items';

/** Every resource of the API, with the media type of its JSON. */
export const RESOURCES: [path: string, type: string][] = [
  ['', JSON_TYPE],
  ['/conformance', JSON_TYPE],
  ['/api', 'application/vnd.oai.openapi+json;version=3.0'],
  ['/collections', JSON_TYPE],
  ['/collections/trains', JSON_TYPE],
  [ITEMS, GEO_JSON],
  [`${ITEMS}/a`, GEO_JSON],
];

/** The links that every document needs: to itself and to its other format, each with a relation and a type. */
export function checkOwnLinks({ links }: { links: LinkDocument[] }, type: string): void {
  expect(links.filter(({ rel, type: of }) => rel === 'self' && of === type)).toHaveLength(1);
  expect(links.some(({ rel, type: of }) => rel === 'alternate' && of === HTML)).toBe(true);
  for (const link of links)
    expect(link).toMatchObject({
      href: expect.any(String),
      rel: expect.any(String),
      type: expect.any(String),
    });
}
