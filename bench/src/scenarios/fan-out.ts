import type { BenchContext } from '../context.js';
import type { Shape } from '../load/message.js';
import type { Rule } from '../load/receiver-service.js';
import type { Sizes } from '../sizes.js';
import { SOCKET_IO, type Subject, VIADUCT, VIADUCT_BATCH, VIADUCT_IO, WS } from '../subjects.js';
import { type ClientGroup, TestBed } from '../test-bed.js';
import { CEILING_COLUMNS, ceilingOutcome, findCeiling } from './ceiling.js';
import type { Outcome, Scenario } from './scenario.js';

/** A point feature as most scenarios publish it. */
export const POINT: Shape = { kind: 'point', bytes: 250 };

/** All clients receive everything. */
export const EVERYBODY: Rule = { kind: 'channels', channels: 1 };

/** Share of the area in a client's box. */
export const BOX_SHARE = 0.02;

/**
 * Clients that receive the points in their own box in Web Mercator; the box itself, which comes first, is in degrees.
 */
export function boxGroup(count: number, boxShare: number): ClientGroup {
  const commands = ['BBOX {box}', 'PROJECTION {projection}', 'SUB {channel}'];
  return { count, commands, boxShare, projections: ['epsg:3857'] };
}

const CEILING_ABOUT =
  'A closed loop finds the maximum rate, a fixed rate confirms it, and delays are measured at half of it.';

/** One way to start the server, with its name in the table. */
interface Case {
  name: string;
  env: Readonly<Record<string, string>>;
}

/** Heaps whose young generation has Node's default size, and the size of the gateway's image. */
const YOUNG_GENERATIONS: readonly Case[] = [
  { name: "Node's default", env: {} },
  { name: '32 MB semi-spaces', env: { NODE_OPTIONS: '--max-semi-space-size=32' } },
];

interface FanOut {
  id: string;
  title(sizes: Sizes): string;
  about: string;
  subjects: readonly Subject[];
  group(sizes: Sizes): ClientGroup;
  shape?: Shape;
  rule?(sizes: Sizes): Rule;
  channels?(sizes: Sizes): number;
  cases?: readonly Case[];
}

const ONE_CASE: readonly Case[] = [{ name: '', env: {} }];

function fanOut(options: FanOut): Scenario {
  const { group, shape = POINT, rule, channels, cases = ONE_CASE, ...rest } = options;
  return {
    ...rest,
    about: `${rest.about} ${CEILING_ABOUT}`,
    columns: CEILING_COLUMNS,
    async run(context: BenchContext, subject: Subject) {
      const load = {
        shape,
        rule: rule?.(context.sizes) ?? EVERYBODY,
        channels: channels?.(context.sizes) ?? 1,
      };
      const outcomes: Outcome[] = [];
      for (const { name, env } of cases) {
        const ceiling = await TestBed.use(context, subject, { env }, async (bed) => {
          await bed.connect(group(context.sizes));
          return findCeiling(context, bed, load);
        });
        outcomes.push(ceilingOutcome(name, ceiling));
      }
      return outcomes;
    },
  };
}

export const FAN_OUT_SCENARIOS: readonly Scenario[] = [
  fanOut({
    id: 'A',
    title: ({ clients }) => `Plain fan-out: points of 250 B to ${clients} clients`,
    about: 'The cost of a delivery without filters and projections.',
    subjects: [VIADUCT, WS],
    group: ({ clients }) => ({ count: clients, commands: ['SUB {channel}'] }),
  }),
  fanOut({
    id: 'B',
    title: ({ clients }) =>
      `Boxes: ${clients} clients, each with its own box over 2 % of the area, all in EPSG:3857`,
    about: 'An index of all boxes finds the clients that see a point. The point is reprojected once.',
    subjects: [VIADUCT],
    group: ({ clients }) => boxGroup(clients, BOX_SHARE),
    rule: () => ({ kind: 'box', share: BOX_SHARE }),
    cases: YOUNG_GENERATIONS,
  }),
  fanOut({
    id: 'C',
    title: ({ clients }) => `Projections: ${clients} clients without a box, in four projections`,
    about: 'Every message is reprojected and encoded four times, once for each audience.',
    subjects: [VIADUCT],
    group: ({ clients }) => ({
      count: clients,
      commands: ['PROJECTION {projection}', 'SUB {channel}'],
      projections: ['epsg:4326', 'epsg:3857', 'epsg:2056', 'epsg:32632'],
    }),
  }),
  fanOut({
    id: 'D',
    title: ({ lineClients }) => `Long lines: ${lineClients} clients, lines of 500 vertices in EPSG:3857`,
    about: 'Reprojecting, writing and copying many coordinates is the limit.',
    subjects: [VIADUCT],
    shape: { kind: 'line', vertices: 500 },
    group: ({ lineClients }) => ({
      count: lineClients,
      commands: ['PROJECTION {projection}', 'SUB {channel}'],
      projections: ['epsg:3857'],
    }),
  }),
  fanOut({
    id: 'CHANNELS',
    title: ({ channels }) => `Many channels: ${channels} channels with 3 clients each`,
    about: 'The cost of a message matters more than that of a delivery.',
    subjects: [VIADUCT, WS],
    group: ({ channels }) => ({ count: 3 * channels, commands: ['SUB {channel}'], channels }),
    rule: ({ channels }) => ({ kind: 'channels', channels }),
    channels: ({ channels }) => channels,
  }),
  fanOut({
    id: 'IO',
    title: ({ clients }) => `socket.io: points of 250 B to ${clients} socket.io clients`,
    about:
      'One event for each envelope, lists of envelopes for clients that ask for batches, and a plain socket.io server with io.emit.',
    subjects: [VIADUCT_IO, VIADUCT_BATCH, SOCKET_IO],
    group: ({ clients }) => ({ count: clients, commands: ['SUB {channel}'] }),
  }),
];
