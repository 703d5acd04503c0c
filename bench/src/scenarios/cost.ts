import type { BenchContext } from '../context.js';
import type { Step } from '../step.js';
import { VIADUCT } from '../subjects.js';
import { type ClientGroup, TestBed } from '../test-bed.js';
import { report } from './ceiling.js';
import { EVERYBODY, POINT } from './fan-out.js';
import type { Scenario } from './scenario.js';

/** Messages per second at which nearly each of them wakes the server. */
const TRICKLE = 2000;

/** Views of the same CRS with different bytes. */
const AUDIENCES = ['xy', 'crs'].flatMap((order) =>
  ['0.001', '0.01', '0.1', '1'].map((step) => `epsg:3857 axis_order=${order} precision=${step}`),
);

/** Collects messages for longer than by default, so that there are few writes. */
const GATHER = { FLUSH_MS: '100' };
const DIRECT = { FLUSH_MS: '0' };

interface Setting {
  env?: Readonly<Record<string, string>>;
  group: ClientGroup;
  rate: number;
}

/** Costs in microseconds of CPU time, and the runs from which they come; null if one of those did not keep up. */
interface Costs {
  values: Record<string, number | null>;
  steps: readonly Step[];
}

async function measure(
  context: BenchContext,
  what: string,
  { env = {}, group, rate }: Setting,
): Promise<Step> {
  const step = await TestBed.use(context, VIADUCT, { env }, async (bed) => {
    await bed.connect(group);
    return bed.run({ shape: POINT, rule: EVERYBODY, rate });
  });
  report(context, what, step);
  return step;
}

function subscribers(count: number): ClientGroup {
  return { count, commands: ['SUB {channel}'] };
}

/** CPU time per second, in microseconds; null if it is unknown or meaningless. */
function cpuUs({ serverCores, keptUp }: Step): number | null {
  return serverCores === null || !keptUp ? null : serverCores * 1e6;
}

/**
 * The cost of one more unit, from two runs with different numbers.
 *
 * @param known CPU time per second that has another cause, in microseconds
 */
function slopeUs(a: Step, b: Step, units: (of: Step) => number, known = (_: Step) => 0): number | null {
  const [from, to] = [cpuUs(a), cpuUs(b)];
  if (from === null || to === null) return null;
  return (to - known(b) - (from - known(a))) / (units(b) - units(a));
}

/** One client, with more and more messages. */
async function messageCosts(context: BenchContext): Promise<Costs> {
  const rate = context.sizes.costMessageRate;
  const group = subscribers(1);
  const trickle = await measure(context, 'one client, a trickle', { group, rate: TRICKLE });
  const stream = await measure(context, 'one client', { group, rate });
  const double = await measure(context, 'one client, twice the messages', { group, rate: 2 * rate });
  const message = slopeUs(stream, double, (step) => step.messagesPerSecond);
  const alone = trickle.keptUp ? trickle.usPerMessage : null;
  const wakeUp = message === null || alone === null ? null : alone - message;
  return { values: { message, wakeUp }, steps: [trickle, stream, double] };
}

/** The same stream for one view and for several, with a client each. */
async function audienceCost(context: BenchContext): Promise<Costs> {
  const rate = context.sizes.costMessageRate;
  const views = { commands: ['PROJECTION {projection}', 'SUB {channel}'], projections: AUDIENCES };
  const one = await measure(context, 'one audience', { group: { ...views, count: 1 }, rate });
  const count = AUDIENCES.length;
  const several = await measure(context, `${count} audiences`, { group: { ...views, count }, rate });
  return { values: { audience: slopeUs(one, several, (step) => step.perSecond) }, steps: [one, several] };
}

/** The same stream with few and with many writes. */
async function writeCost(context: BenchContext): Promise<Costs> {
  const { costClients, costRate: rate } = context.sizes;
  const group = subscribers(costClients);
  const few = await measure(context, 'few writes', { group, rate, env: GATHER });
  const many = await measure(context, 'many writes', { group, rate, env: DIRECT });
  return { values: { write: slopeUs(few, many, (step) => step.writesPerSecond) }, steps: [few, many] };
}

/**
 * The same number of writes with ten times the messages in them.
 *
 * @param messageUs the cost of a message itself, in microseconds
 */
async function deliveryCost(context: BenchContext, messageUs: number | null): Promise<Costs> {
  const { costClients, costRate: rate } = context.sizes;
  const group = subscribers(4 * costClients);
  const slow = await measure(context, 'small writes', { group, rate, env: GATHER });
  const fast = await measure(context, 'large writes', { group, rate: 10 * rate, env: GATHER });
  const messagesUs = (step: Step): number => step.messagesPerSecond * (messageUs ?? 0);
  return {
    values: { delivery: slopeUs(slow, fast, (step) => step.perSecond, messagesUs) },
    steps: [slow, fast],
  };
}

const COST: Scenario = {
  id: 'COST',
  title: () => 'The cost model: one message, audience, delivery and write',
  about:
    'Each cost comes from two runs with one difference: twice the messages to one client (message), eight audiences instead of one (audience), ten times the messages in the same number of writes (delivery), a stream with and without coalescing (write). A wake-up is the additional cost of a message that arrives alone, at 2000 per second.',
  subjects: [VIADUCT],
  columns: [
    { key: 'message', label: 'message, CPU µs', digits: 1 },
    { key: 'audience', label: 'audience, CPU µs', digits: 2 },
    { key: 'delivery', label: 'delivery, CPU µs', digits: 3 },
    { key: 'write', label: 'write, CPU µs', digits: 2 },
    { key: 'wakeUp', label: 'wake-up, CPU µs', digits: 0 },
  ],
  async run(context) {
    const message = await messageCosts(context);
    const others = [
      await audienceCost(context),
      await deliveryCost(context, message.values.message ?? null),
      await writeCost(context),
    ];
    const costs = [message, ...others];
    const steps = costs.flatMap((cost) => cost.steps);
    return [
      {
        case: '',
        values: Object.assign({}, ...costs.map(({ values }) => values)),
        problems: steps.flatMap(({ problems }) => problems),
        others: Math.max(...steps.map(({ others }) => others ?? 0)),
      },
    ];
  },
};

export const COST_SCENARIOS: readonly Scenario[] = [COST];
