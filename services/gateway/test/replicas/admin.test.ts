import { readFileSync } from 'node:fs';
import { admin, type Refusal, startAlone, TOKEN } from '@viaduct/testkit/admin';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { until } from '@viaduct/testkit/wait';
import { beforeAll, describe, expect, test } from 'vitest';
import { METRICS } from '../../src/observability/metric-table.js';
import { ADMIN_ERRORS } from '../../src/replicas/admin-http.js';
import { ADMIN_ROUTES } from '../../src/replicas/admin-routes.js';

const ROUTES = [
  ['GET', 'replicas', 'replicas'],
  ['GET', 'sessions', 'sessions'],
  ['DELETE', 'sessions/abc', 'disconnect'],
  ['POST', 'notice', 'notice'],
  ['GET', 'channels', 'channels'],
  ['GET', 'busiest', 'busiest'],
  ['GET', 'sessions/abc', 'session'],
  ['GET', 'nowhere', 'unknown'],
] as const;

describe('without ADMIN_TOKEN', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await startAlone({ ADMIN_TOKEN: '' });
  });

  test.each(ROUTES)('there is no %s /admin/%s', async (method, path) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(`${gateway.url}/admin/${path}`, { method, headers });
    expect(response.status).toBe(method === 'GET' ? 404 : 405);
    expect(response.headers.get('content-type')).toBe('text/plain');
  });

  test('there is no metric of it', async () => {
    expect((await gateway.scrape()).text).not.toMatch(/viaduct_admin|viaduct_replica/u);
  });
});

describe('a request without the token', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await startAlone();
  });

  test.each(ROUTES)('%s /admin/%s is refused and counted', async (method, path, route) => {
    const count = async (): Promise<number> =>
      (await gateway.scrape()).sum('viaduct_admin_requests_total', { route, outcome: 'unauthorized' });
    const wrong = [null, '', 'x', TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase(), ` ${TOKEN} ${TOKEN}`];
    const before = await count();
    const refuse = async (token: string | null): Promise<void> => {
      const { status, headers, body } = await admin<Refusal>(gateway, path, { method }, token);
      expect([token, status]).toEqual([token, 401]);
      expect(headers.get('www-authenticate')).toBe('Bearer');
      expect(body.error.code).toBe('unauthorized');
      expect(body.error.message).toContain('Authorization: Bearer');
    };
    // Together, because each answer is late.
    await Promise.all(wrong.map(refuse));
    expect(await count()).toBe(before + wrong.length);
  });

  test('an address with many wrong tokens is refused with 429, and counted, until it stops', async () => {
    const throttled = async (): Promise<number> =>
      (await gateway.scrape()).sum('viaduct_admin_requests_total', { outcome: 'throttled' });
    const before = await throttled();
    let seen = 0;
    await until(async () => {
      const guesses = Array.from({ length: 20 }, () => admin<Refusal>(gateway, 'replicas', {}, 'wrong'));
      const refused = (await Promise.all(guesses)).filter(({ status }) => status === 429);
      seen += refused.length;
      for (const { body, headers } of refused) {
        expect(body.error.code).toBe('throttled');
        expect(headers.get('retry-after')).toBe('1');
      }
      return seen > 0;
    }, 'an answer with 429');
    expect(await throttled()).toBe(before + seen);
    await until(
      async () => (await admin(gateway, 'replicas')).status === 200,
      'the right token to be accepted',
    );
  });

  test('other schemes are refused too', async () => {
    for (const authorization of [TOKEN, `Basic ${TOKEN}`, `Bearer${TOKEN}`]) {
      const response = await fetch(`${gateway.url}/admin/replicas`, { headers: { authorization } });
      expect(response.status).toBe(401);
    }
  });

  test('the name of the scheme is not case-sensitive (RFC 9110 section 11.1)', async () => {
    const headers = { authorization: `bearer ${TOKEN}` };
    expect((await fetch(`${gateway.url}/admin/replicas`, { headers })).status).toBe(200);
  });

  test('is logged at a limited rate, and without the token', async () => {
    await Promise.all(Array.from({ length: 50 }, () => admin(gateway, 'replicas', {}, `${TOKEN}x`)));
    const lines = gateway.log.filter(({ msg }) => msg === 'refused a request to the admin API');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(25);
    expect(lines[0]).toMatchObject({ address: '127.0.0.1' });
    expect(gateway.stdout + gateway.stderr).not.toContain(TOKEN);
  });
});

describe('the answer to an invalid request says what is valid', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await startAlone();
  });

  const post = (body: string): RequestInit => ({ method: 'POST', body });

  test.each<[string, RequestInit, number, string, RegExp]>([
    [
      'nowhere',
      {},
      404,
      'not_found',
      /there is nothing at \/admin\/nowhere; use one of GET \/admin\/replicas, .*<id>/u,
    ],
    ['page/', {}, 404, 'not_found', /nothing at \/admin\/page\//u],
    ['page/../main.js', {}, 404, 'not_found', /nothing at \/admin\/main\.js/u],
    ['sessions/x/y', { method: 'DELETE' }, 404, 'not_found', /there is no session "x\/y"/u],
    [`sessions/${'x'.repeat(500)}`, { method: 'DELETE' }, 404, 'not_found', /there is no session "x{40}"/u],
    ['sessions/x', { method: 'DELETE' }, 404, 'not_found', /there is no session "x"; GET \/admin\/sessions/u],
    ['sessions/x', {}, 404, 'not_found', /there is no session "x"; GET \/admin\/sessions/u],
    ['sessions/x', { method: 'PUT' }, 405, 'method_not_allowed', /use GET, DELETE/u],
    ['sessions', { method: 'DELETE' }, 405, 'method_not_allowed', /use GET/u],
    ['notice', {}, 405, 'method_not_allowed', /use POST/u],
    ['replicas?id=1', {}, 400, 'invalid_request', /no parameter "id" here; it takes none/u],
    [
      'sessions?chanel=x',
      {},
      400,
      'invalid_request',
      /no parameter "chanel" here; there are channel, limit, replica/u,
    ],
    ['sessions?limit=1&limit=2', {}, 400, 'invalid_request', /limit is given twice/u],
    ['sessions?limit=0', {}, 400, 'invalid_request', /limit must be a whole number from 1 to 10000/u],
    ['sessions?limit=10001', {}, 400, 'invalid_request', /from 1 to 10000/u],
    ['channels?limit=many', {}, 400, 'invalid_request', /from 1 to 10000/u],
    ['busiest?by=name', {}, 400, 'invalid_request', /by must be messages or bytes/u],
    ['busiest?limit=101', {}, 400, 'invalid_request', /from 1 to 100$/u],
    ['sessions?replica=x', {}, 404, 'not_found', /there is no replica "x"; GET \/admin\/replicas/u],
    ['notice', post('hello'), 400, 'invalid_request', /not JSON/u],
    ['notice', post(''), 400, 'invalid_request', /not JSON/u],
    ['notice', post('{}'), 400, 'invalid_request', /\{"message": "\.\.\."\}/u],
    ['notice', post('{"message":""}'), 400, 'invalid_request', /1 to 1000 characters/u],
    ['notice', post('{"message":7}'), 400, 'invalid_request', /1 to 1000 characters/u],
    ['notice', post('{"message":"x","to":"y"}'), 400, 'invalid_request', /nothing else/u],
    ['notice', post(JSON.stringify({ message: 'x'.repeat(1001) })), 400, 'invalid_request', /1 to 1000/u],
    ['notice', post(JSON.stringify({ message: 'x'.repeat(20_000) })), 413, 'too_large', /16384 bytes/u],
  ])('of %s with %o', async (path, init, status, code, message) => {
    const answer = await admin<Refusal>(gateway, path, init);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(answer.body.error.message).toMatch(message);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('the header Allow names the right method after a wrong one', async () => {
    expect((await admin(gateway, 'notice')).headers.get('allow')).toBe('POST');
  });

  test.each<[string, RequestInit, string, string]>([
    ['nowhere', {}, 'unknown', 'not_found'],
    ['sessions/x', { method: 'DELETE' }, 'disconnect', 'not_found'],
    ['notice', post('hello'), 'notice', 'invalid'],
    ['notice', {}, 'notice', 'invalid'],
    ['sessions?limit=0', {}, 'sessions', 'invalid'],
    ['channels', {}, 'channels', 'ok'],
    ['busiest', {}, 'busiest', 'ok'],
  ])('of %s with %o is counted', async (path, init, route, outcome) => {
    const count = async (labels: Record<string, string>): Promise<number> =>
      (await gateway.scrape()).sum('viaduct_admin_requests_total', labels);
    const [all, such] = [await count({}), await count({ route, outcome })];
    await admin(gateway, path, init);
    expect([await count({}), await count({ route, outcome })]).toEqual([all + 1, such + 1]);
  });

  test('all labels exist from the start', async () => {
    const samples = (await gateway.scrape()).samples.filter(
      ({ name }) => name === 'viaduct_admin_requests_total',
    );
    const routes = new Set(samples.map(({ labels }) => labels.route));
    expect([...routes].sort()).toEqual([
      'busiest',
      'channels',
      'disconnect',
      'notice',
      'replicas',
      'session',
      'sessions',
      'unknown',
    ]);
    expect(samples).toHaveLength(routes.size * METRICS.viaduct_admin_requests_total.labels.outcome.length);
  });
});

describe('docs/admin-api.md', () => {
  const text = readFileSync(new URL('../../../../docs/admin-api.md', import.meta.url), 'utf8');

  test('has the same errors as the code', () => {
    const rows = [...text.matchAll(/^\| (\d{3}) +\| `(\w+)` +\|/gmu)].map(([, status, code]) => [
      code,
      Number(status),
    ]);
    expect(rows).toEqual(Object.entries(ADMIN_ERRORS));
  });

  test('has a section for every route', () => {
    const sections = [...text.matchAll(/^### (\w+) (\/admin\S*)$/gmu)].map(
      ([, method, path]) => `${method} ${path}`,
    );
    const routes = ADMIN_ROUTES.map(({ method, path, takesId }) => {
      return `${method} /admin/${path}${takesId === true ? '/&lt;id&gt;' : ''}`;
    });
    expect(sections).toEqual(routes);
  });
});
