import type { Feature, Point, Position } from 'geojson';
import proj4 from 'proj4';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  CRS84,
  epsg,
  FeaturesClient,
  type FeaturesDocument,
  idsOf,
  type LinkDocument,
  linkOf,
  pointAt,
} from '../support/features-client.js';

// The abstract tests of OGC 17-069r4 (Core, OpenAPI 3.0, GeoJSON, HTML) and OGC 18-058r1, by their names there.

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
const BERN = '7,46.5,8,47.5';
const TRAINS: Feature[] = [
  pointAt('a', 7.44, 46.95),
  pointAt('b', 7.5, 47.0),
  pointAt(3, 8.54, 47.38),
  pointAt('d', 6.63, 46.52),
];
/** It has no id: a feature with one and without a geometry is a removal. */
const LOST: Feature<Point | null> = { type: 'Feature', properties: { name: 'lost' }, geometry: null };

const JSON_TYPE = 'application/json';
const GEO_JSON = 'application/geo+json';
const HTML = 'text/html';

interface CollectionDocument {
  id: string;
  title: string;
  description: string;
  extent: { spatial: { bbox: number[][]; crs: string } };
  crs: string[];
  storageCrs: string;
  links: LinkDocument[];
}

interface Parameter {
  name: string;
  in: string;
  required: boolean;
  style: string;
  explode: boolean;
  schema: { type: string; minItems?: number; maxItems?: number; items?: { type: string } };
}

interface OpenApiDocument {
  openapi: string;
  paths: Record<string, { get: { parameters: Parameter[]; responses: Record<string, object> } }>;
  components: { securitySchemes: Record<string, object> };
}

let api: FeaturesClient;

beforeAll(async () => {
  api = await FeaturesClient.start({ COLLECTIONS: JSON.stringify(COLLECTIONS) });
  await api.fill('trains', TRAINS);
  await api.redis.hset('trains', 'lost', JSON.stringify(LOST));
});

const ITEMS = '/collections/trains/items';

/** Every resource of the API, with the media type of its JSON. */
const RESOURCES: [path: string, type: string][] = [
  ['', JSON_TYPE],
  ['/conformance', JSON_TYPE],
  ['/api', 'application/vnd.oai.openapi+json;version=3.0'],
  ['/collections', JSON_TYPE],
  ['/collections/trains', JSON_TYPE],
  [ITEMS, GEO_JSON],
  [`${ITEMS}/a`, GEO_JSON],
];

function definitionOf(document: OpenApiDocument, name: string): Parameter | undefined {
  return document.paths['/collections/{collectionId}/items']?.get.parameters.find(
    (parameter) => parameter.name === name,
  );
}

/** The links that every document needs: to itself and to its other format, each with a relation and a type. */
function checkOwnLinks({ links }: { links: LinkDocument[] }, type: string): void {
  expect(links.filter(({ rel, type: of }) => rel === 'self' && of === type)).toHaveLength(1);
  expect(links.some(({ rel, type: of }) => rel === 'alternate' && of === HTML)).toBe(true);
  for (const link of links)
    expect(link).toMatchObject({
      href: expect.any(String),
      rel: expect.any(String),
      type: expect.any(String),
    });
}

describe('Core', () => {
  test('/ats/core/http: GET and HEAD answer with HTTP 1.1, and every other method is refused', async () => {
    for (const [path] of RESOURCES) {
      expect([path, await api.status(path)]).toEqual([path, 200]);
      const head = await api.ask(path, {}, 'HEAD');
      expect([path, head.status, await head.text()]).toEqual([path, 200, '']);
      const post = await api.ask(path, {}, 'POST');
      expect([path, post.status, post.headers.get('allow')]).toEqual([path, 405, 'GET, HEAD, OPTIONS']);
    }
  });

  test('/ats/core/root-op, /ats/core/root-success: the landing page links to definition, conformance and data', async () => {
    for (const path of ['', '/']) {
      const page = await api.json<{ links: LinkDocument[] }>(path);
      checkOwnLinks(page, JSON_TYPE);
      for (const rel of ['service-desc', 'service-doc', 'conformance', 'data']) {
        expect([rel, await api.status(linkOf(page, rel) ?? '')]).toEqual([rel, 200]);
      }
    }
  });

  test('/ats/core/api-definition-op, /ats/core/api-definition-success: the links lead to the OpenAPI document and to its page', async () => {
    const page = await api.json<{ links: LinkDocument[] }>('');
    const definition = await api.ask(linkOf(page, 'service-desc') ?? '');
    expect(definition.headers.get('content-type')).toBe('application/vnd.oai.openapi+json;version=3.0');
    expect(await definition.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.0\./u) });
    const documentation = await api.ask(linkOf(page, 'service-doc') ?? '');
    expect(documentation.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await documentation.text()).toContain('/collections/{collectionId}/items');
  });

  test('/ats/core/conformance-op, /ats/core/conformance-success: the conformance classes are named', async () => {
    const { conformsTo } = await api.json<{ conformsTo: string[] }>('/conformance');
    expect(conformsTo).toEqual([
      'http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core',
      'http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson',
      'http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30',
      'http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html',
      'http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs',
    ]);
  });

  test('/ats/core/fc-md-op, /ats/core/fc-md-success, /ats/core/fc-md-links, /ats/core/fc-md-items: the collections are listed', async () => {
    const document = await api.json<{ links: LinkDocument[]; collections: CollectionDocument[] }>(
      '/collections',
    );
    checkOwnLinks(document, JSON_TYPE);
    expect(document.collections.map(({ id }) => id)).toEqual(['trains']);
    for (const { links } of document.collections) {
      expect(await api.status(linkOf({ links }, 'items', GEO_JSON) ?? '')).toBe(200);
      expect(await api.status(linkOf({ links }, 'items', HTML) ?? '')).toBe(200);
    }
  });

  test('/ats/core/sfc-md-op, /ats/core/sfc-md-success: a collection is described as in the list', async () => {
    const { collections } = await api.json<{ collections: CollectionDocument[] }>('/collections');
    const collection = await api.json<CollectionDocument>('/collections/trains');
    checkOwnLinks(collection, JSON_TYPE);
    expect({ ...collection, links: [] }).toEqual({ ...collections[0], links: [] });
    expect(collection).toMatchObject({
      title: 'Trains',
      description: 'Where trains are',
      extent: { spatial: { bbox: [[5, 45, 11, 48]], crs: CRS84 } },
    });
  });

  test('/ats/core/fc-op, /ats/core/fc-response: the items are a collection of all features, as they were published', async () => {
    const page = await api.items();
    expect(page.type).toBe('FeatureCollection');
    const byId = (one: { id?: unknown }, other: { id?: unknown }): number =>
      String(one.id).localeCompare(String(other.id));
    expect([...page.features].sort(byId)).toEqual([...TRAINS, LOST].sort(byId));
  });

  test('/ats/core/fc-links, /ats/core/fc-timeStamp, /ats/core/fc-numberMatched, /ats/core/fc-numberReturned: a page says what it is', async () => {
    const before = Date.now();
    const page = await api.items('?limit=2');
    checkOwnLinks(page, GEO_JSON);
    expect(Date.parse(page.timeStamp)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(page.timeStamp)).toBeLessThanOrEqual(Date.now());
    expect([page.numberMatched, page.numberReturned, page.features.length]).toEqual([5, 2, 2]);
    const inBox = await api.items(`?bbox=${BERN}&limit=1`);
    expect([inBox.numberMatched, inBox.numberReturned]).toEqual([3, 1]);
  });

  test('/ats/core/fc-bbox-definition: bbox has four to six numbers', async () => {
    expect(definitionOf(await api.json<OpenApiDocument>('/api'), 'bbox')).toMatchObject({
      in: 'query',
      required: false,
      style: 'form',
      explode: false,
      schema: { type: 'array', minItems: 4, maxItems: 6, items: { type: 'number' } },
    });
  });

  test('/ats/core/fc-bbox-response: a box selects the features that touch it, and those without a geometry', async () => {
    for (const bbox of [BERN, '7,46.5,-10,8,47.5,10', '7.44,46.95,7.5,47']) {
      const page = await api.items(`?bbox=${bbox}`);
      expect([bbox, idsOf(page).sort()]).toEqual([bbox, ['a', 'b', undefined]]);
    }
    expect(idsOf(await api.items('?bbox=0,0,1,1'))).toEqual([undefined]);
    // A box whose west side is east of the other one crosses the antimeridian.
    expect((await api.items('?bbox=170,40,7,50')).numberMatched).toBe(2);
  });

  test('/ats/core/fc-limit-definition: limit is a whole number', async () => {
    expect(definitionOf(await api.json<OpenApiDocument>('/api'), 'limit')).toMatchObject({
      in: 'query',
      required: false,
      style: 'form',
      explode: false,
      schema: { type: 'integer', minimum: 1, maximum: 10_000, default: 100 },
    });
  });

  test('/ats/core/fc-limit-response: a page has at most as many features as the limit', async () => {
    for (const limit of [1, 2, 4, 5, 20_000]) {
      expect((await api.items(`?limit=${limit}`)).numberReturned).toBe(Math.min(limit, 5));
    }
  });

  test('/ats/core/fc-time-definition: datetime is a text', async () => {
    expect(definitionOf(await api.json<OpenApiDocument>('/api'), 'datetime')).toMatchObject({
      in: 'query',
      required: false,
      style: 'form',
      explode: false,
      schema: { type: 'string' },
    });
  });

  test.each([
    '2026-01-31',
    '2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00.5+01:00',
    '2026-01-01T00:00:00Z/2026-02-01T00:00:00Z',
    '../2026-02-01T00:00:00Z',
    '2026-01-01T00:00:00Z/',
  ])(
    '/ats/core/fc-time-response: features have no time, so every valid one selects all of them: %s',
    async (time) => {
      expect((await api.items(`?datetime=${encodeURIComponent(time)}`)).numberMatched).toBe(5);
      expect((await api.items(`?datetime=${encodeURIComponent(time)}&bbox=${BERN}`)).numberMatched).toBe(3);
    },
  );

  test('/ats/core/f-op, /ats/core/f-success, /ats/core/f-links: a feature has an address, with links', async () => {
    for (const feature of TRAINS) {
      const answer = await api.ask(`${ITEMS}/${feature.id}`);
      expect(answer.headers.get('content-type')).toBe(GEO_JSON);
      const { links, ...read } = (await answer.json()) as Feature & { links: LinkDocument[] };
      expect(read).toEqual(feature);
      checkOwnLinks({ links }, GEO_JSON);
      expect(linkOf({ links }, 'collection')).toBe(`${api.root}/collections/trains`);
    }
  });

  test('/req/core/fc-rel-type, a feature or collection that does not exist is 404', async () => {
    for (const path of [`${ITEMS}/zzz`, '/collections/ships', '/collections/ships/items', '/ships']) {
      const answer = await api.ask(path);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        path,
        404,
        'application/problem+json',
      ]);
    }
  });

  test('/ats/core/query-param-unknown: an unknown parameter is refused', async () => {
    for (const [path] of RESOURCES)
      expect([path, await api.status(`${path}?unknown=1`)]).toEqual([path, 400]);
    expect(await api.status(`${ITEMS}?limit=1&limit=2`)).toBe(400);
  });

  test.each([
    'bbox=1,2,3',
    'bbox=1,2,3,4,5',
    'bbox=1,2,x,4',
    'bbox=1,2,,4',
    'bbox=1,2,Infinity,4',
    'bbox=0,1,1,0',
    'limit=0',
    'limit=-1',
    'limit=x',
    'limit=1.5',
    'limit=',
    'datetime=yesterday',
    'datetime=2026-13-01',
    'datetime=../..',
    'datetime=2026-02-01T00:00:00Z/2026-01-01T00:00:00Z',
    'datetime=2026-01-01/2026-01-02/2026-01-03',
    'cursor=!',
    'f=xml',
  ])('/ats/core/query-param-invalid: an invalid value is refused: %s', async (query) => {
    const answer = await api.ask(`${ITEMS}?${query}`);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({
      status: 400,
      title: 'Bad Request',
      detail: expect.any(String),
    });
  });

  test('what the client does not accept is 406', async () => {
    for (const [path] of RESOURCES)
      expect([path, await api.status(path, { accept: 'image/png' })]).toEqual([path, 406]);
  });
});

describe('GeoJSON', () => {
  test('/ats/geojson/definition, /ats/geojson/content: items and features are GeoJSON for clients that want it', async () => {
    for (const path of [ITEMS, `${ITEMS}/a`]) {
      for (const accept of [GEO_JSON, JSON_TYPE, '*/*']) {
        const answer = await api.ask(path, { accept });
        expect(answer.headers.get('content-type')).toBe(accept === JSON_TYPE ? JSON_TYPE : GEO_JSON);
      }
    }
  });
});

describe('HTML', () => {
  test('/ats/html/definition, /ats/html/content: every resource is a page for browsers, with its links', async () => {
    for (const [path] of RESOURCES) {
      const answer = await api.ask(path, {
        accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      });
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await answer.text()).toContain('f=json');
      const forced = await api.ask(`${path}?f=html`, { accept: GEO_JSON });
      expect(forced.headers.get('content-type')).toBe('text/html; charset=utf-8');
    }
  });

  test('what publishers write is text there, and never markup', async () => {
    const other = await FeaturesClient.start();
    await other.fill('trains', [pointAt('x', 7, 47, { name: '<script>alert(1)</script>' })]);
    const page = await (await other.ask(`${ITEMS}?f=html`)).text();
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('<script>');
  });
});

describe('OpenAPI 3.0', () => {
  test('/ats/oas30/completeness, /ats/oas30/exceptions-codes, /ats/oas30/security: every operation, error and credential is in the document', async () => {
    const { paths, components } = await api.json<OpenApiDocument>('/api');
    expect(Object.keys(paths)).toEqual([
      '/',
      '/conformance',
      '/api',
      '/collections',
      '/collections/{collectionId}',
      '/collections/{collectionId}/items',
      '/collections/{collectionId}/items/{featureId}',
    ]);
    for (const { get } of Object.values(paths)) {
      expect(Object.keys(get.responses)).toEqual(
        expect.arrayContaining(['200', '304', '400', '401', '406', '429', '503']),
      );
    }
    expect(Object.keys(components.securitySchemes)).toEqual(['bearer', 'token', 'keyHeader', 'key']);
  });
});

describe('Coordinate Reference Systems by Reference', () => {
  const CRSS = [CRS84, epsg(4326), epsg(3857), epsg(2056)];

  test('/conf/crs/crs-uri, /conf/crs/default-crs, /conf/crs/storageCrs: a collection names its CRSs', async () => {
    const collection = await api.json<CollectionDocument>('/collections/trains');
    expect([collection.crs, collection.storageCrs]).toEqual([CRSS, CRS84]);
  });

  test('/conf/crs/crs-parameter, /conf/crs/crs-parameter-default: the answer says in which CRS it is', async () => {
    for (const path of [ITEMS, `${ITEMS}/a`]) {
      expect((await api.ask(path)).headers.get('content-crs')).toBe(`<${CRS84}>`);
      for (const crs of CRSS) {
        const answer = await api.ask(`${path}?crs=${encodeURIComponent(crs)}`);
        expect([answer.status, answer.headers.get('content-crs')]).toEqual([200, `<${crs}>`]);
      }
    }
  });

  test.each(['crs', 'bbox-crs'])(
    '/conf/crs/crs-parameter-invalid, /conf/crs/bbox-crs-parameter-invalid: another %s is refused',
    async (name) => {
      for (const crs of [epsg(25832), 'EPSG:3857', 'x', '']) {
        expect([crs, await api.status(`${ITEMS}?${name}=${encodeURIComponent(crs)}`)]).toEqual([crs, 400]);
      }
    },
  );

  // EPSG:2056 as the Federal Office of Topography defines it for approximate use: https://epsg.io/2056.proj4
  const LV95 =
    '+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +k_0=1 +x_0=2600000 +y_0=1200000 +ellps=bessel +towgs84=674.374,15.056,405.346,0,0,0,0 +units=m +no_defs';

  /** Coordinates in the axis order of the authority: EPSG:4326 has latitude first, the others east first. */
  const EXPECTED: Record<string, (position: Position) => Position> = {
    [CRS84]: (position) => position,
    [epsg(4326)]: ([lon = 0, lat = 0]) => [lat, lon],
    [epsg(3857)]: (position) => proj4('EPSG:4326', 'EPSG:3857', position as number[]),
    [epsg(2056)]: (position) => proj4('EPSG:4326', LV95, position as number[]),
  };

  test('/conf/crs/crs-parameter-transform: coordinates are those of proj4, in the axis order of the CRS', async () => {
    for (const [crs, expected] of Object.entries(EXPECTED)) {
      const page = await api.items(`?crs=${encodeURIComponent(crs)}`);
      for (const train of TRAINS) {
        const [x = 0, y = 0] = expected((train.geometry as Point).coordinates);
        const one = await api.json<Feature>(`${ITEMS}/${train.id}?crs=${encodeURIComponent(crs)}`);
        const listed = page.features.filter(({ id }) => id === train.id);
        for (const feature of [one, ...listed]) {
          const [ownX = Number.NaN, ownY = Number.NaN] = (feature.geometry as Point).coordinates;
          expect(listed).toHaveLength(1);
          expect([crs, Math.abs(ownX - x) < 0.001, Math.abs(ownY - y) < 0.001]).toEqual([crs, true, true]);
        }
      }
    }
  });

  test('/conf/crs/bbox-crs-parameter, /conf/crs/bbox-crs-parameter-default: a box in any CRS selects the same features', async () => {
    const corners = [
      [7.4, 46.9],
      [7.6, 47.1],
    ];
    for (const [crs, toCrs] of Object.entries(EXPECTED)) {
      const bbox = corners.flatMap(toCrs).join(',');
      for (const answerCrs of CRSS) {
        const query = `?bbox=${bbox}&bbox-crs=${encodeURIComponent(crs)}&crs=${encodeURIComponent(answerCrs)}`;
        const page: FeaturesDocument = await api.items(query);
        expect([query, idsOf(page).sort()]).toEqual([query, ['a', 'b', undefined]]);
      }
    }
  });
});
