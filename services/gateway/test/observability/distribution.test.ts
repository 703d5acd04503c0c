import { fc } from '@viaduct/testkit/properties';
import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { Distribution } from '../../src/observability/distribution.js';
import { histogramAtScrape } from '../../src/observability/metric.js';
import { METRICS } from '../../src/observability/metric-table.js';

const NAME = 'viaduct_command_duration_seconds';
const { help, buckets } = METRICS[NAME];

/** Seconds, often exactly on a bound. */
const SECONDS = fc.oneof(fc.constantFrom(...buckets), fc.double({ min: 0, max: 20, noNaN: true }));

const OBSERVED = fc.array(fc.record({ command: fc.constantFrom('SUB', 'PING'), seconds: SECONDS }));

test('a histogram that is read at a scrape is the same text as one of prom-client', async () => {
  await fc.assert(
    fc.asyncProperty(OBSERVED, async (observed) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const byCommand = new Map<string, Distribution>();
      histogramAtScrape(ours, NAME, () =>
        [...byCommand].map(([command, values]) => ({ labels: { command }, values })),
      );
      const histogram = new Histogram({
        name: NAME,
        help,
        buckets: [...buckets],
        labelNames: ['command'],
        registers: [theirs],
      });
      for (const { command, seconds } of observed) {
        const values = byCommand.get(command) ?? new Distribution(buckets);
        byCommand.set(command, values);
        values.add(seconds);
        histogram.observe({ command }, seconds);
      }
      expect(await ours.metrics()).toBe(await theirs.metrics());
    }),
  );
});
