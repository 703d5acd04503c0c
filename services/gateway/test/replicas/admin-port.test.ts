import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { admin, type Refusal, replicasOf, startAlone, TOKEN } from '@viaduct/testkit/admin';
import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, runGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { beforeAll, describe, expect, test } from 'vitest';

/** Where the admin API listens, from the log. */
function adminSide({ log }: GatewayProcess): { url: string } {
  const url = log.find(({ msg }) => msg === 'admin API listening')?.url;
  if (typeof url !== 'string') throw new Error('the admin API does not listen');
  return { url };
}

/** Everything that a client sees of an answer, without what differs between any two. */
async function seen(url: string, path: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(`${url}${path}`, init);
  const headers = [...response.headers].filter(([name]) => name !== 'date');
  return { status: response.status, headers, body: await response.text() };
}

describe('with ADMIN_PORT', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await startAlone({ ADMIN_PORT: '0', REPLICA_ID: 'one' });
  });

  test('the admin API is on that port, for requests with the token', async () => {
    const there = adminSide(gateway);
    expect(new URL(there.url).port).not.toBe(String(gateway.port));
    expect((await admin<{ replica: string }>(there, 'replicas')).body.replica).toBe('one');
    const refused = await admin<Refusal>(there, 'replicas', {}, 'wrong');
    expect([refused.status, refused.body.error.code]).toEqual([401, 'unauthorized']);
  });

  test.each([
    ['GET', '/admin', TOKEN],
    ['GET', '/admin/', TOKEN],
    ['GET', '/admin/replicas', TOKEN],
    ['GET', '/admin/replicas', 'wrong'],
    ['GET', '/admin/replicas?x=1', TOKEN],
    ['HEAD', '/admin/replicas', TOKEN],
    ['POST', '/admin/notice', TOKEN],
    ['DELETE', '/admin/sessions/x', TOKEN],
    ['OPTIONS', '/admin/replicas', TOKEN],
  ])(
    '%s %s on PORT is answered as for any unknown path, whatever the token: %s',
    async (method, path, token) => {
      const init = { method, headers: { authorization: `Bearer ${token}` } };
      const unknown = path.replace('/admin', '/nowhere');
      expect(await seen(gateway.url, path, init)).toEqual(await seen(gateway.url, unknown, init));
    },
  );

  test('requests to PORT are not counted as requests to the admin API', async () => {
    const count = async (): Promise<number> => (await gateway.scrape()).sum('viaduct_admin_requests_total');
    const before = await count();
    await fetch(`${gateway.url}/admin/replicas`);
    expect(await count()).toBe(before);
    await admin(adminSide(gateway), 'replicas');
    expect(await count()).toBe(before + 1);
  });

  test('health, metrics and clients stay on PORT, and nothing else is on that port', async () => {
    const { url } = adminSide(gateway);
    for (const path of ['/', '/healthz', '/readyz', '/metrics', '/socket.io/?EIO=4&transport=polling'])
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 404]);
    await expect(RawClient.connect(url)).rejects.toThrow();
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect((await gateway.scrape()).text).toContain('viaduct_admin_requests_total');
    const client = await RawClient.connect(gateway.url);
    await client.run('PING');
    expect((await replicasOf({ url })).replicas).toMatchObject([{ id: 'one', connections: { raw: 1 } }]);
  });

  test.each([
    ['a body in chunks', ['Transfer-Encoding: chunked'], 411, 'chunked_body'],
    ['an upgrade to WebSocket', ['Connection: Upgrade', 'Upgrade: websocket'], 404, null],
  ])('that port answers a request with %s, and ends the connection', async (_, headers, status, reason) => {
    const socket = connect(Number(new URL(adminSide(gateway).url).port), '127.0.0.1');
    atEnd(() => void socket.destroy());
    socket.write(['POST /admin/notice HTTP/1.1', 'Host: a', ...headers, '\r\n'].join('\r\n'));
    expect(await text(socket)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `, 'u'));
    if (reason !== null) {
      const scrape = await gateway.scrape();
      expect(scrape.sum('viaduct_http_connections_refused_total', { reason })).toBe(1);
    }
  });

  test('an open connection to that port does not keep the gateway from ending', async () => {
    const ending = await startAlone({ ADMIN_PORT: '0' });
    // The client keeps it open for its next request.
    await fetch(`${adminSide(ending).url}/admin/replicas`, { headers: { authorization: `Bearer ${TOKEN}` } });
    ending.signal('SIGTERM');
    expect(await ending.ended).toBe(0);
  });
});

test('without ADMIN_TOKEN nothing listens on ADMIN_PORT, and PORT has no /admin either', async () => {
  const gateway = await startAlone({ ADMIN_TOKEN: '', ADMIN_PORT: '0' });
  expect(gateway.log.map(({ msg }) => msg)).not.toContain('admin API listening');
  expect((await fetch(`${gateway.url}/admin/replicas`)).status).toBe(404);
});

describe('a gateway does not start', () => {
  test('if ADMIN_PORT is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    atEnd(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const env = { REDIS_URL: 'memory:', ADMIN_TOKEN: TOKEN, ADMIN_PORT: String(port) };
    const { exit, gateway } = await runGateway(env);
    expect(exit).toBe(1);
    expect(gateway.stderr).toContain(`ADMIN_PORT ${port} is in use; set ADMIN_PORT to a free one`);
  });

  test.each([
    [
      { PORT: '8080', ADMIN_PORT: '8080' },
      /ADMIN_PORT and PORT are both 8080: set ADMIN_PORT to another port/u,
    ],
    [{ ADMIN_PORT: 'http' }, /ADMIN_PORT must be a whole number from 0 to 65535/u],
  ])('with %o', async (env, message) => {
    const { exit, gateway } = await runGateway({ REDIS_URL: 'memory:', ADMIN_TOKEN: TOKEN, ...env });
    expect(exit).toBe(1);
    expect(gateway.stderr).toMatch(message);
  });
});
