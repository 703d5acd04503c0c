import type { Envelope } from '@viaduct/protocol';
import { RawClient } from '@viaduct/testkit/clients';
import { SECRET, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld, type World } from '@viaduct/testkit/world';
import { beforeAll, describe, expect, test } from 'vitest';
import { BIG_TEXT, bigFeature, isFeature, WORKERS } from '../support/areas.js';

const SWISS = [5.9, 45.8, 10.5, 47.9];
const OUTSIDE = bigFeature('outside', { type: 'Point', coordinates: [13, 47] });

function inside(id: string): object {
  return bigFeature(id, { type: 'Point', coordinates: [8, 47] });
}

/** Each says something about a place outside the area, and not in GeoJSON. */
const FOREIGN: Record<string, unknown> = {
  'a list of features': [OUTSIDE],
  TopoJSON: {
    type: 'Topology',
    objects: { outside: { type: 'Point', coordinates: [13, 47] } },
    text: BIG_TEXT,
  },
  'a type in lower case': { ...OUTSIDE, type: 'feature' },
  'an object': { name: 'outside', lon: 13, lat: 47, text: BIG_TEXT },
  'a text': `outside: 13 47 ${BIG_TEXT}`,
  'a number': 13_000_000_047,
  'an empty collection with something else in it': {
    type: 'FeatureCollection',
    features: [],
    places: [OUTSIDE],
  },
};

describe.each(Object.entries(WORKERS))('what is not GeoJSON, by %s', (_, env) => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
    for (const [i, content] of Object.values(FOREIGN).entries())
      await world.redis.hset('things', `field${i}`, JSON.stringify(content));
    await world.redis.hset('things', 'inside', JSON.stringify(inside('inside')));
  });

  async function start(settings: Record<string, string>): Promise<GatewayProcess> {
    return startGateway({
      REDIS_URL: world.server.url,
      CHANNELS: '*',
      JWT_SECRET: SECRET,
      ...env,
      ...settings,
    });
  }

  async function connect(gateway: GatewayProcess, claims: object): Promise<RawClient> {
    return RawClient.connect(`${gateway.url}/?token=${await sign({ channels: ['*'], ...claims })}`);
  }

  /** Everything that a client receives of the channel and its hash, by every way. */
  async function receivedBy(client: RawClient): Promise<string> {
    await client.run('GET things');
    await client.run('PGET things projection=epsg:3857');
    await client.run('BBOX -180 -90 180 90');
    await client.run('GET things');
    for (const i of Object.keys(FOREIGN).keys()) await client.run(`GET things field${i}`);
    await client.run('SUB things snapshot=true');
    for (const content of Object.values(FOREIGN))
      await world.redis.publish('things', JSON.stringify(content));
    await world.redis.publish('things', JSON.stringify(inside('end')));
    await client.inbox.collect(isFeature('end'));
    await client.run('DEL things');
    await client.run('SUB things live=true');
    const isEnd = ({ content }: Envelope): boolean =>
      (content as { status?: string } | null)?.status === 'snapshot_end';
    await eventually(() => expect(client.inbox.all.filter(isEnd)).toHaveLength(2));
    for (const content of Object.values(FOREIGN))
      await world.redis.publish('things', JSON.stringify(content));
    await world.redis.publish('things', JSON.stringify(inside('live end')));
    await client.inbox.collect(isFeature('live end'));
    return JSON.stringify(client.inbox.all.filter(({ source }) => source.startsWith('things')));
  }

  test('is not sent to sessions with an area, and counted, unless AREA_STRICT is off', async () => {
    const gateway = await start({});
    const received = await receivedBy(await connect(gateway, { area: SWISS }));
    expect(received).not.toMatch(/outside|13000000047/u);
    expect(received).toContain('inside');
    const scrape = await gateway.scrape();
    // All but the empty collection, which is GeoJSON: published twice, and at least the snapshot of the hash.
    const foreign = Object.keys(FOREIGN).length - 1;
    expect(scrape.sum('viaduct_area_withheld_total', { where: 'channel' })).toBe(2 * foreign);
    expect(scrape.sum('viaduct_area_withheld_total', { where: 'hash' })).toBeGreaterThanOrEqual(6 * foreign);
    await eventually(() => {
      const line = gateway.log.find(({ msg }) => /not GeoJSON/u.test(String(msg)));
      expect(line).toMatchObject({ channel: 'things' });
    });
  });

  test('is sent to sessions without an area', async () => {
    const gateway = await start({});
    const received = await receivedBy(await connect(gateway, {}));
    expect(received.split('outside').length).toBeGreaterThan(3 * Object.keys(FOREIGN).length);
    expect((await gateway.scrape()).sum('viaduct_area_withheld_total')).toBe(0);
  });

  test('is sent to sessions with an area if AREA_STRICT is off; an empty collection has no other members', async () => {
    const gateway = await start({ AREA_STRICT: 'off' });
    const received = await receivedBy(await connect(gateway, { area: SWISS }));
    for (const what of ['"feature"', 'Topology', 'outside: 13 47', '13000000047', '"lon":13'])
      expect(received).toContain(what);
    expect(received).not.toContain('places');
    expect((await gateway.scrape()).sum('viaduct_area_withheld_total')).toBe(0);
  });
});
