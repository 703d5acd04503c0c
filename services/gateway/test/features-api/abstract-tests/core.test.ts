import type { Feature } from 'geojson';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  CRS84,
  type FeaturesClient,
  idsOf,
  type LinkDocument,
  linkOf,
} from '../../support/features-client.js';
import {
  BERN,
  type CollectionDocument,
  checkOwnLinks,
  GEO_JSON,
  HTML,
  ITEMS,
  JSON_TYPE,
  LOST,
  type OpenApiDocument,
  type Parameter,
  RESOURCES,
  startApi,
  TRAINS,
} from './api.js';

let api: FeaturesClient;

beforeAll(async () => {
  api = await startApi();
});

function definitionOf(document: OpenApiDocument, name: string): Parameter | undefined {
  return document.paths['/collections/{collectionId}/items']?.get.parameters.find(
    (parameter) => parameter.name === name,
  );
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
