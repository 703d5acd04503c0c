import { TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { Random, SEED } from '@viaduct/testkit/random';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import { LiveClient, point } from '../../support/live-client.js';

const COUNT = 100;
const ROUNDS = 15;

let redis: Redis;
let gateway: GatewayProcess;

beforeAll(async () => {
  const world = await startWorld();
  ({ redis } = world);
  gateway = await startGateway({
    REDIS_URL: world.server.url,
    CHANNELS: '*',
    STREAMS: 'ships',
    // Some boxes wait, and others replace them.
    VIEW_CHANGES_PER_SECOND: '20',
  });
  for (let i = 0; i < COUNT; i++) await redis.hset('trains', `p${i}`, point(`p${i}`, i / 10, 46));
});

const open = async (channel: string, ...before: string[]): Promise<LiveClient> =>
  LiveClient.open(await TRANSPORTS.raw(gateway.url), channel, ...before);

const statusesOf = ({ seen }: LiveClient): unknown[] =>
  seen
    .map(({ content }) => content as { status?: string; reason?: string })
    .filter(({ status }) => status !== undefined)
    .map(({ status, reason }) => [status, reason]);

/** A box two degrees wide, whose edges are between points, and the sorted ids of the points in it. */
function boxFrom(tenth: number): { sides: string; ids: string[] } {
  const west = tenth / 10 + 0.05;
  const ids = Array.from({ length: 20 }, (_, i) => tenth + 1 + i).filter((i) => i < COUNT);
  return { sides: `${west} 45 ${west + 2} 47`, ids: ids.map((i) => `p${i}`).sort() };
}

describe.each(TRANSPORT_NAMES)('through the %s transport', (transport) => {
  test('the first mark after the confirmation of the latest box is about that box', async () => {
    const random = new Random(SEED);
    const live = await LiveClient.open(
      await TRANSPORTS[transport](gateway.url),
      'trains',
      'BBOX 0.05 45 2.05 47',
    );
    for (let round = 0; round < ROUNDS; round++) {
      const before = Array.from({ length: random.below(6) }, () =>
        random.of([
          `BBOX ${boxFrom(random.below(COUNT)).sides}`,
          `BBOX ${boxFrom(random.below(COUNT)).sides}`,
          'SUB trains live=true',
          `PROJECTION ${random.of(['epsg:3857', 'epsg:4326'])}`,
        ]),
      );
      const { sides, ids } = boxFrom(random.below(COUNT));
      live.client.sendTogether([...before, `BBOX ${sides} client_ref=box${round}`]);
      const mark = () => live.marks.find(({ after }) => after === `box${round}`);
      await eventually(() => expect(mark()).toBeDefined());
      expect(mark()?.ids).toEqual(ids);
    }
  });
});

test('of several SUBs to a live view, only one with live=true sends it again', async () => {
  const id = await redis.xadd('ships', '*', 'data', point('a', 7.5, 46.5));
  const live = await open('ships', 'BBOX 7 46 8 47');
  live.seen.length = 0;
  for (const options of ['', 'snapshot=true', `since=${id}`]) await live.client.run(`SUB ships ${options}`);
  await live.run(`SUB ships live=true since=${id}`);
  expect(statusesOf(live)).toEqual([
    ['snapshot_begin', 'subscribed'],
    ['snapshot_end', undefined],
  ]);
});

test('after RESET, a snapshot does not say how many features are outside the view', async () => {
  const live = await open('trains', 'RESET');
  expect(live.seen.at(-1)?.content).toEqual({ status: 'snapshot_end', channel: 'trains', count: 0 });
});

test('a live view ends if its hash has become something else', async () => {
  await redis.hset('buses', 'a', point('a', 7.5, 46.5));
  const live = await open('buses', 'BBOX 7 46 8 47');
  await redis.multi().del('buses').set('buses', 'text').exec();
  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await eventually(() => expect(statusesOf(live)).toContainEqual(['live_ended', 'unavailable']));
});
