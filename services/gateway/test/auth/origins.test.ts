import { SocketIoClient, type TransportName } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { poll, UPGRADES, upgrade } from '@viaduct/testkit/handshakes';
import { beforeAll, describe, expect, test } from 'vitest';
import { createOriginCheck } from '../../src/auth/origins.js';

const TRANSPORT_NAMES = Object.keys(UPGRADES) as TransportName[];

describe('ALLOWED_ORIGINS', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await startGateway({
      REDIS_URL: 'memory:',
      CHANNELS: 'a',
      ALLOWED_ORIGINS: 'https://map.example.org, https://*.trains.example:8443',
    });
  });

  const ALLOWED = ['https://map.example.org', 'HTTPS://MAP.EXAMPLE.ORG', 'https://a.b.trains.example:8443'];
  const REFUSED = [
    'http://map.example.org',
    'https://map.example.org:8443',
    'https://map.example.org.evil.example',
    'https://trains.example:8443',
    'https://evil.example/.trains.example:8443',
    'https://a.trains.example',
    'null',
    '',
  ];

  describe.each(TRANSPORT_NAMES)('at the %s upgrade', (transport) => {
    test.each(ALLOWED)('lets pages of %s connect', async (origin) => {
      expect(await upgrade(gateway.url, UPGRADES[transport](''), { origin })).toMatchObject({ status: 101 });
    });

    test.each(REFUSED)('refuses pages of "%s" with 403', async (origin) => {
      expect(await upgrade(gateway.url, UPGRADES[transport](''), { origin })).toMatchObject({
        status: 403,
        body: { message: 'pages of this origin may not connect here' },
      });
    });

    test('does not affect clients that are not web pages', async () => {
      expect(await upgrade(gateway.url, UPGRADES[transport](''))).toMatchObject({ status: 101 });
    });
  });

  test.each(ALLOWED)('lets pages of %s poll, with credentials', async (origin) => {
    const response = await fetch(`${gateway.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });

  test.each(REFUSED)('does not let pages of "%s" poll', async (origin) => {
    expect(await poll(gateway.url, '', { origin })).toMatchObject({ status: 403 });
  });

  test('a page of another origin cannot continue a session either', async () => {
    const opening = await fetch(`${gateway.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await opening.text()).slice(1)) as { sid: string };
    const query = `sid=${sid}`;
    expect(await poll(gateway.url, query, { origin: 'https://evil.example' })).toMatchObject({ status: 403 });
    const upgraded = await upgrade(gateway.url, UPGRADES['socket.io'](query), {
      origin: 'https://evil.example',
    });
    expect(upgraded.status).toBe(403);
  });

  test('refusals are counted', async () => {
    const scrape = await gateway.scrape();
    for (const transport of TRANSPORT_NAMES) {
      const labels = { transport, reason: 'origin_not_allowed' };
      expect(scrape.sum('viaduct_connections_refused_total', labels)).toBeGreaterThan(0);
    }
  });
});

test('a refused origin is in the log, at a limited rate, with the remedy', async () => {
  const gateway = await startGateway({
    REDIS_URL: 'memory:',
    CHANNELS: 'a',
    ALLOWED_ORIGINS: 'https://map.example.org',
  });
  const long = `https://${'x'.repeat(1000)}.example`;
  for (const origin of [long, 'https://map.example.org', ...Array(5).fill('https://other.example')]) {
    await upgrade(gateway.url, '/', { origin });
    await poll(gateway.url, '', { origin });
  }
  const lines = () => gateway.log.filter(({ msg }) => msg.includes('ALLOWED_ORIGINS'));
  expect(lines()).toEqual([
    expect.objectContaining({ level: 40, origin: long.slice(0, 200), address: '127.0.0.1' }),
  ]);
  const scrape = await gateway.scrape();
  expect(scrape.sum('viaduct_connections_refused_total', { reason: 'origin_not_allowed' })).toBe(12);
});

test('by default pages of any origin may connect, and poll without credentials', async () => {
  const gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: 'a' });
  const headers = { origin: 'https://anything.example' };
  for (const transport of TRANSPORT_NAMES) {
    expect(await upgrade(gateway.url, UPGRADES[transport](''), headers)).toMatchObject({ status: 101 });
  }
  const response = await fetch(`${gateway.url}/socket.io/?EIO=4&transport=polling`, { headers });
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  const client = await SocketIoClient.connect(gateway.url, { transports: ['polling'], headers });
  expect((await client.run('GET a')).status.status).toBe('ok');
});

test.each([
  ['null', 'null', true],
  // As browsers send it: Unicode in IDNA (UTS 46), no default port, addresses in their shortest form.
  ['https://b.example.org:443', 'https://b.example.org', true],
  ['https://b.example.org:443', 'https://b.example.org:8443', false],
  ['http://b.example.org:80', 'http://b.example.org', true],
  ['http://b.example.org:443', 'http://b.example.org:443', true],
  ['https://karten.z\u00fcrich.ch', 'https://karten.xn--zrich-kva.ch', true],
  ['https://*.Z\u00dcRICH.ch:8443', 'https://karten.xn--zrich-kva.ch:8443', true],
  ['https://*.z\u00fcrich.ch', 'https://xn--zrich-kva.ch', false],
  ['http://[::0:1]:8080', 'http://[::1]:8080', true],
  ['http://localhost:*', 'http://localhost:5173', true],
  ['http://localhost:51*', 'http://localhost:5173', true],
  ['http://localhost:51*', 'http://localhost:80', false],
  ['capacitor://localhost', 'capacitor://localhost', true],
  ['https://my-map.example.org', 'https://my-map.example.org', true],
  ['*', 'null', true],
  ['app://viaduct', 'app://viaduct', true],
  ['https://a.example', 'https://aXexample', false],
  ['https://*.example', 'https://a@evil.example', false],
  ['https://*.*.*.example', `https://${'.'.repeat(10_000)}`, false],
])('the list %s answers for %s: %s', (pattern, origin, allowed) => {
  expect(createOriginCheck([pattern])(origin)).toBe(allowed);
});

test.each([
  ['file://', 'write null'],
  ['file:///srv/map.html', 'write only scheme, host and port'],
  ['wss://map.example.org', 'write https://'],
  ['https://map.example.org:99999', 'its host or port cannot be read'],
  ['https://[::1', 'its host or port cannot be read'],
])('%s never matches, which is an error that says what to write', (pattern, remedy) => {
  expect(() => createOriginCheck([pattern])).toThrow(remedy);
});

test.each([
  'map.example.org',
  'https://map.example.org/',
  'https://a b',
  'https://user@host',
  '*.example.org',
])('%s is not an origin, and the error says what is', (pattern) => {
  expect(() => createOriginCheck([pattern])).toThrow(
    /is not an origin; write only scheme.*https:\/\/map\.example\.org/u,
  );
});
