import { busySeconds, cpuSeconds } from '@viaduct/testkit/proc';
import type { BenchContext } from '../context.js';
import { EventClient, ItemsClient } from '../load/http-clients.js';
import { LiveClient } from '../load/live-clients.js';
import { boxCommand, LiveWorld } from '../load/live-world.js';
import { type Box, boxOf } from '../load/world.js';
import { type Subject, VIADUCT } from '../subjects.js';
import { TestBed } from '../test-bed.js';
import type { Outcome, Scenario } from './scenario.js';
import { CHANNEL, median, publishMoves, settled, withWorld } from './world-in-redis.js';

/** All requests come from one address. */
const NO_RATES = { COMMANDS_PER_SECOND: '0' };

/** Features that a request should bring. */
const BRINGS = 100;
/** Requests before the measurement: with fewer, much of it would be the compilation of the gateway's code. */
const WARM_REQUESTS = 2000;

async function requests(context: BenchContext, subject: Subject, size: number): Promise<Outcome> {
  return withWorld(context, new LiveWorld(size), (world) =>
    TestBed.use(context, subject, { env: NO_RATES }, async (bed) => {
      const client = new ItemsClient(bed.server.port, CHANNEL);
      const boxAt = (i: number): Box => boxOf(i, BRINGS / size);
      const delays: number[] = [];
      let [features, last] = [0, [] as string[]];
      const once = async (i: number): Promise<void> => {
        const begun = performance.now();
        last = await client.idsIn(boxAt(i));
        delays.push(performance.now() - begun);
        features += last.length;
      };
      for (let i = 0; i < Math.min(WARM_REQUESTS, context.sizes.itemRequests); i++) await once(i);
      [delays.length, features] = [0, 0];
      const count = context.sizes.itemRequests;
      const others = othersFrom(bed.server.pid);
      const cpu = cpuSeconds(bed.server.pid);
      for (let i = 0; i < count; i++) await once(i);
      const used = cpuSeconds(bed.server.pid);
      client.close();
      const ms = cpu === null || used === null ? null : ((used - cpu) * 1e3) / count;
      const sorted = delays.sort((a, b) => a - b);
      const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? null;
      context.log(
        `    ${size} features: ${ms?.toFixed(2) ?? '-'} ms of CPU, p99 ${p99?.toFixed(1) ?? '-'} ms`,
      );
      return {
        case: `${size} features`,
        values: { features: features / count, cpu: ms, p50: median(sorted), p99 },
        problems: isSame(last, world.idsIn(boxAt(count - 1))) ? [] : ['an answer was not exact'],
        others: others(),
      };
    }),
  );
}

/** Begins to measure the cores that processes besides this one and the server use; the function returns them. */
function othersFrom(server: number): () => number | null {
  const seconds = (): number | null => {
    const [all, ...own] = [busySeconds(), cpuSeconds(server), cpuSeconds(process.pid)];
    return own.reduce((rest, used) => (rest === null || used === null ? null : rest - used), all ?? null);
  };
  const [begun, before] = [performance.now(), seconds()];
  return () => {
    const after = seconds();
    if (before === null || after === null) return null;
    return Math.max(0, ((after - before) * 1e3) / (performance.now() - begun));
  };
}

const ITEMS: Scenario = {
  id: 'ITEMS',
  title: () => `The HTTP API: requests for boxes with about ${BRINGS} features`,
  about: `One client sends one request after the other, each with another box, over one connection. The first ${WARM_REQUESTS} are not measured.`,
  subjects: [VIADUCT],
  columns: [
    { key: 'features', label: 'features per request', digits: 0 },
    { key: 'cpu', label: 'CPU ms per request', digits: 2 },
    { key: 'p50', label: 'p50, ms', digits: 1 },
    { key: 'p99', label: 'p99, ms', digits: 1 },
  ],
  async run(context, subject) {
    const outcomes: Outcome[] = [];
    for (const size of context.sizes.liveFeatures) outcomes.push(await requests(context, subject, size));
    return outcomes;
  },
};

/** Share of the area in the box of each client of EVENTS. */
const EVENTS_SHARE = 0.02;
/**
 * Messages per second in EVENTS. They are few, so that the process that publishes them and holds the clients keeps up:
 * several messages that are published together would cost the gateway less.
 */
const EVENTS_RATE = 100;
/** Connections that are opened together. */
const TOGETHER = 50;

/** A client that is shown a box, over either transport. */
type Viewer = Pick<LiveClient, 'held' | 'received' | 'leaves' | 'close'>;

async function overWebSocket(port: number, box: Box): Promise<Viewer> {
  const client = await LiveClient.connect(port);
  client.send(boxCommand(box));
  await client.mark(`SUB ${CHANNEL} live=true`, 'snapshot_end');
  return client;
}

async function viewers(
  context: BenchContext,
  subject: Subject,
  name: string,
  open: (port: number, box: Box) => Promise<Viewer>,
): Promise<Outcome> {
  const { seconds, warmSeconds, streams } = context.sizes;
  const [size = 10_000] = context.sizes.liveFeatures;
  return withWorld(context, new LiveWorld(size), (world, redis) =>
    TestBed.use(context, subject, { env: NO_RATES }, async (bed) => {
      const clients: Viewer[] = [];
      while (clients.length < streams) {
        const numbers = Array.from(
          { length: Math.min(TOGETHER, streams - clients.length) },
          (_, i) => clients.length + i,
        );
        clients.push(
          ...(await Promise.all(numbers.map((i) => open(bed.server.port, boxOf(i, EVENTS_SHARE))))),
        );
      }
      const received = (): number => clients.reduce((sum, client) => sum + client.received, 0);
      await publishMoves(world, redis, { rate: EVENTS_RATE, seconds: warmSeconds });
      const before = await settled(received);
      const cpu = cpuSeconds(bed.server.pid);
      await publishMoves(world, redis, { rate: EVENTS_RATE, seconds: 2 * seconds });
      const deliveries = (await settled(received)) - before;
      const used = cpuSeconds(bed.server.pid);
      const wrong = clients.filter(({ held }, i) => !isSame(held, world.idsIn(boxOf(i, EVENTS_SHARE))));
      for (const client of clients) client.close();
      const us = cpu === null || used === null ? null : ((used - cpu) * 1e6) / deliveries;
      context.log(`    ${name}: ${us?.toFixed(1) ?? '-'} µs of CPU per delivery`);
      return {
        case: name,
        values: { deliveries, usPerDelivery: us },
        problems: wrong.length === 0 ? [] : [`${wrong.length} clients do not hold exactly their view`],
        others: null,
      };
    }),
  );
}

/** The outcome with the median cost, and with the problems of all outcomes. */
function middleOf(outcomes: readonly Outcome[]): Outcome {
  const cost = ({ values }: Outcome): number => Number(values.usPerDelivery);
  const sorted = [...outcomes].sort((a, b) => cost(a) - cost(b));
  const middle = sorted[Math.floor(sorted.length / 2)] as Outcome;
  return { ...middle, problems: outcomes.flatMap(({ problems }) => problems) };
}

const EVENTS: Scenario = {
  id: 'EVENTS',
  title: ({ streams }) => `Event streams and live views: ${streams} clients with boxes over 2 %`,
  about: `Features move by up to 100 m with each of ${EVENTS_RATE} messages a second. Both kinds of client receive updates and leaves. The transports take turns, and the median of their rounds counts.`,
  subjects: [VIADUCT],
  columns: [
    { key: 'deliveries', label: 'deliveries', digits: 0 },
    { key: 'usPerDelivery', label: 'CPU µs per delivery', digits: 2 },
  ],
  async run(context, subject) {
    const [sockets, events]: [Outcome[], Outcome[]] = [[], []];
    for (let round = 0; round < context.sizes.eventRounds; round++) {
      sockets.push(await viewers(context, subject, 'WebSocket, live=true', overWebSocket));
      events.push(
        await viewers(context, subject, 'event stream', (port, box) => EventClient.open(port, CHANNEL, box)),
      );
    }
    return [middleOf(sockets), middleOf(events)];
  },
};

function isSame(ids: Iterable<string>, expected: ReadonlySet<string>): boolean {
  const found = new Set(ids);
  return found.size === expected.size && [...expected].every((id) => found.has(id));
}

export const HTTP_SCENARIOS: readonly Scenario[] = [ITEMS, EVENTS];
