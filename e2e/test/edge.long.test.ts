import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { certificateAuthority } from '@viaduct/testkit/certificates';
import { RawClient, SocketIoClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { freePort } from '@viaduct/testkit/ports';
import { atEnd } from '@viaduct/testkit/teardown';
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

  test('serves a client of socket.io that polls more often than new clients may connect', async () => {
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

  test('leads to the HTTP API, and through it to nothing else of a gateway', async () => {
    const edge = await startEdge(new URL(gateway.url).host);
    const answer = await fetch(`${edge}/ogc/conformance`);
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as { links: { href: string }[] }).links[0]?.href).toBe(
      `${edge}/ogc/conformance`,
    );
    expect(await statusOf(edge, '/ogc')).toBe(200);
    expect(await statusOf(edge, '/ogc', UPGRADE)).toBe(101);
    const disguises = [
      '/ogc/../metrics',
      '/ogc/%2e%2e/metrics',
      '/ogc/..%2fmetrics',
      '/ogc/metrics',
      '/ogcx',
      '//metrics',
    ];
    for (const path of disguises) expect([path, await statusOf(edge, path)]).toEqual([path, 404]);
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

describe('the deployed nginx with tls.conf', () => {
  /** The URL of its plain side, the port of the other one, and the certificate of the authority. */
  async function startTls() {
    const authority = await certificateAuthority();
    const { cert, key } = await authority.issue('edge');
    const port = await freePort();
    const addition = read('deploy/nginx/tls.conf')
      .replace('/run/tls/certificate.pem', cert)
      .replace('/run/tls/key.pem', key)
      .replace('listen 8443 ssl backlog=4096', `listen 127.0.0.1:${port} ssl`);
    const plain = await startEdge(new URL(gateway.url).host, {}, addition);
    return { plain, port, ca: readFileSync(authority.ca) };
  }

  test('serves both protocols over TLS', async () => {
    const { port, ca } = await startTls();
    const raw = await RawClient.connect(`wss://localhost:${port}/`, { ca });
    expect((await raw.run('PING')).envelopes[0]).toMatchObject({ content: 'PONG' });
    const polling = await new Promise<string>((resolve, reject) => {
      const sent = get({ hostname: 'localhost', port, path: `/socket.io/?${POLLING}`, ca }, (response) => {
        void text(response).then(resolve, reject);
      });
      sent.on('error', reject);
    });
    expect(polling).toMatch(/^0\{"sid":"/u);
  });

  test('redirects everything but its own health check to HTTPS', async () => {
    const { plain } = await startTls();
    const moved = await fetch(`${plain}/map.html?x=1`, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([
      308,
      `https://${new URL(plain).hostname}/map.html?x=1`,
    ]);
    expect(await statusOf(plain, '/', UPGRADE)).toBe(308);
    expect(await statusOf(plain, `/socket.io/?${POLLING}`)).toBe(308);
  });
});

describe('the deployed nginx behind a proxy', () => {
  /** What a gateway receives of a request that claims to be forwarded for another client, which came by https. */
  async function seenFrom(trusted: string): Promise<unknown> {
    const received: unknown[] = [];
    const stub = createServer(({ headers }, response) => {
      received.push({ address: headers['x-real-ip'], scheme: headers['x-forwarded-proto'] });
      response.end();
    });
    const port = await freePort();
    await new Promise<void>((resolve) => stub.listen(port, '127.0.0.1', resolve));
    atEnd(() => void stub.close());
    const edge = await startEdge(`127.0.0.1:${port}`, { NGINX_TRUSTED_PROXY: trusted });
    await statusOf(edge, `/socket.io/?${POLLING}`, {
      'x-forwarded-for': '198.51.100.9, 203.0.113.7',
      'x-forwarded-proto': 'https',
    });
    return received[0];
  }

  test('believes a trusted proxy, and only its own entry', async () => {
    expect(await seenFrom('127.0.0.0/8')).toEqual({ address: '203.0.113.7', scheme: 'https' });
  });

  test('believes nobody else', async () => {
    expect(await seenFrom('10.0.0.0/8')).toEqual({ address: '127.0.0.1', scheme: 'http' });
  });
});
