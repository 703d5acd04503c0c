import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { SECRET, sha256, sign } from '@viaduct/testkit/credentials';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { describe, expect, test } from 'vitest';
import { FeaturesClient, idsOf, linkOf, pointAt } from '../support/features-client.js';

const TRAINS = [pointAt('bern', 7.44, 46.95), pointAt('zurich', 8.54, 47.38), pointAt('geneva', 6.14, 46.2)];
const ITEMS = '/collections/trains/items';

/** Zurich is inside, Bern is in a notch of it, and Geneva is outside. */
const NOTCHED = {
  type: 'Polygon',
  coordinates: [
    [
      [7, 46.5],
      [9, 46.5],
      [9, 48],
      [8, 48],
      [8, 47.2],
      [7, 47.2],
      [7, 46.5],
    ].map(([x = 0, y = 0]) => [x, y]),
  ],
};

async function withCredentials(env: Record<string, string> = {}): Promise<FeaturesClient> {
  const api = await FeaturesClient.start({
    CHANNELS: 'trains,buses,secret',
    JWT_SECRET: SECRET,
    API_KEYS: JSON.stringify([{ sha256: sha256('the key'), channels: ['buses'] }]),
    ANONYMOUS_CHANNELS: 'buses',
    ...env,
  });
  await api.fill('trains', TRAINS);
  await api.fill('buses', TRAINS);
  return api;
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

async function listed(api: FeaturesClient, headers: Record<string, string> = {}): Promise<string[]> {
  const { collections } = await api.json<{ collections: { id: string }[] }>('/collections', headers);
  return collections.map(({ id }) => id);
}

test('only requests for items are endless answers: with the same header, all others count as requests', async () => {
  const api = await FeaturesClient.start({ COMMANDS_PER_SECOND: '1' });
  await api.fill('trains', TRAINS);
  const accept = 'text/event-stream, application/json;q=0.9, application/geo+json;q=0.9';
  for (const path of ['/collections', `${ITEMS}/bern`]) {
    const statuses = [];
    for (let i = 0; i < 10; i++) statuses.push(await api.status(path, { accept }));
    expect(statuses).toContain(429);
  }
});

describe('with tokens and keys', () => {
  test('a client reads what its token or key allows, and nobody else does', async () => {
    const api = await withCredentials();
    const token = await sign({ channels: ['trains', 'outside'] });
    expect(await listed(api)).toEqual(['buses']);
    expect(await listed(api, bearer(token))).toEqual(['trains']);
    expect(await listed(api, { 'x-api-key': 'the key' })).toEqual(['buses']);
    const anonymous = await api.ask(ITEMS);
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await api.status(ITEMS, bearer(token))).toBe(200);
    expect(await api.status(`${ITEMS}?token=${token}`)).toBe(200);
    expect(await api.status(ITEMS, { 'x-api-key': 'the key' })).toBe(404);
    expect(await api.status('/collections/buses/items?key=the%20key')).toBe(200);
    expect(await api.status('/collections/outside', bearer(token))).toBe(404);
    for (const path of ['', '/collections', ITEMS, `${ITEMS}/bern`]) {
      expect([path, await api.status(path, bearer('wrong'))]).toEqual([path, 401]);
    }
    const scrape = await api.gateway.scrape();
    expect(
      scrape.sum('viaduct_connections_refused_total', { transport: 'http', reason: 'invalid_token' }),
    ).toBe(4);
    expect(scrape.sum('viaduct_http_api_requests_total', { status: '401' })).toBe(5);
  });

  test('an area decides which features exist, whatever the box and the CRS', async () => {
    const api = await withCredentials();
    const headers = bearer(await sign({ channels: ['trains'], area: NOTCHED }));
    const queries = ['', '?bbox=0,40,20,60', '?crs=http://www.opengis.net/def/crs/EPSG/0/3857', '?limit=1'];
    for (const query of queries) {
      const page = await api.items(query, 'trains', headers);
      expect([query, page.numberMatched, idsOf(page)]).toEqual([
        query,
        2,
        page.numberReturned === 1 ? ['bern'] : ['bern', 'zurich'],
      ]);
    }
    expect(await api.status(`${ITEMS}/zurich`, headers)).toBe(200);
    expect(await api.status(`${ITEMS}/geneva`, headers)).toBe(404);
    const elsewhere = bearer(await sign({ channels: ['trains'], area: [0, 0, 1, 1] }));
    expect((await api.items('', 'trains', elsewhere)).numberMatched).toBe(0);
  });

  test('a token in the address is in the links to the next page, and only answers for anybody are public', async () => {
    const api = await withCredentials();
    const token = await sign({ channels: ['trains'] });
    const page = await api.items(`?limit=1&token=${token}`);
    expect(await api.status(linkOf(page, 'next') ?? '')).toBe(200);
    expect(await api.status(linkOf(page, 'collection') ?? '')).toBe(200);
    const caching = async (path: string, headers = {}): Promise<string | null> =>
      (await api.ask(path, headers)).headers.get('cache-control');
    expect(await caching(`${ITEMS}?token=${token}`)).toBe('private, max-age=1');
    expect(await caching(ITEMS, bearer(token))).toBe('private, max-age=1');
    expect(await caching('/collections/buses/items')).toBe('public, max-age=1');
    expect(await caching('/collections/buses/items', { 'x-api-key': 'the key' })).toBe('private, max-age=1');
    expect(JSON.stringify(api.gateway.log)).not.toContain(token);
  });
});

describe('caching', () => {
  test('an answer that has not changed is 304 for a client that has it, and a change is a new answer', async () => {
    const api = await FeaturesClient.start();
    await api.fill('trains', TRAINS);
    const first = await api.ask(ITEMS);
    const etag = first.headers.get('etag') ?? '';
    for (const known of [etag, `"other", ${etag}`, '*', etag.replace('W/', '')]) {
      const again = await api.ask(ITEMS, { 'if-none-match': known });
      expect([known, again.status, again.headers.get('etag'), await again.text()]).toEqual([
        known,
        304,
        etag,
        '',
      ]);
    }
    expect(await api.status(ITEMS, { 'if-none-match': '"other"' })).toBe(200);
    expect(await api.status(`${ITEMS}?limit=1`, { 'if-none-match': etag })).toBe(200);
    await api.redis.publish('trains', JSON.stringify(pointAt('bern', 7.45, 46.95)));
    await eventually(async () => expect(await api.status(ITEMS, { 'if-none-match': etag })).toBe(200));
    expect(first.headers.get('vary')).toContain('Authorization');
  });

  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
    ['identity', (bytes: Buffer) => bytes],
  ])('an answer is sent as the client accepts it: %s', async (encoding, unpack) => {
    const api = await FeaturesClient.start();
    await api.fill(
      'trains',
      Array.from({ length: 50 }, (_, i) => pointAt(i, 7, 47)),
    );
    // Unlike fetch, this unpacks nothing.
    const answer = await new Promise<{ encoding: string | undefined; bytes: Buffer }>((resolve, reject) => {
      const asked = request(api.root + ITEMS, { headers: { 'accept-encoding': encoding } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ encoding: response.headers['content-encoding'], bytes: Buffer.concat(chunks) }),
        );
      });
      asked.on('error', reject).end();
    });
    expect(answer.encoding).toBe(encoding === 'identity' ? undefined : encoding);
    expect(JSON.parse(unpack(answer.bytes).toString())).toMatchObject({ numberMatched: 50 });
  });
});

describe('pages of other origins', () => {
  test('may read if ALLOWED_ORIGINS has their origin, and are refused if not', async () => {
    const api = await FeaturesClient.start({ ALLOWED_ORIGINS: 'https://map.example.org' });
    const ask = (origin: string, method = 'GET'): Promise<Response> =>
      api.ask(
        ITEMS,
        { origin, ...(method === 'OPTIONS' && { 'access-control-request-method': 'GET' }) },
        method,
      );
    const allowed = await ask('https://map.example.org');
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://map.example.org');
    expect(allowed.headers.get('vary')).toContain('Origin');
    const refused = await ask('https://evil.example.org');
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    const preflight = await ask('https://map.example.org', 'OPTIONS');
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET,HEAD,OPTIONS',
    ]);
    const refusedPreflight = await ask('https://evil.example.org', 'OPTIONS');
    expect(refusedPreflight.headers.get('access-control-allow-origin')).toBe(null);
    expect(await api.status(ITEMS)).toBe(200);
    const open = await FeaturesClient.start();
    const any = await open.ask(ITEMS, { origin: 'https://any.example.org' });
    expect(any.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('limits', () => {
  test('an address that sends more requests than commands are allowed is refused, and counted', async () => {
    const api = await FeaturesClient.start({ COMMANDS_PER_SECOND: '1' });
    const statuses = await Promise.all(Array.from({ length: 60 }, () => api.status('/conformance')));
    const refused = statuses.filter((status) => status === 429).length;
    expect(refused).toBeGreaterThan(0);
    expect(statuses.filter((status) => status === 200).length).toBe(60 - refused);
    const scrape = await api.gateway.scrape();
    const labels = { transport: 'http', reason: 'too_fast_from_address' };
    expect(scrape.sum('viaduct_connections_refused_total', labels)).toBe(refused);
    expect(scrape.sum('viaduct_http_api_requests_total', { resource: 'conformance', status: '200' })).toBe(
      60 - refused,
    );
    // In time, the address may send requests again.
    await eventually(async () => expect(await api.status('/conformance')).toBe(200));
  });

  test('a channel that is too big for the memory of live views is 507, which no proxy asks another gateway for, and a key that is not a hash 404', async () => {
    const api = await FeaturesClient.start({ CHANNELS: '*', MAX_LIVE_BYTES: '1 MiB' });
    const text = 'x'.repeat(100_000);
    await api.fill(
      'big',
      Array.from({ length: 20 }, (_, i) => pointAt(i, 7, 47, { text })),
    );
    await api.redis.set('text', 'x');
    const big = await api.ask('/collections/big/items');
    expect([big.status, big.headers.get('retry-after')]).toEqual([507, '5']);
    expect(await big.json()).toMatchObject({ detail: expect.stringContaining('MAX_LIVE_BYTES') });
    expect(await api.status('/collections/text/items')).toBe(404);
  });

  test('a channel through which Redis reports changes is not readable, and the reports continue', async () => {
    const api = await FeaturesClient.start({ CHANNELS: '*', NOTIFY: 'trains', NOTIFY_MS: '50' });
    await api.redis.config('SET', 'notify-keyspace-events', 'Khgx');
    await api.fill('trains', [pointAt('a', 7, 47)]);
    expect(idsOf(await api.items())).toEqual(['a']);
    for (const accept of ['application/json', 'text/event-stream']) {
      const path = `/collections/${encodeURIComponent('__keyspace@0__:trains')}/items`;
      expect([accept, await api.status(path, { accept })]).toEqual([accept, 403]);
    }
    await api.fill('trains', [pointAt('b', 8, 47)]);
    await expect.poll(async () => idsOf(await api.items())).toEqual(['a', 'b']);
  });

  test('without Redis the answer is 503, and never an old one', async () => {
    const { redis, server } = await startWorld();
    const api = new FeaturesClient(await startGateway({ REDIS_URL: server.url, CHANNELS: 'trains' }), redis);
    await api.fill('trains', TRAINS);
    expect(await api.status(ITEMS)).toBe(200);
    await server.stop();
    await eventually(async () => expect(await api.status(ITEMS)).toBe(503));
    expect(await api.status('/collections')).toBe(200);
    await server.start();
    await eventually(async () => expect(await api.status(ITEMS)).toBe(200));
  });
});

describe('settings', () => {
  test('HTTP_API moves the API, and turns it off', async () => {
    const moved = await startGateway({ REDIS_URL: 'memory:', CHANNELS: 'trains', HTTP_API: '/api/features' });
    const landing = (await (await fetch(`${moved.url}/api/features`)).json()) as {
      links: { href: string }[];
    };
    for (const { href } of landing.links) {
      expect([href, (await fetch(href)).status]).toEqual([href, 200]);
      expect(href.startsWith(`${moved.url}/api/features`)).toBe(true);
    }
    expect((await fetch(`${moved.url}/ogc`)).status).toBe(404);
    expect((await fetch(`${moved.url}/api/featuresX`)).status).toBe(404);
    const off = await startGateway({ REDIS_URL: 'memory:', CHANNELS: 'trains', HTTP_API: 'off' });
    expect((await fetch(`${off.url}/ogc`)).status).toBe(404);
    expect((await fetch(`${off.url}/healthz`)).status).toBe(200);
  });

  test('links have the scheme that a trusted proxy reports, and nobody else', async () => {
    const proto = { 'x-forwarded-proto': 'https' };
    const behind = await FeaturesClient.start({ TRUSTED_PROXIES: 'loopback' });
    expect(linkOf(await behind.json('', proto), 'data')).toMatch(/^https:/u);
    const direct = await FeaturesClient.start();
    expect(linkOf(await direct.json('', proto), 'data')).toMatch(/^http:/u);
  });

  test('channels that globs allow are readable by their names, and are not listed', async () => {
    const api = await FeaturesClient.start({ CHANNELS: 'trains,bus/*' });
    await api.fill('bus/1', [pointAt('x', 7, 47)]);
    expect(await listed(api)).toEqual(['trains']);
    expect(idsOf(await api.items('', 'bus/1'))).toEqual(['x']);
    expect(await api.json('/collections/bus%2F1')).toMatchObject({ id: 'bus/1', title: 'bus/1' });
  });
});
