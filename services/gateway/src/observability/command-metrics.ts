import type { Registry } from 'prom-client';
import { Distribution } from './distribution.js';
import { histogramAtScrape, totalAtScrape } from './metric.js';
import { METRICS } from './metric-table.js';

/** What has become of the commands of one name. */
interface CommandCount {
  ok: number;
  error: number;
  readonly seconds: Distribution;
}

/** Counts and times commands in plain numbers that are read at every scrape, because each client sends several. */
export class CommandMetrics {
  readonly #counts = new Map<string, CommandCount>();

  constructor(registry: Registry) {
    totalAtScrape(registry, 'viaduct_commands_total', () =>
      [...this.#counts].flatMap(([command, { ok, error }]) => [
        { labels: { command, outcome: 'ok' }, value: ok },
        { labels: { command, outcome: 'error' }, value: error },
      ]),
    );
    histogramAtScrape(registry, 'viaduct_command_duration_seconds', () =>
      [...this.#counts].map(([command, { seconds }]) => ({ labels: { command }, values: seconds })),
    );
  }

  done(command: string, outcome: 'ok' | 'error', durationMs: number): void {
    let count = this.#counts.get(command);
    if (count === undefined) {
      const seconds = new Distribution(METRICS.viaduct_command_duration_seconds.buckets);
      count = { ok: 0, error: 0, seconds };
      this.#counts.set(command, count);
    }
    count[outcome]++;
    count.seconds.add(durationMs / 1000);
  }
}
