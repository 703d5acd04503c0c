import { outcome, outcomes, RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { startWorld, type World } from '@viaduct/testkit/world';
import { beforeAll, expect, test } from 'vitest';

/** What docs/security.md says an envelope counts besides its message, in bytes. */
const ENVELOPE = 128;

const FEATURE =
  '{"type":"Feature","id":7,"geometry":{"type":"Point","coordinates":[7.5,46.5]},"properties":{"speed":12}}';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

function start(env: Record<string, string>): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: world.server.url, CHANNELS: '*', PUBLISH_CHANNELS: '*', ...env });
}

/** A client whose address a trusted proxy reports. */
function from(gateway: GatewayProcess, address: string): Promise<RawClient> {
  return RawClient.connect(gateway.url, { headers: { 'x-forwarded-for': address } });
}

/** A client with a subscription. */
async function subscriber(gateway: GatewayProcess, ...lines: string[]): Promise<void> {
  const client = await RawClient.connect(gateway.url);
  expect(await outcomes(client, ...lines)).toEqual(lines.map(() => 'ok'));
}

async function published(gateway: GatewayProcess): Promise<number> {
  return (await gateway.scrape()).sum('viaduct_published_bytes_total');
}

test('an address whose messages have caused more than its share is refused, unread, with all its sessions; another one is not', async () => {
  const gateway = await start({ TRUSTED_PROXIES: 'loopback', MAX_PUBLISHED_BYTES_PER_SECOND: '2000' });
  for (let i = 0; i < 4; i++) await subscriber(gateway, 'SUB a');
  const first = await from(gateway, '203.0.113.7');
  const long = JSON.stringify('x'.repeat(50_000));
  // It takes more than a minute until this is repaid.
  expect(await outcome(first, `PUB a ${long}`)).toBe('ok');
  const { status } = await first.run('PUB a this is not JSON');
  expect(status).toMatchObject({
    code: 'rate_limited',
    message: expect.stringMatching(/ 2000 bytes per second/u),
  });
  expect(await outcome(await from(gateway, '203.0.113.7'), 'PUB a 1')).toBe('rate_limited');
  const other = await from(gateway, '203.0.113.8');
  expect(await outcomes(other, 'PUB a 1', `PUB a ${long}`)).toEqual(['ok', 'rate_limited']);
  expect(await published(gateway)).toBe(4 * (long.length + ENVELOPE) + 4 * ('1'.length + ENVELOPE));
  const scrape = await gateway.scrape();
  expect(scrape.sum('viaduct_publishes_refused_total', { reason: 'bytes' })).toBe(3);
  expect(scrape.sum('viaduct_publishes_refused_total', { reason: 'messages' })).toBe(0);
});

test('a point counts for the sessions whose view has it, anything else for all subscribers, and each feature has an envelope', async () => {
  const gateway = await start({});
  await subscriber(gateway, 'BBOX 7 46 8 47', 'SUB a');
  await subscriber(gateway, 'PROJECTION epsg:3857', 'BBOX 779236 5780349 890556 5942074', 'SUB a live=true');
  for (let i = 0; i < 3; i++) await subscriber(gateway, 'BBOX 17 46 18 47', 'SUB a');
  const client = await RawClient.connect(gateway.url);
  let expected = 0;
  for (const [line, receivers, envelopes] of [
    [`a ${FEATURE}`, 2, 1],
    ['a {"stop":"all"}', 5, 1],
    [`a {"type":"FeatureCollection","features":[${FEATURE},${FEATURE}]}`, 5, 2],
    [`nobody ${FEATURE}`, 1, 1],
  ] as const) {
    expect(await outcome(client, `PUB ${line}`)).toBe('ok');
    expected += receivers * (line.slice(line.indexOf(' ') + 1).length + envelopes * ENVELOPE);
    expect([line, await published(gateway)]).toEqual([line, expected]);
  }
});

test('by default, fifty neighbours who share their positions and an editor of a large polygon are not refused', async () => {
  const gateway = await start({ LIMITS: 'public', CONNECTIONS_PER_SECOND_PER_ADDRESS: '0' });
  const clients = await Promise.all(Array.from({ length: 49 }, () => RawClient.connect(gateway.url)));
  for (const client of clients) expect(await outcome(client, 'SUB a')).toBe('ok');
  // All that a session may publish at once.
  const filled = FEATURE.replace('12}', `12,"name":"${'x'.repeat(200)}"}`);
  for (const client of clients) client.sendTogether(Array.from({ length: 10 }, () => `PUB a ${filled}`));
  const editor = await RawClient.connect(gateway.url);
  const ring = Array.from({ length: 3000 }, (_, i) =>
    [Math.cos(i) * 9, Math.sin(i) * 9].map((x) => x.toFixed(5)),
  );
  const polygon = `{"type":"Polygon","coordinates":[[${ring.map((place) => `[${place.join()}]`).join()}]]}`;
  expect(polygon.length).toBeGreaterThan(50_000);
  expect(await outcome(editor, `PUB a ${polygon}`)).toBe('ok');
  for (const client of clients) expect(await outcome(client, 'PING')).toBe('ok');
  const scrape = await gateway.scrape();
  expect(scrape.sum('viaduct_commands_total', { command: 'PUB', outcome: 'ok' })).toBe(491);
  expect(scrape.sum('viaduct_publishes_refused_total')).toBe(0);
});
