import { constants, setPriority } from 'node:os';
import { type Helper, startHelper } from '../children.js';
import type { BenchContext } from '../context.js';
import { Histogram } from '../load/histogram.js';
import type { PublisherService } from '../load/publisher-service.js';
import type { RunResult } from '../load/receiver-service.js';
import { problemsOf } from '../step.js';
import { type Subject, VIADUCT } from '../subjects.js';
import { TestBed } from '../test-bed.js';
import { EVERYBODY, POINT } from './fan-out.js';
import type { Outcome, Scenario } from './scenario.js';

/** One client for each: ten distinct views of every big message. */
const PROJECTIONS = [4326, 3857, 2056, 21781, 32632, 25832, 3034, 3035, 2154, 31287].map(
  (code) => `epsg:${code}`,
);
/** Messages per second of the stream whose delay is measured. */
const STREAM_RATE = 100;
const BIG_RATE = 1;
/** The channel of the big messages; the stream has the first one. */
const BIG_CHANNEL = 1;
/** The numbers of big messages are far from those of the stream. */
const FIRST_BIG = 1e8;

/** What the two kinds of clients received in one run; `big` is null if nothing big was published. */
interface Results {
  stream: RunResult;
  big: RunResult | null;
}

async function measure(
  bed: TestBed,
  context: BenchContext,
  bigs: Helper<PublisherService> | null,
  seconds = context.sizes.bigSeconds,
): Promise<Results> {
  await bed.receiver(0).call('begin', { first: context.nextMessage, rule: EVERYBODY });
  await bed.receiver(1).call('begin', { first: FIRST_BIG, rule: EVERYBODY });
  const streaming = bed.publish({ shape: POINT, rule: EVERYBODY, rate: STREAM_RATE, seconds });
  const published = await bigs?.remote.call('publish', {
    first: FIRST_BIG,
    shape: { kind: 'collection', bytes: context.sizes.bigBytes },
    channels: 1,
    firstChannel: BIG_CHANNEL,
    seconds,
    rate: BIG_RATE,
    ackPorts: [],
  });
  const stream = await bed.finish((await streaming).published, 0);
  return { stream, big: published === undefined ? null : await bed.finish(published.published, 1) };
}

function delaysOf({ delays }: RunResult): Histogram {
  const histogram = new Histogram();
  histogram.merge(delays);
  return histogram;
}

/** Two runs on one test bed, one of them with big messages. */
async function compare(
  context: BenchContext,
  subject: Subject,
  { name, env }: { name: string; env: Readonly<Record<string, string>> },
): Promise<Outcome> {
  return TestBed.use(context, subject, { env, receivers: 2, twoCores: true }, async (bed) => {
    await bed.connect({ count: context.sizes.lineClients, commands: ['SUB {channel}'] });
    await bed.connect({
      receiver: 1,
      count: PROJECTIONS.length,
      commands: ['PROJECTION {projection}', `SUB bench_${String(BIG_CHANNEL).padStart(4, '0')}`],
      projections: PROJECTIONS,
    });
    const bigs = startHelper<PublisherService>('publisher-main', context.cores.rest);
    try {
      await bigs.remote.call('open', context.redis.port);
      // They share a core with Redis and the publisher of the stream, which must not wait for them.
      for (const pid of [bigs.remote.pid, bed.receiver(1).pid]) {
        setPriority(pid, constants.priority.PRIORITY_LOW);
      }
      // The first big messages, which start the threads, are not measured.
      await measure(bed, context, bigs, context.sizes.warmSeconds);
      const without = await measure(bed, context, null);
      const before = await bed.serverCpu();
      const begun = performance.now();
      const both = await measure(bed, context, bigs);
      const after = await bed.serverCpu();
      const [calm, busy] = [delaysOf(without.stream), delaysOf(both.stream)];
      const [p99Without, p99With] = [calm.percentileMs(0.99), busy.percentileMs(0.99)];
      context.log(
        `    ${name}: p99 ${p99Without?.toFixed(1) ?? '-'} ms without, ${p99With?.toFixed(1) ?? '-'} ms with`,
      );
      return {
        case: name,
        values: {
          without: p99Without,
          with: p99With,
          more: p99Without === null || p99With === null ? null : p99With - p99Without,
          max: busy.maxMs,
          big: both.big === null ? null : delaysOf(both.big).percentileMs(0.5),
          cores:
            before === null || after === null ? null : (after - before) / ((performance.now() - begun) / 1e3),
          peak: bed.peakBytes / 1e6,
        },
        problems: [without.stream, both.stream, both.big].flatMap((result) =>
          result === null ? [] : problemsOf(result),
        ),
        others: null,
      };
    } finally {
      await bigs.stop();
    }
  });
}

const BIG: Scenario = {
  id: 'BIG',
  title: ({ bigBytes, lineClients }) =>
    `Big messages: how a FeatureCollection of ${bigBytes / 1e6} MB each second, in ${PROJECTIONS.length} projections, delays ${lineClients} clients of another channel`,
  about: `The clients receive ${STREAM_RATE} points per second, first without and then with the big messages, from the same server on two cores. With WORKER_THREADS=0 the main thread does all the work.`,
  subjects: [VIADUCT],
  columns: [
    { key: 'without', label: 'p99 without, ms', digits: 1 },
    { key: 'with', label: 'p99 with, ms', digits: 1 },
    { key: 'more', label: 'difference, ms', digits: 1 },
    { key: 'max', label: 'max with, ms', digits: 1 },
    { key: 'big', label: 'p50 of the big messages, ms', digits: 0 },
    { key: 'cores', label: 'server cores with', digits: 2 },
    { key: 'peak', label: 'peak RSS, MB', digits: 0 },
  ],
  async run(context, subject) {
    const cases = [
      { name: 'as it is by default', env: {} },
      { name: 'WORKER_THREADS=0', env: { WORKER_THREADS: '0' } },
    ];
    const outcomes: Outcome[] = [];
    for (const each of cases) outcomes.push(await compare(context, subject, each));
    return outcomes;
  },
};

export const BIG_SCENARIOS: readonly Scenario[] = [BIG];
