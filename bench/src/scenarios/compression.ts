import { VIADUCT } from '../subjects.js';
import { TestBed } from '../test-bed.js';
import { findCeiling, report } from './ceiling.js';
import { EVERYBODY } from './fan-out.js';
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
  async run(context, subject) {
    const outcomes: Outcome[] = [];
    for (const deflate of ['off', 'on']) {
      const outcome = await TestBed.use(context, subject, { env: { DEFLATE: deflate } }, async (bed) => {
        await bed.connect({ count: context.sizes.clients, commands: ['SUB {channel}'], deflate: true });
        const load = { shape: { kind: 'point', bytes: 2048 }, rule: EVERYBODY } as const;
        const fixed = await bed.run({ ...load, rate: DEFLATE_RATE });
        report(context, `DEFLATE=${deflate}`, fixed);
        const { closed, top, half } = await findCeiling(context, bed, load);
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

export const COMPRESSION_SCENARIOS: readonly Scenario[] = [DEFLATE];
