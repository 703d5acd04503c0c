import { Redis } from 'ioredis';
import type { BenchContext } from '../context.js';
import { sleep } from '../load/clock.js';
import { Histogram } from '../load/histogram.js';
import { LiveWorld } from '../load/live-world.js';
import type { ConnectResult } from '../load/receiver.js';
import { SOCKET_IO, type Subject, VIADUCT, VIADUCT_IO, WS } from '../subjects.js';
import { type ClientGroup, TestBed } from '../test-bed.js';
import { report } from './ceiling.js';
import { BOX_SHARE, boxGroup, EVERYBODY, POINT } from './fan-out.js';
import type { Outcome, Scenario } from './scenario.js';

/** Messages per second while clients pan. */
const PAN_RATE = 200;
const PAN_EVERY_MS = 1000;

const PAN: Scenario = {
  id: 'PAN',
  title: ({ clients }) => `Panning: ${clients} clients with boxes over 2 %, which change every second`,
  about:
    'First every client sends a PING each second, then a new box before each PING. The difference is the cost of changing a box. For every change there must be a moment from which exactly the new box applies.',
  subjects: [VIADUCT],
  columns: [
    { key: 'changes', label: 'changes of a box/s', digits: 0 },
    { key: 'usPerChange', label: 'CPU µs per change', digits: 1 },
    { key: 'stillCores', label: 'server cores, boxes at rest', digits: 3 },
    { key: 'movingCores', label: 'server cores, panning', digits: 3 },
    { key: 'deliveries', label: 'deliveries/s', digits: 0 },
    { key: 'p99', label: 'p99, ms', digits: 1 },
  ],
  run: (context, subject) =>
    TestBed.use(context, subject, {}, async (bed) => {
      await bed.connect(boxGroup(context.sizes.clients, BOX_SHARE));
      const { seconds } = context.sizes;
      const runWith = async (moves: boolean) => {
        let turns = 0;
        const load = { shape: POINT, rule: { kind: 'pan', share: BOX_SHARE }, rate: PAN_RATE } as const;
        const step = await bed.run(load, async () => {
          await bed.receiver().call('pan', { everyMs: PAN_EVERY_MS, moves });
          await sleep(seconds * 1e3);
          turns = await bed.receiver().call('stopPan', undefined);
        });
        report(context, moves ? 'panning' : 'at rest', step);
        return { step, perSecond: turns / seconds };
      };
      const still = await runWith(false);
      const moving = await runWith(true);
      const [from, to] = [still.step.serverCores, moving.step.serverCores];
      return [
        {
          case: '',
          values: {
            changes: moving.perSecond,
            usPerChange: from === null || to === null ? null : ((to - from) / moving.perSecond) * 1e6,
            stillCores: from,
            movingCores: to,
            deliveries: moving.step.perSecond,
            p99: moving.step.p99Ms,
          },
          problems: [...still.step.problems, ...moving.step.problems],
          others: moving.step.others,
        },
      ];
    }),
};

/** Messages per second to the client that is connected before the storm. */
const STEADY_RATE = 50;
const STORM_IN_FLIGHT = 500;

const STORM_COLUMNS: Scenario['columns'] = [
  { key: 'clients', label: 'clients', digits: 0 },
  { key: 'perSecond', label: 'connections/s', digits: 0 },
  { key: 'usPerConnection', label: 'CPU µs per connection', digits: 0 },
  { key: 'p50', label: 'connected after p50, ms', digits: 0 },
  { key: 'p99', label: 'connected after p99, ms', digits: 0 },
  { key: 'restP99', label: 'steady client p99 before, ms', digits: 1 },
  { key: 'steadyP99', label: 'steady client p99, ms', digits: 1 },
  { key: 'steadyMax', label: 'steady client max, ms', digits: 1 },
];

/** Clients of a storm, and what is prepared before they connect. */
interface Storm {
  readonly group: Pick<ClientGroup, 'commands' | 'boxShare'>;
  prepare?(): Promise<void>;
}

async function runStorm(
  context: BenchContext,
  subject: Subject,
  { group, prepare }: Storm,
): Promise<Outcome[]> {
  return TestBed.use(context, subject, { receivers: 2 }, async (bed) => {
    const { storm } = context.sizes;
    await prepare?.();
    await bed.connect({ receiver: 1, count: 1, commands: ['SUB {channel}'] });
    const load = { shape: POINT, rule: EVERYBODY, rate: STEADY_RATE } as const;
    const rest = await bed.run({ ...load, seconds: context.sizes.seconds });
    report(context, 'steady client at rest', rest);
    const stormed: { result?: ConnectResult; cpu: number | null } = { cpu: null };
    const seconds = context.sizes.seconds + storm / 1000;
    const step = await bed.run({ ...load, seconds }, async () => {
      const before = await bed.serverCpu();
      stormed.result = await bed.connect({
        ...group,
        count: storm,
        inFlight: STORM_IN_FLIGHT,
      });
      const after = await bed.serverCpu();
      stormed.cpu = before === null || after === null ? null : after - before;
    });
    report(context, 'steady client', step);
    const connects = new Histogram();
    if (stormed.result !== undefined) connects.merge(stormed.result.delays);
    return [
      {
        case: '',
        values: {
          clients: storm,
          perSecond: stormed.result === undefined ? null : storm / (stormed.result.ms / 1e3),
          usPerConnection: stormed.cpu === null ? null : (stormed.cpu / storm) * 1e6,
          p50: connects.percentileMs(0.5),
          p99: connects.percentileMs(0.99),
          restP99: rest.p99Ms,
          steadyP99: step.p99Ms,
          steadyMax: step.maxMs,
        },
        problems: [...rest.problems, ...step.problems],
        others: step.others,
      },
    ];
  });
}

const STORM: Scenario = {
  id: 'STORM',
  title: ({ storm }) =>
    `Connect storm: ${storm} clients connect and subscribe, up to ${STORM_IN_FLIGHT} of them at the same time`,
  about:
    'Measured from the TCP connect to the PONG after the first SUB. Another client receives 50 messages per second throughout; their delay shows how long the event loop was busy.',
  subjects: [VIADUCT, WS, VIADUCT_IO],
  columns: STORM_COLUMNS,
  run: (context, subject) => runStorm(context, subject, { group: { commands: ['SUB bench_storm'] } }),
};

const LIVE_HASH = 'bench_live';
const LIVE_BOX_SHARE = 0.01;

/** Features without the marks of messages: a client's first view must not be counted as part of the stream. */
async function fillLiveHash(context: BenchContext): Promise<void> {
  const redis = new Redis(context.redis.url);
  try {
    await new LiveWorld(context.sizes.hashValues).store(redis, LIVE_HASH);
  } finally {
    redis.disconnect();
  }
}

const LIVE_STORM: Scenario = {
  id: 'LIVE_STORM',
  title: ({ storm, hashValues }) =>
    `Live storm: ${storm} clients connect, set a box over 1 % and watch ${hashValues} features live`,
  about:
    'Like STORM, but each client is sent its first view. They share one read of the hash, and the views are sent in slices between the messages of the steady client.',
  subjects: [VIADUCT],
  columns: STORM_COLUMNS,
  run: (context, subject) =>
    runStorm(context, subject, {
      group: { commands: ['BBOX {box}', `SUB ${LIVE_HASH} live=true`], boxShare: LIVE_BOX_SHARE },
      prepare: () => fillLiveHash(context),
    }),
};

const LONE_RATE = 20;

const LONE: Scenario = {
  id: 'LONE',
  title: () => `A lone message to a lone client, ${LONE_RATE} a second`,
  about:
    'Coalescing must not delay single messages. The delay is measured from before the PUBLISH to the arrival.',
  subjects: [VIADUCT, WS, VIADUCT_IO, SOCKET_IO],
  columns: [
    { key: 'p50', label: 'p50, ms', digits: 2 },
    { key: 'p99', label: 'p99, ms', digits: 2 },
    { key: 'max', label: 'max, ms', digits: 2 },
  ],
  run: (context, subject) =>
    TestBed.use(context, subject, {}, async (bed) => {
      await bed.connect({ count: 1, commands: ['SUB {channel}'] });
      const { loneSeconds } = context.sizes;
      const step = await bed.run({ shape: POINT, rule: EVERYBODY, rate: LONE_RATE, seconds: loneSeconds });
      report(context, 'lone', step);
      const values = { p50: step.p50Ms, p99: step.p99Ms, max: step.maxMs };
      return [{ case: '', values, problems: step.problems, others: step.others }];
    }),
};

export const MOTION_SCENARIOS: readonly Scenario[] = [PAN, STORM, LIVE_STORM, LONE];
