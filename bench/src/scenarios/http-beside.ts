import { constants, setPriority } from 'node:os';
import { cpuSeconds } from '@viaduct/testkit/proc';
import { Redis } from 'ioredis';
import { type Helper, startHelper } from '../children.js';
import type { BenchContext } from '../context.js';
import { Histogram } from '../load/histogram.js';
import { LiveWorld } from '../load/live-world.js';
import type { RequesterService, RequestResult } from '../load/requester-service.js';
import type { Step } from '../step.js';
import { type Subject, VIADUCT } from '../subjects.js';
import { TestBed } from '../test-bed.js';
import { report } from './ceiling.js';
import { BOX_SHARE, boxGroup, POINT } from './fan-out.js';
import type { Outcome, Scenario } from './scenario.js';

/** The channel that is requested; the clients with WebSockets have another one. */
const ITEMS_CHANNEL = 'bench_items';
/** Features that a request should bring. */
const BRINGS = 100;
const CONNECTIONS = 8;
/** Messages per second to the clients with WebSockets. */
const MESSAGE_RATE = 200;

interface Measured {
  readonly step: Step;
  readonly requests: RequestResult | null;
  /** CPU use of the process that sends the requests: 1 is a whole core. */
  readonly requesterCore: number | null;
}

/** Fixed loads for clients with WebSockets, with and without requests beside them. */
class FixedLoadsWithHttp {
  readonly #context: BenchContext;
  readonly #bed: TestBed;
  readonly #requester: Helper<RequesterService>['remote'];
  readonly #size: number;

  constructor(
    context: BenchContext,
    bed: TestBed,
    requester: Helper<RequesterService>['remote'],
    size: number,
  ) {
    this.#context = context;
    this.#bed = bed;
    this.#requester = requester;
    this.#size = size;
  }

  request(rate: number, seconds: number): Promise<RequestResult> {
    const { port } = this.#bed.server;
    const share = BRINGS / this.#size;
    const plan = { channel: ITEMS_CHANNEL, size: this.#size, connections: CONNECTIONS };
    return this.#requester.call('request', { ...plan, port, share, rate, seconds });
  }

  /** @param rate requests per second */
  async measure(rate: number): Promise<Measured> {
    const seconds = 2 * this.#context.sizes.seconds;
    const load = { shape: POINT, rule: { kind: 'box', share: BOX_SHARE }, rate: MESSAGE_RATE } as const;
    const found: { requests: RequestResult | null } = { requests: null };
    const before = cpuSeconds(this.#requester.pid);
    const step = await this.#bed.run({ ...load, seconds }, async () => {
      if (rate > 0) found.requests = await this.request(rate, seconds);
    });
    const after = cpuSeconds(this.#requester.pid);
    report(this.#context, `${rate} requests/s`, step);
    const requesterCore = before === null || after === null ? null : (after - before) / seconds;
    return { step, requests: found.requests, requesterCore };
  }

  outcome(rate: number, { step, requests, requesterCore }: Measured, alone: Step): Outcome {
    const reached = requests === null ? null : requests.inTime / (2 * this.#context.sizes.seconds);
    const delays = new Histogram();
    if (requests !== null) delays.merge(requests.delays);
    const more = (of: 'serverCores' | 'p99Ms'): number | null => {
      const [from, to] = [alone[of], step[of]];
      return requests === null || from === null || to === null ? null : to - from;
    };
    const cores = more('serverCores');
    return {
      case: rate === 0 ? 'no requests' : `${rate} requests/s`,
      values: {
        reached,
        cpu: cores === null || reached === null ? null : (cores / reached) * 1e3,
        requestP50: delays.percentileMs(0.5),
        requestP99: delays.percentileMs(0.99),
        serverCores: step.serverCores,
        requesterCore: requests === null ? null : requesterCore,
        p50: step.p50Ms,
        p99: step.p99Ms,
        more: more('p99Ms'),
      },
      problems: [...step.problems, ...(requests?.faults ?? [])],
      others: step.others === null ? null : Math.max(0, step.others - (requesterCore ?? 0)),
    };
  }
}

async function fillItems(context: BenchContext, size: number): Promise<void> {
  const redis = new Redis(context.redis.url);
  try {
    await new LiveWorld(size).store(redis, ITEMS_CHANNEL);
  } finally {
    redis.disconnect();
  }
}

async function run(context: BenchContext, subject: Subject): Promise<Outcome[]> {
  const size = context.sizes.liveFeatures.at(-1) ?? 0;
  await fillItems(context, size);
  const requester = startHelper<RequesterService>('requester-main', context.cores.rest);
  try {
    // With two cores it shares one with the clients whose delays are measured.
    setPriority(requester.remote.pid, constants.priority.PRIORITY_LOW);
    // No rate limit, because all requests come from one address.
    return await TestBed.use(context, subject, { env: { COMMANDS_PER_SECOND: '0' } }, async (bed) => {
      await bed.connect(boxGroup(context.sizes.clients, BOX_SHARE));
      const beside = new FixedLoadsWithHttp(context, bed, requester.remote, size);
      await beside.request(50, 2 * context.sizes.warmSeconds);
      const alone = await beside.measure(0);
      const outcomes = [beside.outcome(0, alone, alone.step)];
      for (const rate of context.sizes.itemRates)
        outcomes.push(beside.outcome(rate, await beside.measure(rate), alone.step));
      return outcomes;
    });
  } finally {
    await requester.stop();
  }
}

const ITEMS_BESIDE: Scenario = {
  id: 'ITEMS_BESIDE',
  title: ({ clients, liveFeatures }) =>
    `The HTTP API beside ${clients} clients with WebSockets: requests for about ${BRINGS} of ${liveFeatures.at(-1)} features at given rates`,
  about: `The clients have boxes over 2 % and receive ${MESSAGE_RATE} messages per second, as in G. Requests follow a schedule, over ${CONNECTIONS} connections; their delays begin when they are due. The last columns are the delays of the clients.`,
  subjects: [VIADUCT],
  columns: [
    { key: 'reached', label: 'answers/s', digits: 0 },
    { key: 'cpu', label: 'CPU ms per request', digits: 2 },
    { key: 'requestP50', label: 'requests p50, ms', digits: 1 },
    { key: 'requestP99', label: 'requests p99, ms', digits: 1 },
    { key: 'serverCores', label: 'server cores', digits: 2 },
    { key: 'requesterCore', label: 'requesting core', digits: 2 },
    { key: 'p50', label: 'clients p50, ms', digits: 1 },
    { key: 'p99', label: 'clients p99, ms', digits: 1 },
    { key: 'more', label: 'p99 more than without, ms', digits: 1 },
  ],
  run,
};

export const HTTP_BESIDE_SCENARIOS: readonly Scenario[] = [ITEMS_BESIDE];
