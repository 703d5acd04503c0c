import { beforeAll, describe, expect, test } from 'vitest';
import { FeaturesClient, pointAt } from '../../support/features-client.js';
import { GEO_JSON, ITEMS, JSON_TYPE, type OpenApiDocument, RESOURCES, startApi } from './api.js';

let api: FeaturesClient;

beforeAll(async () => {
  api = await startApi();
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
