import type { BenchContext } from '../context.js';
import type { Step } from '../step.js';
import { type Subject, VIADUCT, WS } from '../subjects.js';
import { type ClientGroup, type Load, TestBed, type TestBedOptions } from '../test-bed.js';
import { report } from './ceiling.js';
import { BOX_SHARE, boxGroup, EVERYBODY, POINT } from './fan-out.js';
import type { Column, Outcome, Scenario } from './scenario.js';

const FIXED_COLUMNS: readonly Column[] = [
  { key: 'deliveries', label: 'deliveries/s', digits: 0 },
  { key: 'serverCores', label: 'server cores', digits: 2 },
  { key: 'usPerDelivery', label: 'CPU µs per delivery', digits: 2 },
  { key: 'writes', label: 'writes/s', digits: 0 },
  { key: 'p50', label: 'p50, ms', digits: 1 },
  { key: 'p99', label: 'p99, ms', digits: 1 },
  { key: 'max', label: 'max, ms', digits: 1 },
  { key: 'keptUp', label: 'kept up', digits: 0 },
];

function fixedOutcome(name: string, step: Step): Outcome {
  return {
    case: name,
    values: {
      deliveries: step.perSecond,
      serverCores: step.serverCores,
      usPerDelivery: step.usPerDelivery,
      writes: step.writesPerSecond,
      p50: step.p50Ms,
      p99: step.p99Ms,
      max: step.maxMs,
      keptUp: step.keptUp ? 'yes' : 'no',
    },
    problems: step.problems,
    others: step.others,
  };
}

interface FixedLoads {
  options?: TestBedOptions;
  group: ClientGroup;
  rates: readonly number[];
  load: Omit<Load, 'rate'>;
  /** What was varied besides the rate. */
  suffix?: string;
}

async function fixedLoads(context: BenchContext, subject: Subject, loads: FixedLoads): Promise<Outcome[]> {
  const { options = {}, group, rates, load, suffix = '' } = loads;
  return TestBed.use(context, subject, options, async (bed) => {
    await bed.connect(group);
    const outcomes: Outcome[] = [];
    for (const rate of rates) {
      const step = await bed.run({ ...load, rate });
      const name = `${rate} messages/s${suffix}`;
      report(context, name, step);
      outcomes.push(fixedOutcome(name, step));
    }
    return outcomes;
  });
}

const F: Scenario = {
  id: 'F',
  title: ({ clients }) => `Fixed load: points of 250 B to ${clients} clients at given rates`,
  about: 'The same work for everybody, so CPU per delivery and delays compare directly.',
  subjects: [VIADUCT, WS],
  columns: FIXED_COLUMNS,
  async run(context, subject) {
    const group = { count: context.sizes.clients, commands: ['SUB {channel}'] };
    const load = { shape: POINT, rule: EVERYBODY };
    const outcomes = await fixedLoads(context, subject, { group, load, rates: context.sizes.plainRates });
    if (subject.server !== 'viaduct') return outcomes;
    const rates = context.sizes.plainRates.filter((rate) => rate === 50);
    const options = { env: { FLUSH_MS: '50' } };
    return [
      ...outcomes,
      ...(await fixedLoads(context, subject, { options, group, load, rates, suffix: ', FLUSH_MS=50' })),
    ];
  },
};

const G: Scenario = {
  id: 'G',
  title: ({ clients }) =>
    `Fixed geo load: ${clients} clients with their own box over 2 %, in EPSG:3857, at given rates`,
  about: 'CPU per delivery, with filtering and reprojecting.',
  subjects: [VIADUCT],
  columns: FIXED_COLUMNS,
  run: (context, subject) =>
    fixedLoads(context, subject, {
      group: boxGroup(context.sizes.clients, BOX_SHARE),
      rates: context.sizes.geoRates,
      load: { shape: POINT, rule: { kind: 'box', share: BOX_SHARE } },
    }),
};

export const FIXED_LOAD_SCENARIOS: readonly Scenario[] = [F, G];
