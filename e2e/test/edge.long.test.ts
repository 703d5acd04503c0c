import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { SocketIoClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEdge } from './support/edge.js';

/** A file of the repository, without indentation. */
const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8').replaceAll(/^ +/gmu, '');

const TOKEN = 'the-token-of-the-operators';
const POLLING = 'EIO=4&transport=polling';
/** With a burst of 4, a client may do this often in one moment, and a little more while time passes. */
const LIMITS = { NGINX_MAX_ARRIVALS: '1', NGINX_MAX_ARRIVALS_BURST: '4' };

/** The status of the answer to a request whose path is sent exactly as it is written here. */
function statusOf(base: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const sent = request({ hostname, port, path, headers, agent: false });
    sent.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('upgrade', (_response, socket) => {
      socket.destroy();
      resolve(101);
    });
    sent.on('error', reject);
    sent.end();
  });
}

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', ADMIN_TOKEN: TOKEN, LIMITS: 'off' });
});

describe('the deployed nginx', () => {
  test.each([
    [`/socket.io/?${POLLING}&SID=x`, 400],
    [`/socket.io/?${POLLING}&sid=x&sid=`, 400],
    [`/socket.io/?${POLLING}&sid=x&Sid=y`, 400],
    [`/socket.io/?${POLLING}&s%69d=x`, 400],
    [`/socket.io/?${POLLING}&sid=x&%73%69%64=`, 400],
    [`/socket.io/?${POLLING}&sid`, 400],
    [`/socket.io/?${POLLING}#&sid=x`, 400],
    [`//socket.io/?${POLLING}&sid=x`, 404],
    [`/%73ocket.io/?${POLLING}`, 404],
    [`/x/../socket.io/?${POLLING}`, 404],
    [`/./socket.io/?${POLLING}`, 404],
  ])('refuses what nginx and a gateway could read differently: %s', async (path, status) => {
    const edge = await startEdge(new URL(gateway.url).host);
    expect(await statusOf(edge, path)).toBe(status);
  });

  test.each([
    ['polling', `/socket.io/?${POLLING}`, {}],
    ['polling, with a sid in another parameter', `/socket.io/?x?sid=1&xsid=2&${POLLING}`, {}],
    ['an upgrade', '/', UPGRADE],
    ['an upgrade that claims a session', '/?sid=x', UPGRADE],
    ['an upgrade of socket.io that claims a session', '/socket.io/?EIO=4&transport=websocket&sid=x', UPGRADE],
  ])('limits arrivals by %s', async (_, path, headers) => {
    const edge = await startEdge(new URL(gateway.url).host, LIMITS);
    const statuses: number[] = [];
    for (let i = 0; i < 40; i++) statuses.push(await statusOf(edge, path, headers));
    expect(statuses[0]).not.toBe(429);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
  });

  test('serves a client of socket.io that polls more often than anybody may arrive', async () => {
    const edge = await startEdge(new URL(gateway.url).host, LIMITS);
    const client = await SocketIoClient.connect(edge, { transports: ['polling'] });
    for (let i = 0; i < 40; i++) expect((await client.run('PING')).status.status).toBe('ok');
  });

  test.each([
    '/admin/replicas',
    '/admin/../socket.io/',
    '/admin/replicas/../../socket.io/',
    '/socket.io/../admin/replicas',
  ])('does not tell whether an admin token is right: %s', async (path) => {
    const edge = await startEdge(new URL(gateway.url).host);
    const right = await statusOf(edge, path, { authorization: `Bearer ${TOKEN}` });
    const wrong = await statusOf(edge, path, { authorization: 'Bearer wrong' });
    expect([right, wrong]).toEqual([404, 404]);
  });

  test('cannot reach the port of the admin API', () => {
    const adminPort = /^ADMIN_PORT: "(\d+)"$/mu.exec(read('docker-compose.yml'))?.[1];
    const forwarded = [read('deploy/nginx/nginx.env'), read('deploy/nginx/templates/viaduct.conf.template')]
      .join('\n')
      .match(/\b\d{4,5}\b/gu);
    expect(adminPort).toBeDefined();
    expect(forwarded).toContain('8080');
    expect(forwarded).not.toContain(adminPort);
  });
});
