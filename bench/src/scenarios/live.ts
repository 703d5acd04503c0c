import { cpuSeconds, memoryOf } from '@viaduct/testkit/proc';
import type { Redis } from 'ioredis';
import type { BenchContext } from '../context.js';
import { sleep } from '../load/clock.js';
import { LiveClient } from '../load/live-clients.js';
import { boxCommand, LiveWorld, mercatorBoxCommand } from '../load/live-world.js';
import { AREA, type Box, boxOf } from '../load/world.js';
import { type Subject, VIADUCT } from '../subjects.js';
import { TestBed } from '../test-bed.js';
import type { Outcome, Scenario } from './scenario.js';
import { CHANNEL, median, publishMoves, settled, withWorld } from './world-in-redis.js';

/** Features that a pan is meant to bring. */
const BRINGS = 100;
const WARM_PANS = 30;

/** Reads of hashes that Redis has answered. */
async function readsOf(redis: Redis): Promise<number> {
  const stats = await redis.info('commandstats');
  return [...stats.matchAll(/^cmdstat_(?:hscan|hget|hvals|hgetall|hlen):calls=(\d+)/gmu)].reduce(
    (sum, [, calls]) => sum + Number(calls),
    0,
  );
}

/** A box over a share of the area that moves to the east by a part of its width, and back to the west at the edge. */
function panning(share: number, part: number): (step: number) => Box {
  const { left, right, bottom, top } = boxOf(0, share);
  const width = right - left;
  const room = AREA.right - AREA.left - width;
  const height = top - bottom;
  return (step) => {
    const way = (step * width * part) % (2 * room);
    const x = AREA.left + Math.floor(way <= room ? way : 2 * room - way) - 0.5;
    const y = (AREA.bottom + AREA.top - height) / 2 - 0.5;
    return { left: x, right: x + width, bottom: y, top: y + height };
  };
}

async function pan(context: BenchContext, subject: Subject, size: number, share: number): Promise<Outcome> {
  const inBox = size * share;
  const part = Math.min(1, BRINGS / inBox);
  return withWorld(context, new LiveWorld(size), (world, redis) =>
    TestBed.use(context, subject, {}, async (bed) => {
      const client = await LiveClient.connect(bed.server.port);
      const boxAt = panning(share, part);
      client.send('PROJECTION epsg:3857');
      client.send(mercatorBoxCommand(boxAt(0)));
      await client.mark(`SUB ${CHANNEL} live=true`, 'snapshot_end');
      const pans = context.sizes.livePans;
      const delays: number[] = [];
      let step = 0;
      const once = async (): Promise<number> => {
        const begun = performance.now();
        const { entered = 0 } = await client.mark(mercatorBoxCommand(boxAt(++step)), 'view');
        delays.push(performance.now() - begun);
        return entered;
      };
      for (let i = 0; i < WARM_PANS; i++) await once();
      delays.length = 0;
      const reads = await readsOf(redis);
      const cpu = cpuSeconds(bed.server.pid);
      let entered = 0;
      for (let i = 0; i < pans; i++) entered += await once();
      const used = cpuSeconds(bed.server.pid);
      const problems: string[] = [];
      if ((await readsOf(redis)) !== reads) problems.push('a pan read from Redis');
      const expected = world.idsIn(boxAt(step));
      if (expected.size !== client.held.size || [...expected].some((id) => !client.held.has(id)))
        problems.push(`the client holds ${client.held.size} features, not ${expected.size}`);
      client.close();
      const name = `${size} features, box of ${share * 100} %`;
      const ms = cpu === null || used === null ? null : ((used - cpu) * 1e3) / pans;
      context.log(
        `    ${name}: ${ms?.toFixed(2) ?? '-'} ms of CPU for ${(entered / pans).toFixed(0)} features`,
      );
      return {
        case: name,
        values: {
          entered: entered / pans,
          cpu: ms,
          cpuPerHundred: ms === null ? null : (ms * 100) / (entered / pans),
          p50: median(delays),
          memory: (memoryOf(bed.server.pid)?.nowBytes ?? 0) / 1e6,
        },
        problems,
        others: null,
      };
    }),
  );
}

const PAN_LIVE: Scenario = {
  id: 'PAN_LIVE',
  title: () => `Pans of a live view, each of which brings about ${BRINGS} features`,
  about:
    'One client pans in EPSG:3857 and waits for the mark after each pan. Every pan is answered from memory: Redis is not read.',
  subjects: [VIADUCT],
  columns: [
    { key: 'entered', label: 'features per pan', digits: 0 },
    { key: 'cpu', label: 'CPU ms per pan', digits: 2 },
    { key: 'cpuPerHundred', label: 'CPU ms per 100 features', digits: 2 },
    { key: 'p50', label: 'p50 until the mark, ms', digits: 1 },
    { key: 'memory', label: 'RSS, MB', digits: 0 },
  ],
  async run(context, subject) {
    const outcomes: Outcome[] = [];
    for (const size of context.sizes.liveFeatures) {
      for (const share of [0.001, 0.01]) outcomes.push(await pan(context, subject, size, share));
    }
    return outcomes;
  },
};

/** Share of the area in the box of each client of LEAVE. */
const LEAVE_SHARE = 0.02;

/** Sessions with boxes and a stream of moves: what live views add to it. */
async function stream(context: BenchContext, subject: Subject, live: boolean): Promise<Outcome> {
  const { clients, seconds, warmSeconds, liveRate: rate } = context.sizes;
  const [size = 10_000] = context.sizes.liveFeatures;
  return withWorld(context, new LiveWorld(size), (world, redis) =>
    TestBed.use(context, subject, {}, async (bed) => {
      const all: LiveClient[] = [];
      for (let i = 0; i < clients; i++) {
        const client = await LiveClient.connect(bed.server.port);
        client.send(boxCommand(boxOf(i, LEAVE_SHARE)));
        client.send('PROJECTION epsg:3857');
        if (live) await client.mark(`SUB ${CHANNEL} live=true`, 'snapshot_end');
        else await client.mark(`SUB ${CHANNEL} snapshot=true`, 'snapshot_end');
        all.push(client);
      }
      await publishMoves(world, redis, { rate, seconds: warmSeconds });
      await settled(() => sum(all, 'received'));
      const before = { received: sum(all, 'received'), leaves: sum(all, 'leaves') };
      const cpu = cpuSeconds(bed.server.pid);
      const published = await publishMoves(world, redis, { rate, seconds: 2 * seconds });
      await settled(() => sum(all, 'received'));
      const used = cpuSeconds(bed.server.pid);
      const leaves = sum(all, 'leaves') - before.leaves;
      const received = sum(all, 'received') - before.received - leaves;
      for (const client of all) client.close();
      const us = cpu === null || used === null ? null : ((used - cpu) * 1e6) / received;
      const name = live ? 'live=true' : 'snapshot=true';
      context.log(
        `    ${name}: ${us?.toFixed(1) ?? '-'} µs of CPU per update, ${leaves} leaves for ${received} updates`,
      );
      return {
        case: name,
        values: { published, received, leaves, usPerUpdate: us },
        problems: live && leaves === 0 ? ['nothing left'] : [],
        others: null,
      };
    }),
  );
}

function sum(clients: readonly LiveClient[], member: 'received' | 'leaves'): number {
  return clients.reduce((total, client) => total + client[member], 0);
}

const LEAVE: Scenario = {
  id: 'LEAVE',
  title: ({ clients }) =>
    `Moving features: ${clients} clients with boxes over 2 %, with and without live views`,
  about: 'Features move by up to 100 m with each message. Live views also report which features leave.',
  subjects: [VIADUCT],
  columns: [
    { key: 'published', label: 'messages', digits: 0 },
    { key: 'received', label: 'updates', digits: 0 },
    { key: 'leaves', label: 'leaves', digits: 0 },
    { key: 'usPerUpdate', label: 'CPU µs per update', digits: 2 },
  ],
  async run(context, subject) {
    return [await stream(context, subject, false), await stream(context, subject, true)];
  },
};

/** Clients of GHOSTS, and the share of the area in the box of each. */
const VIEWERS = 10;
const VIEW_SHARE = 0.05;
/** Longest way between two messages about a vehicle, in micro-degrees: a minute of a fast train. */
const MINUTE_DRIFT = 40_000;
/** Vehicles, each of which sends a message a minute for an hour. */
const VEHICLES = 1000;
const MINUTES = 60;

/** What clients show after an hour of feed time that is not in their box, and what they do not show although it is. */
async function ghosts(context: BenchContext, subject: Subject, live: boolean): Promise<Outcome> {
  return withWorld(context, new LiveWorld(VEHICLES, MINUTE_DRIFT), (world, redis) =>
    TestBed.use(context, subject, {}, async (bed) => {
      const boxes = Array.from({ length: VIEWERS }, (_, i) => boxOf(i, VIEW_SHARE));
      const clients: LiveClient[] = [];
      for (const box of boxes) {
        const client = await LiveClient.connect(bed.server.port);
        client.send(boxCommand(box));
        await client.mark(`SUB ${CHANNEL} ${live ? 'live' : 'snapshot'}=true`, 'snapshot_end');
        clients.push(client);
      }
      const minutes = Math.ceil(MINUTES * context.sizes.liveHours);
      for (let minute = 0; minute < minutes; minute++) {
        const changes = redis.pipeline();
        for (let n = 0; n < VEHICLES; n++) {
          const i = world.move();
          changes.hset(CHANNEL, `f${i}`, world.text(i)).publish(CHANNEL, world.text(i));
        }
        await changes.exec();
      }
      // Redis still passes the last messages on.
      await sleep(1000);
      await Promise.all(clients.map((client) => client.pong()));
      const counts = clients.map(({ held }, i) => {
        const inBox = world.idsIn(boxes[i] as Box);
        return {
          inBox: inBox.size,
          ghosts: [...held].filter((id) => !inBox.has(id)).length,
          missing: [...inBox].filter((id) => !held.has(id)).length,
        };
      });
      for (const client of clients) client.close();
      const total = (of: 'inBox' | 'ghosts' | 'missing'): number =>
        counts.reduce((sum, count) => sum + count[of], 0);
      const name = live ? 'live=true' : 'snapshot=true, without a time to live';
      context.log(
        `    ${name}: ${total('ghosts')} shown but not in the box, ${total('missing')} in the box but not shown`,
      );
      return {
        case: name,
        values: {
          minutes,
          inBox: total('inBox') / VIEWERS,
          ghosts: total('ghosts') / VIEWERS,
          missing: total('missing') / VIEWERS,
        },
        problems: live && total('ghosts') + total('missing') > 0 ? ['the sets are not exact'] : [],
        others: null,
      };
    }),
  );
}

const GHOSTS: Scenario = {
  id: 'GHOSTS',
  title: () => `Ghosts: what a viewer shows after an hour of ${VEHICLES} vehicles that move once a minute`,
  about: `${VIEWERS} clients with boxes over ${VIEW_SHARE * 100} % keep what they are sent; the feed runs as fast as it can.`,
  subjects: [VIADUCT],
  columns: [
    { key: 'minutes', label: 'minutes of feed time', digits: 0 },
    { key: 'inBox', label: 'in the box, per viewer', digits: 1 },
    { key: 'ghosts', label: 'shown but not in the box, per viewer', digits: 1 },
    { key: 'missing', label: 'in the box but not shown, per viewer', digits: 1 },
  ],
  async run(context, subject) {
    return [await ghosts(context, subject, false), await ghosts(context, subject, true)];
  },
};

export const LIVE_SCENARIOS: readonly Scenario[] = [PAN_LIVE, LEAVE, GHOSTS];
