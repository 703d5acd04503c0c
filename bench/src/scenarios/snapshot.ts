import type { BenchContext } from '../context.js';
import { sleep } from '../load/clock.js';
import { Histogram } from '../load/histogram.js';
import { problemsOf } from '../step.js';
import { type Subject, VIADUCT } from '../subjects.js';
import { TestBed } from '../test-bed.js';
import { EVERYBODY, POINT } from './fan-out.js';
import type { Outcome, Scenario } from './scenario.js';

const KEY = 'bench_hash';
/** Messages per second of the live stream beside the snapshot. */
const LIVE_RATE = 100;
const CALM_MS = 500;

interface Askers {
  count: number;
  commands: readonly string[];
  projection: string;
}

/** Clients request a hash at the same moment while another client has a live stream. */
async function askAtOnce(context: BenchContext, subject: Subject, askers: Askers): Promise<Outcome> {
  const { hashValues, seconds } = context.sizes;
  return TestBed.use(context, subject, { receivers: 2 }, async (bed) => {
    await bed.fillHash(KEY, hashValues, POINT);
    await bed.connect({ ...askers, projections: [askers.projection] });
    await bed.connect({ receiver: 1, count: 1, commands: ['SUB {channel}'] });
    await bed.receiver(0).call('begin', { first: 0, rule: { kind: 'snapshot', size: hashValues } });
    await bed.receiver(1).call('begin', { first: context.nextMessage, rule: EVERYBODY });
    const publishing = bed.publish({ shape: POINT, rule: EVERYBODY, rate: LIVE_RATE, seconds: seconds + 1 });
    await sleep(CALM_MS);
    await bed.receiver(1).call('mark', { pids: [], resetDelays: true });
    const before = await bed.serverCpu();
    const askedUs = await bed.receiver(0).call('ask', `GET ${KEY}`);
    const answer = await bed.finish(hashValues, 0);
    const after = await bed.serverCpu();
    const live = await bed.finish((await publishing).published, 1);
    const lastMs = (answer.lastMessageUs - askedUs) / 1e3;
    const cpu = before === null || after === null ? null : after - before;
    const delays = new Histogram();
    delays.merge(live.delays);
    context.log(`    ${askers.count} clients: last value after ${lastMs.toFixed(0)} ms`);
    return {
      case: `${askers.count} ${askers.count === 1 ? 'client' : 'clients at once'}, ${askers.projection}`,
      values: {
        last: lastMs,
        perSecond: answer.counters.messages / (lastMs / 1e3),
        usPerMessage: cpu === null ? null : (cpu / answer.counters.messages) * 1e6,
        liveP99: delays.percentileMs(0.99),
        liveMax: delays.maxMs,
        peak: bed.peakBytes / 1e6,
      },
      problems: [...problemsOf(answer), ...problemsOf(live)],
      others: null,
    };
  });
}

const E: Scenario = {
  id: 'E',
  title: ({ hashValues }) => `Snapshots: GET of a hash of ${hashValues} point features`,
  about: 'Time until the last client has the last value, and the delay of a live stream in the meantime.',
  subjects: [VIADUCT],
  columns: [
    { key: 'last', label: 'until the last value, ms', digits: 0 },
    { key: 'perSecond', label: 'values/s', digits: 0 },
    { key: 'usPerMessage', label: 'CPU µs per value', digits: 2 },
    { key: 'liveP99', label: 'live stream p99, ms', digits: 1 },
    { key: 'liveMax', label: 'live stream max, ms', digits: 1 },
    { key: 'peak', label: 'peak RSS, MB', digits: 0 },
  ],
  async run(context, subject) {
    const projected = { commands: ['PROJECTION {projection}'], projection: 'epsg:3857' };
    return [
      await askAtOnce(context, subject, { count: 1, commands: [], projection: 'epsg:4326' }),
      await askAtOnce(context, subject, { count: context.sizes.hashClients, ...projected }),
    ];
  },
};

export const SNAPSHOT_SCENARIOS: readonly Scenario[] = [E];
