import { outcomes, RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';

/** Eight views, two of them from one address. */
const VIEWS = 8;
const SHARE = 2;

function start(): Promise<GatewayProcess> {
  return startGateway({
    REDIS_URL: 'memory:',
    CHANNELS: '*',
    PUBLISH_CHANNELS: '*',
    MAX_VIEWS_PER_CHANNEL: String(VIEWS),
    TRUSTED_PROXIES: 'loopback',
  });
}

/** A client at one of many addresses. */
function from(gateway: GatewayProcess, address: number): Promise<RawClient> {
  return RawClient.connect(gateway.url, { headers: { 'X-Forwarded-For': `10.0.0.${address}` } });
}

/** UTM zones. */
function zone(n: number): string {
  return `PROJECTION epsg:${32_601 + n}`;
}

/** Subscribes a client in each of the zones, with clients from as many addresses as necessary. */
async function fill(gateway: GatewayProcess, channel: string): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let n = 0; n < VIEWS; n++) {
    const client = await from(gateway, 1 + Math.floor(n / SHARE));
    expect(await outcomes(client, zone(n), `SUB ${channel}`)).toEqual(['ok', 'ok']);
    clients.push(client);
  }
  return clients;
}

test('one address adds a quarter of the views of a channel, and may join all others', async () => {
  const gateway = await start();
  const clients = await fill(gateway, 'a');
  const [first] = clients;
  expect(first).toBeDefined();
  const own = await from(gateway, 1);
  expect(await outcomes(own, zone(20), 'SUB a')).toEqual(['ok', 'too_many_views']);
  // The zone of a client at another address.
  expect(await outcomes(own, zone(7), 'SUB a')).toEqual(['ok', 'ok']);
  expect(await outcomes(own, 'SUB b', zone(20))).toEqual(['ok', 'too_many_views']);
});

test('a full channel is refused to new views from any address, until the last session has left one', async () => {
  const gateway = await start();
  const clients = await fill(gateway, 'a');
  const late = await from(gateway, 9);
  expect(await outcomes(late, zone(20), 'SUB a', 'SUB b')).toEqual(['ok', 'too_many_views', 'ok']);
  expect(await outcomes(late, zone(3), 'SUB a')).toEqual(['ok', 'ok']);
  clients[5]?.terminate();
  await eventually(async () => {
    expect(await outcomes(late, `${zone(3)} precision=5`)).toEqual(['ok']);
  });
  const scrape = await gateway.scrape();
  expect(scrape.sum('viaduct_errors_total', { code: 'too_many_views' })).toBeGreaterThanOrEqual(1);
});

test('a session whose projection is refused keeps its old one in all its channels', async () => {
  const gateway = await start();
  await fill(gateway, 'full');
  const late = await from(gateway, 9);
  const plain = await from(gateway, 9);
  expect(await outcomes(plain, 'SUB b')).toEqual(['ok']);
  expect(await outcomes(late, zone(0), 'SUB full', 'SUB b', zone(30))).toEqual([
    'ok',
    'ok',
    'ok',
    'too_many_views',
  ]);
  await plain.run('PUB b {"type":"Point","coordinates":[-177,0]}');
  const { content } = await late.inbox.next(({ source }) => source === 'b');
  // The central meridian of zone 1 is 177 degrees west, its easting there is 500,000 m: EPSG Dataset, EPSG:32601.
  expect(content).toEqual({ type: 'Point', coordinates: [500_000, 0] });
});
