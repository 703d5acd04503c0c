import type { Collection } from './collections.js';
import { GEO_JSON_TYPE, HTML_TYPE, JSON_TYPE, OPEN_API_TYPE } from './formats.js';
import { type Addresses, inFormat, type Link } from './links.js';
import { CRS84 } from './named-crs.js';

/** The description of the API, for people. */
export const TITLE = 'Viaduct';
export const DESCRIPTION = 'Live features from Redis, read over HTTP: OGC API - Features.';

const PART_1 = 'http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/';

/** The parts of the standards that the API follows. */
const CONFORMANCE: readonly string[] = [
  ...['core', 'geojson', 'oas30', 'html'].map((part) => PART_1 + part),
  'http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs',
];

/** A document with links. */
export interface Linked {
  readonly links: readonly Link[];
}

export function landingPage(
  addresses: Addresses,
  own: readonly Link[],
): Linked & { title: string; description: string } {
  const api = addresses.of('api');
  const links: Link[] = [
    ...own,
    { href: inFormat(api, 'json'), rel: 'service-desc', type: OPEN_API_TYPE, title: 'OpenAPI definition' },
    { href: inFormat(api, 'html'), rel: 'service-doc', type: HTML_TYPE, title: 'documentation' },
    {
      href: addresses.of('conformance'),
      rel: 'conformance',
      type: JSON_TYPE,
      title: 'conformance classes',
    },
    { href: addresses.of('collections'), rel: 'data', type: JSON_TYPE, title: 'collections' },
  ];
  return { title: TITLE, description: DESCRIPTION, links };
}

export function conformancePage(own: readonly Link[]): Linked & { conformsTo: readonly string[] } {
  return { conformsTo: CONFORMANCE, links: own };
}

export function collectionsPage(
  addresses: Addresses,
  collections: readonly Collection[],
  own: readonly Link[],
): { links: readonly Link[]; collections: readonly CollectionDocument[] } {
  return {
    links: own,
    collections: collections.map((collection) => collectionPage(addresses, collection, [])),
  };
}

export interface CollectionDocument extends Linked {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly extent?: object;
  readonly itemType: 'feature';
  readonly crs: readonly string[];
  readonly storageCrs: string;
}

/** @param own links to the document itself, if it is one of its own */
export function collectionPage(
  addresses: Addresses,
  { id, title = id, description, extent, crss }: Collection,
  own: readonly Link[],
): CollectionDocument {
  const items = addresses.of('collections', id, 'items');
  const itself: Link = {
    href: addresses.of('collections', id),
    rel: 'self',
    type: JSON_TYPE,
    title: 'this collection',
  };
  return {
    id,
    title,
    ...(description !== undefined && { description }),
    ...(extent !== undefined && { extent: { spatial: { bbox: [extent], crs: CRS84 } } }),
    itemType: 'feature',
    crs: crss.uris,
    storageCrs: CRS84,
    links: [
      ...(own.length === 0 ? [itself] : own),
      { href: items, rel: 'items', type: GEO_JSON_TYPE, title: 'features as GeoJSON' },
      { href: inFormat(items, 'html'), rel: 'items', type: HTML_TYPE, title: 'features as HTML' },
    ],
  };
}
