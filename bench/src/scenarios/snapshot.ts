import type { Lab } from '../lab.js';
import { sleep } from '../load/clock.js';
import { Histogram } from '../load/histogram.js';
import { Room } from '../room.js';
import { problemsOf } from '../step.js';
import { type Subject, VIADUCT } from '../subjects.js';
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
async function askAtOnce(lab: Lab, subject: Subject, askers: Askers): Promise<Outcome> {
  const { hashValues, seconds } = lab.sizes;
  return Room.use(lab, subject, { receivers: 2 }, async (room) => {
    await room.fillHash(KEY, hashValues, POINT);
    await room.connect({ ...askers, projections: [askers.projection] });
    await room.connect({ receiver: 1, count: 1, commands: ['SUB {channel}'] });
    await room.receiver(0).call('begin', { first: 0, rule: { kind: 'snapshot', size: hashValues } });
    await room.receiver(1).call('begin', { first: lab.nextMessage, rule: EVERYBODY });
    const publishing = room.publish({ shape: POINT, rule: EVERYBODY, rate: LIVE_RATE, seconds: seconds + 1 });
    await sleep(CALM_MS);
    await room.receiver(1).call('mark', { pids: [], resetDelays: true });
    const before = await room.serverCpu();
    const askedUs = await room.receiver(0).call('ask', `GET ${KEY}`);
    const answer = await room.finish(hashValues, 0);
    const after = await room.serverCpu();
    const live = await room.finish((await publishing).published, 1);
    const lastMs = (answer.lastMessageUs - askedUs) / 1e3;
    const cpu = before === null || after === null ? null : after - before;
    const delays = new Histogram();
    delays.merge(live.delays);
    lab.log(`    ${askers.count} clients: last value after ${lastMs.toFixed(0)} ms`);
    return {
      case: `${askers.count} ${askers.count === 1 ? 'client' : 'clients at once'}, ${askers.projection}`,
      values: {
        last: lastMs,
        perSecond: answer.counters.messages / (lastMs / 1e3),
        usPerMessage: cpu === null ? null : (cpu / answer.counters.messages) * 1e6,
        liveP99: delays.percentileMs(0.99),
        liveMax: delays.maxMs,
        peak: room.peakBytes / 1e6,
      },
      problems: [...problemsOf(answer), ...problemsOf(live)],
      others: null,
    };
  });
}

const E: Scenario = {
  id: 'E',
  title: ({ hashValues }) => `Snapshots: GET of a hash of ${hashValues} point features`,
  about: 'Time until the last client has the last value, and the delay of a live stream meanwhile.',
  subjects: [VIADUCT],
  columns: [
    { key: 'last', label: 'until the last value, ms', digits: 0 },
    { key: 'perSecond', label: 'values/s', digits: 0 },
    { key: 'usPerMessage', label: 'CPU µs per value', digits: 2 },
    { key: 'liveP99', label: 'live stream p99, ms', digits: 1 },
    { key: 'liveMax', label: 'live stream max, ms', digits: 1 },
    { key: 'peak', label: 'peak RSS, MB', digits: 0 },
  ],
  async run(lab, subject) {
    const projected = { commands: ['PROJECTION {projection}'], projection: 'epsg:3857' };
    return [
      await askAtOnce(lab, subject, { count: 1, commands: [], projection: 'epsg:4326' }),
      await askAtOnce(lab, subject, { count: lab.sizes.hashClients, ...projected }),
    ];
  },
};

export const SNAPSHOT_SCENARIOS: readonly Scenario[] = [E];
