import type { Lab } from '../lab.js';
import { type Guests, type Load, Room } from '../room.js';
import type { Step } from '../step.js';
import { VIADUCT } from '../subjects.js';
import { findCeiling, report } from './ceiling.js';
import { EVERYBODY, POINT } from './fan-out.js';
import type { Outcome, Scenario } from './scenario.js';

const DEFLATE_RATE = 50;

const DEFLATE: Scenario = {
  id: 'DEFLATE',
  title: ({ clients }) => `Compression: points of 2 KiB to ${clients} clients that offer permessage-deflate`,
  about: 'DEFLATE=on compresses a message once for all; DEFLATE=off sends it as it is.',
  subjects: [VIADUCT],
  columns: [
    { key: 'bytes', label: 'B per message on the wire', digits: 0 },
    { key: 'usPerDelivery', label: 'CPU µs per delivery at 50/s', digits: 2 },
    { key: 'p99', label: 'p99 at 50/s, ms', digits: 1 },
    { key: 'max', label: 'max deliveries/s', digits: 0 },
    { key: 'perCpu', label: 'deliveries per server CPU s', digits: 0 },
    { key: 'megabytes', label: 'MB/s', digits: 1 },
  ],
  async run(lab, subject) {
    const outcomes: Outcome[] = [];
    for (const deflate of ['off', 'on']) {
      const outcome = await Room.use(lab, subject, { env: { DEFLATE: deflate } }, async (room) => {
        await room.connect({ count: lab.sizes.clients, commands: ['SUB {channel}'], deflate: true });
        const load = { shape: { kind: 'point', bytes: 2048 }, rule: EVERYBODY } as const;
        const fixed = await room.run({ ...load, rate: DEFLATE_RATE });
        report(lab, `DEFLATE=${deflate}`, fixed);
        const { closed, top, half } = await findCeiling(lab, room, load);
        const best = top ?? closed;
        return {
          case: `DEFLATE=${deflate}`,
          values: {
            bytes: fixed.bytesPerMessage,
            usPerDelivery: fixed.usPerDelivery,
            p99: fixed.p99Ms,
            max: best.perSecond,
            perCpu: best.perCpu,
            megabytes: best.megabytesPerSecond,
          },
          problems: [fixed, closed, top, half].flatMap((step) => step?.problems ?? []),
          others: best.others,
        };
      });
      outcomes.push(outcome);
    }
    return outcomes;
  },
};

/** Messages per second where one message is to be told from another. */
const MESSAGE_RATE = 2000;
/** Views of the same CRS that give different bytes. */
const AUDIENCES = ['xy', 'crs'].flatMap((order) =>
  ['0.001', '0.01', '0.1', '1'].map((step) => `epsg:3857 axis_order=${order} precision=${step}`),
);

interface Cost {
  env?: Readonly<Record<string, string>>;
  guests: Guests;
  rate: number;
}

async function costOf(lab: Lab, what: string, { env = {}, guests, rate }: Cost): Promise<Step> {
  const load: Load = { shape: POINT, rule: EVERYBODY, rate };
  const step = await Room.use(lab, VIADUCT, { env }, async (room) => {
    await room.connect(guests);
    return room.run(load);
  });
  report(lab, what, step);
  return step;
}

/** CPU cores spent on a difference, per unit of that difference, in microseconds. */
function slopeUs(a: Step, b: Step, unitsPerSecond: (step: Step) => number): number | null {
  if (a.serverCores === null || b.serverCores === null) return null;
  return ((b.serverCores - a.serverCores) / (unitsPerSecond(b) - unitsPerSecond(a))) * 1e6;
}

const COST: Scenario = {
  id: 'COST',
  title: () => 'The cost model: what one message, audience, delivery and write take',
  about:
    'Derived from runs that differ in one thing: one client (a message); eight audiences instead of one (an audience); the same stream with and without coalescing (a write); what is left of that stream (a delivery).',
  subjects: [VIADUCT],
  columns: [
    { key: 'message', label: 'message, CPU µs', digits: 2 },
    { key: 'audience', label: 'audience, CPU µs', digits: 2 },
    { key: 'delivery', label: 'delivery, CPU µs', digits: 3 },
    { key: 'write', label: 'write, CPU µs', digits: 2 },
  ],
  async run(lab) {
    const { costClients: count, costRate } = lab.sizes;
    const lone = { count: 1, commands: ['SUB {channel}'] };
    const one = await costOf(lab, 'one client', { guests: lone, rate: MESSAGE_RATE });
    const views = { commands: ['PROJECTION {projection}', 'SUB {channel}'], projections: AUDIENCES };
    const single = await costOf(lab, 'one audience', { guests: { ...views, count: 1 }, rate: MESSAGE_RATE });
    const eight = { ...views, count: AUDIENCES.length };
    const several = await costOf(lab, 'eight audiences', { guests: eight, rate: MESSAGE_RATE });
    const many = { guests: { count, commands: ['SUB {channel}'] }, rate: costRate };
    const gathered = await costOf(lab, 'FLUSH_MS=100', { ...many, env: { FLUSH_MS: '100' } });
    const direct = await costOf(lab, 'FLUSH_MS=0', { ...many, env: { FLUSH_MS: '0' } });
    const write = slopeUs(gathered, direct, (step) => step.writesPerSecond);
    const steps = [one, single, several, gathered, direct];
    return [
      {
        case: '',
        values: {
          message: one.usPerMessage,
          audience: slopeUs(single, several, (step) => step.perSecond),
          delivery: deliveryUs(gathered, one.usPerMessage, write),
          write,
        },
        problems: steps.flatMap(({ problems }) => problems),
        others: Math.max(...steps.map(({ others }) => others ?? 0)),
      },
    ];
  },
};

/** What is left for a delivery when messages and writes are taken off. */
function deliveryUs(step: Step, messageUs: number | null, writeUs: number | null): number | null {
  if (step.serverCores === null || messageUs === null || writeUs === null) return null;
  const us = step.serverCores * 1e6 - step.messagesPerSecond * messageUs - step.writesPerSecond * writeUs;
  return us / step.perSecond;
}

export const ECONOMY_SCENARIOS: readonly Scenario[] = [DEFLATE, COST];
