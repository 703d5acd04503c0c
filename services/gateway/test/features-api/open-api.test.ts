import { validate } from '@readme/openapi-parser';
import { fc } from '@viaduct/testkit/properties';
import { Ajv } from 'ajv';
import { beforeAll, expect, test } from 'vitest';
import { CRS84, epsg, FeaturesClient, pointAt } from '../support/features-client.js';

interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, { get: { responses: Record<string, Answer> } }>;
  components: { responses: Record<string, Answer>; schemas: Record<string, object> };
}

interface Answer {
  $ref?: string;
  content?: Record<string, { schema: object }>;
}

let api: FeaturesClient;
let document: Document;

beforeAll(async () => {
  api = await FeaturesClient.start();
  await api.fill(
    'trains',
    Array.from({ length: 30 }, (_, i) => pointAt(i, 6 + i / 10, 46 + i / 20)),
  );
  await api.redis.hset(
    'trains',
    'line',
    '{"type":"Feature","id":"line","properties":null,"geometry":{"type":"LineString","coordinates":[[7,46],[8,47]]}}',
  );
  await api.redis.hset('trains', 'pole', JSON.stringify(pointAt('pole', 0, 90)));
  document = await api.json<Document>('/api');
});

test('the OpenAPI document is valid', async () => {
  expect(await validate(structuredClone(document) as never)).toMatchObject({ valid: true });
});

const number = fc.double({ min: -400, max: 400, noDefaultInfinity: true, noNaN: true });

/** Nearly always one of the first kind, which is valid. */
function mostly<T, U>(valid: fc.Arbitrary<T>, other: fc.Arbitrary<U>): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 12, arbitrary: valid }, { weight: 1, arbitrary: other });
}

const missing = fc.constant(undefined);
const crs = fc.option(
  mostly(fc.constantFrom(CRS84, epsg(4326), epsg(3857)), fc.oneof(fc.webUrl(), fc.string())),
  {
    nil: undefined,
  },
);
const box = fc
  .tuple(number, number, number, number)
  .map(([a, b, c, d]) => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)].join(','));
const numbers = fc.array(number, { maxLength: 7 }).map((list) => list.join(','));

/** Requests, most of them valid: path of the document, address, and query. */
const requests = fc.record({
  path: fc.constantFrom(
    ['/', ''],
    ['/conformance', '/conformance'],
    ['/api', '/api'],
    ['/collections', '/collections'],
    ['/collections/{collectionId}', '/collections/trains'],
    ['/collections/{collectionId}', '/collections/none'],
    ['/collections/{collectionId}/items', '/collections/trains/items'],
    ['/collections/{collectionId}/items', '/collections/trains/items'],
    ['/collections/{collectionId}/items', '/collections/none/items'],
    ['/collections/{collectionId}/items/{featureId}', '/collections/trains/items/7'],
    ['/collections/{collectionId}/items/{featureId}', '/collections/trains/items/pole'],
    ['/collections/{collectionId}/items/{featureId}', '/collections/trains/items/none'],
  ),
  query: fc.record({
    bbox: fc.option(mostly(box, fc.oneof(numbers, fc.string())), { nil: undefined }),
    'bbox-crs': crs,
    crs,
    datetime: mostly(
      missing,
      fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc.string(),
      ),
    ),
    limit: fc.option(mostly(fc.integer({ min: 1, max: 40 }).map(String), fc.string()), { nil: undefined }),
    cursor: mostly(
      missing,
      fc.oneof(
        fc.string().map((text) => Buffer.from(text).toString('base64url')),
        fc.string(),
      ),
    ),
    f: mostly(missing, fc.constantFrom('json', 'html', 'seq', 'xml')),
    // An answer without an end is tested elsewhere.
    live: mostly(missing, fc.constantFrom('false', 'maybe')),
    unknown: mostly(missing, fc.string()),
  }),
  accept: fc.constantFrom(
    '*/*',
    'application/json',
    'application/geo+json',
    'application/geo+json-seq',
    'text/html',
    'image/png',
    'x',
    '',
  ),
});

test('no request has an answer that is not in the document', async () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'api', components: document.components });
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(requests, async ({ path: [template = '', path = ''], query, accept }) => {
      // Most resources have few parameters: with others, nearly all requests for them would be refused.
      const known = template.endsWith('/items')
        ? Object.keys(query)
        : ['f', template.endsWith('}') ? 'crs' : 'f'];
      const given = Object.entries(query).filter(
        ([name, value]) => value !== undefined && known.includes(name),
      );
      const search = new URLSearchParams(given as [string, string][]).toString();
      const answer = await api.ask(
        `${path}${search === '' ? '' : `?${search}`}`,
        accept === '' ? {} : { accept },
      );
      const body = await answer.text();
      const responses = document.paths[template]?.get.responses ?? {};
      const described = responses[String(answer.status)];
      const status = described?.$ref?.split('/').at(-1);
      const { content } = (status === undefined ? described : document.components.responses[status]) ?? {};
      const type = (answer.headers.get('content-type') ?? '').replace('; charset=utf-8', '');
      const schema = content?.[type]?.schema;
      seen.add(`${template} ${answer.status} ${type}`);
      expect([template, answer.status, type, schema]).toEqual([
        template,
        answer.status,
        type,
        expect.any(Object),
      ]);
      if (type === 'text/html' || type === 'application/geo+json-seq') return;
      const check = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')) as object);
      expect([search, check(JSON.parse(body)), check.errors]).toEqual([search, true, null]);
    }),
    { numRuns: 400 },
  );
  // The requests were not all refused.
  expect(seen).toContain('/collections/{collectionId}/items 200 application/geo+json');
  expect(seen).toContain('/collections/{collectionId}/items/{featureId} 200 application/geo+json');
  expect(seen).toContain('/collections/{collectionId}/items 200 application/geo+json-seq');
  expect(seen).toContain('/collections/{collectionId}/items 400 application/problem+json');
});
