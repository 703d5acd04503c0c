import type { Envelope } from '@viaduct/protocol';
import { RawClient, SocketIoClient, type TestClient, type TransportName } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';
import { Mirror } from '../support/mirror.js';
import { MovingFeatures } from '../support/moving-features.js';

const FEATURES = 400;
const CHANNEL = 'trains';

/** Radius of the sphere of Web Mercator (EPSG:3857), in metres. */
const RADIUS = 6_378_137;

function mercator([lon = 0, lat = 0]: readonly number[]): [number, number] {
  const radians = Math.PI / 180;
  return [RADIUS * lon * radians, RADIUS * Math.log(Math.tan(Math.PI / 4 + (lat * radians) / 2))];
}

/** The view of a client, and the features in it. */
interface Look {
  commands: readonly string[];
  sees(place: readonly number[]): boolean;
  shows(place: readonly number[]): readonly number[];
}

const asIs = (place: readonly number[]): readonly number[] => place;
const [right, top] = mercator([7, 46]);

const LOOKS: readonly Look[] = [
  { commands: [], sees: () => true, shows: asIs },
  { commands: ['PROJECTION epsg:3857'], sees: () => true, shows: mercator },
  { commands: ['BBOX 5 45 7 46'], sees: ([x = 0, y = 0]) => x <= 7 && y <= 46, shows: asIs },
  {
    commands: ['PROJECTION epsg:3857', `BBOX 0 0 ${right + 1} ${top + 1}`],
    sees: ([x = 0, y = 0]) => x <= 7 && y <= 46,
    shows: mercator,
  },
  { commands: ['BUFFER 50 20'], sees: () => true, shows: asIs },
];

/** The envelopes of a list, or the envelope itself. */
function flat(envelope: Envelope): Envelope[] {
  return envelope.source === 'buffer' ? (envelope.content as Envelope[]) : [envelope];
}

/** A client that mirrors the channel from now on. */
function join(client: TestClient, { commands }: Look, moving: MovingFeatures): Mirror {
  const mirror = new Mirror(CHANNEL);
  moving.waitFor(mirror);
  client.inbox.divert((envelope) => {
    for (const each of flat(envelope)) mirror.take(each);
  });
  client.sendTogether([...commands, `SUB ${CHANNEL} snapshot=true client_ref=mine`]);
  return mirror;
}

async function joinThrough(
  transport: TransportName,
  url: string,
  look: Look,
  moving: MovingFeatures,
): Promise<Mirror> {
  const client =
    transport === 'raw'
      ? await RawClient.connect(url)
      : await SocketIoClient.connect(url, { auth: { batch: true } });
  return join(client, look, moving);
}

test.each([
  ['raw', 300],
  ['socket.io', 60],
] as const)(
  '%s: %i clients that join under full traffic end up with the state in Redis',
  async (transport, clients) => {
    const { server, redis } = await startWorld();
    // The test expects every change, even for a slow client.
    const every = { CONFLATE_BYTES: '0', CONFLATE_MESSAGES: '0' };
    const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: '*', ...every });
    const moving = new MovingFeatures(redis, CHANNEL, FEATURES);
    moving.start();
    await eventually(() => expect(moving.changes.length).toBeGreaterThan(FEATURES));
    const mirrors: { mirror: Mirror; look: Look }[] = [];
    for (let i = 0; i < clients; i += 20) {
      const looks = Array.from({ length: 20 }, (_, j) => LOOKS[(i + j) % LOOKS.length] as Look);
      const joined = await Promise.all(
        looks.map(async (look) => ({
          look,
          mirror: await joinThrough(transport, gateway.url, look, moving),
        })),
      );
      mirrors.push(...joined);
    }
    await eventually(() => {
      for (const { mirror } of mirrors) expect(mirror.ended).toHaveLength(1);
    });
    await moving.stop();
    // The last change is one that every client sees.
    const last = moving.changes.length + 1;
    const end = { type: 'Feature', id: -1, properties: { n: last }, geometry: null };
    await redis.publish(CHANNEL, JSON.stringify(end));
    await eventually(() => {
      for (const { mirror } of mirrors) expect(mirror.live.at(-1)).toBe(last);
    });

    const stored = await moving.stored();
    for (const { mirror, look } of mirrors) {
      const seen = [...stored].filter(([id]) => look.sees(MovingFeatures.placeOf(id)));
      expect(new Map([...mirror.numbers].sort(([a], [b]) => a - b))).toEqual(
        new Map(seen.sort(([a], [b]) => a - b)),
      );
      for (const [id, { coordinates }] of mirror.features) {
        const place = look.shows(MovingFeatures.placeOf(id));
        for (const [axis, value] of coordinates.entries())
          expect(value).toBeCloseTo(place[axis] ?? Number.NaN, 2);
      }
      const passes = moving.changes.filter(
        ({ id, removed }) => removed || look.sees(MovingFeatures.placeOf(id)),
      );
      const first = mirror.live[0] ?? 0;
      expect(mirror.live).toEqual([...passes.map(({ n }) => n).filter((n) => n >= first), last]);
      expect(mirror.begun).toEqual([{ status: 'snapshot_begin', channel: CHANNEL, reason: 'subscribed' }]);
      expect(mirror.references).toEqual(['mine', 'mine']);
    }
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_snapshots_sent_total', { reason: 'subscribed' })).toBe(clients);
    expect(scrape.sum('viaduct_queue_overflows_total')).toBe(0);
  },
);
