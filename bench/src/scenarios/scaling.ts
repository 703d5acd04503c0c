import { VIADUCT } from '../subjects.js';
import { TestBed } from '../test-bed.js';
import { findCeiling, limitOf, report } from './ceiling.js';
import { boxGroup, EVERYBODY, POINT } from './fan-out.js';
import type { Outcome, Scenario } from './scenario.js';

const GROWTH: Scenario = {
  id: 'GROWTH',
  title: ({ growth, growthMatches }) =>
    `Growth: every message matches ${growthMatches} of ${growth.join(', ')} connected clients`,
  about:
    'Each client has its own box; with more clients, the boxes are smaller. FLUSH_MS=0 makes every delivery a write in all cases. The ratio compares the CPU per message with the case of the fewest clients; it should stay near 1.',
  subjects: [VIADUCT],
  columns: [
    { key: 'connected', label: 'connected', digits: 0 },
    { key: 'matches', label: 'clients per message', digits: 1 },
    { key: 'usPerMessage', label: 'CPU µs per message', digits: 1 },
    { key: 'ratio', label: 'ratio', digits: 2 },
    { key: 'p99', label: 'p99, ms', digits: 1 },
  ],
  async run(context, subject) {
    const { growth, growthMatches, growthRate, seconds } = context.sizes;
    const outcomes: Outcome[] = [];
    let least: number | null = null;
    for (const connected of growth) {
      const share = growthMatches / connected;
      const step = await TestBed.use(context, subject, { env: { FLUSH_MS: '0' } }, async (bed) => {
        await bed.connect(boxGroup(connected, share));
        const rule = { kind: 'box', share } as const;
        return bed.run({ shape: POINT, rule, rate: growthRate, seconds: 2 * seconds });
      });
      report(context, `${connected} connected`, step);
      least ??= step.usPerMessage;
      outcomes.push({
        case: `${connected} connected`,
        values: {
          connected,
          matches: step.fanOut,
          usPerMessage: step.usPerMessage,
          ratio: step.usPerMessage === null || least === null ? null : step.usPerMessage / least,
          p99: step.p99Ms,
        },
        problems: step.problems,
        others: step.others,
      });
    }
    return outcomes;
  },
};

const SCALE: Scenario = {
  id: 'SCALE',
  title: ({ clients }) => `Several gateways on one Redis: plain fan-out to ${clients} clients each`,
  about:
    'Deliveries of all gateways together. Each gateway and each receiver needs a core: with fewer than four cores, these are the limit.',
  subjects: [VIADUCT],
  columns: [
    { key: 'max', label: 'max deliveries/s', digits: 0 },
    { key: 'ratio', label: 'ratio', digits: 2 },
    { key: 'perCpu', label: 'deliveries per server CPU s', digits: 0 },
    { key: 'serverCores', label: 'server cores', digits: 2 },
    { key: 'generatorCore', label: 'generator core', digits: 2 },
    { key: 'redis', label: 'Redis CPU µs per message', digits: 1 },
    { key: 'limit', label: 'limited by', digits: 0 },
  ],
  async run(context, subject) {
    const outcomes: Outcome[] = [];
    let least: number | null = null;
    for (const gateways of [1, 2]) {
      const { closed, top, half } = await TestBed.use(
        context,
        subject,
        { servers: gateways },
        async (bed) => {
          for (let receiver = 0; receiver < gateways; receiver++) {
            await bed.connect({ receiver, count: context.sizes.clients, commands: ['SUB {channel}'] });
          }
          return findCeiling(context, bed, { shape: POINT, rule: EVERYBODY });
        },
      );
      const best = top ?? closed;
      least ??= best.perSecond;
      outcomes.push({
        case: gateways === 1 ? '1 gateway' : `${gateways} gateways`,
        values: {
          max: best.perSecond,
          ratio: best.perSecond / least,
          perCpu: best.perCpu,
          serverCores: best.serverCores,
          generatorCore: best.generatorCore,
          redis: best.redisUsPerMessage,
          limit: top === null ? 'nothing sustained' : limitOf(best, gateways),
        },
        problems: [closed, top, half].flatMap((step) => step?.problems ?? []),
        others: best.others,
      });
    }
    return outcomes;
  },
};

export const SCALING_SCENARIOS: readonly Scenario[] = [GROWTH, SCALE];
