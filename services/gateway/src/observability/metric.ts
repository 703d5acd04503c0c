import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Distribution } from './distribution.js';
import type { MetricSpec } from './metric-spec.js';
import { type LabelOf, METRICS, type MetricName, type NameOf } from './metric-table.js';

/** Adds a counter from the table to a registry. Series whose labels are all known in advance start at 0. */
export function counter<Name extends NameOf<'counter'>>(
  registry: Registry,
  name: Name,
): Counter<LabelOf<Name>> {
  const added = new Counter<LabelOf<Name>>(options(registry, name));
  for (const labels of knownSeries<Name>(name)) added.inc(labels, 0);
  return added;
}

/** Adds a counter that is read at every scrape, for events that are too frequent to call the library each time. */
export function totalAtScrape<Name extends NameOf<'counter'>>(
  registry: Registry,
  name: Name,
  read: () => readonly Total<LabelOf<Name>>[],
): void {
  new Counter<LabelOf<Name>>({
    ...options(registry, name),
    collect() {
      this.reset();
      for (const { labels, value } of read()) this.inc(labels, value);
    },
  });
}

/** The value of one series. */
export interface Total<Label extends string> {
  readonly labels: Partial<Record<Label, string>>;
  readonly value: number;
}

/** Adds a gauge from the table to a registry. Series whose labels are all known in advance start at 0. */
export function gauge<Name extends NameOf<'gauge'>>(registry: Registry, name: Name): Gauge<LabelOf<Name>> {
  const added = new Gauge<LabelOf<Name>>(options(registry, name));
  for (const labels of knownSeries<Name>(name)) added.set(labels, 0);
  return added;
}

/** Adds a gauge with labels that is read at every scrape. */
export function gaugesAtScrape<Name extends NameOf<'gauge'>>(
  registry: Registry,
  name: Name,
  read: () => readonly Total<LabelOf<Name>>[],
): void {
  new Gauge<LabelOf<Name>>({
    ...options(registry, name),
    collect() {
      this.reset();
      for (const { labels, value } of read()) this.set(labels, value);
    },
  });
}

/** Adds a gauge without labels that is read at every scrape. */
export function gaugeAtScrape(registry: Registry, name: NameOf<'gauge'>, read: () => number): void {
  new Gauge({
    ...options(registry, name),
    collect() {
      this.set(read());
    },
  });
}

/** Adds a histogram from the table to a registry. Series whose labels are all known in advance start at 0. */
export function histogram<Name extends NameOf<'histogram'>>(
  registry: Registry,
  name: Name,
): Histogram<LabelOf<Name>> {
  const { buckets }: MetricSpec = METRICS[name];
  const added = new Histogram<LabelOf<Name>>({ ...options(registry, name), buckets: [...(buckets ?? [])] });
  for (const labels of knownSeries<Name>(name)) added.zero(labels);
  return added;
}

/** The measured values of one series. */
interface Measured<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly values: Distribution;
}

/** Adds a histogram that is read at every scrape, for values that are too frequent to call the library each time. */
export function histogramAtScrape<Name extends NameOf<'histogram'>>(
  registry: Registry,
  name: Name,
  read: () => readonly Measured<LabelOf<Name>>[],
): void {
  const { help }: MetricSpec = METRICS[name];
  registry.registerMetric(new ScrapedHistogram(name, help, read));
}

class ScrapedHistogram<Label extends string> extends Histogram<Label> {
  readonly #about: { readonly name: string; readonly help: string };
  readonly #read: () => readonly Measured<Label>[];

  constructor(name: string, help: string, read: () => readonly Measured<Label>[]) {
    super({ name, help, registers: [] });
    this.#about = { name, help };
    this.#read = read;
  }

  /** Called by the library for each scrape, although its types do not have it. */
  async getForPromString() {
    const { name } = this.#about;
    const values = this.#read().flatMap(({ labels, values: distribution }) => {
      const buckets = distribution.cumulated();
      const series = (suffix: string, value: number, le: Readonly<Record<string, number | string>> = {}) => ({
        metricName: `${name}_${suffix}`,
        sharedLabels: labels,
        labels: le,
        value,
      });
      return [
        ...buckets.map(([bound, count]) =>
          series('bucket', count, { le: bound === Number.POSITIVE_INFINITY ? '+Inf' : bound }),
        ),
        series('sum', distribution.sum),
        series('count', buckets.at(-1)?.[1] ?? 0),
      ];
    });
    return { ...this.#about, type: 'histogram', values, aggregator: 'sum' };
  }
}

function options<Name extends MetricName>(registry: Registry, name: Name) {
  const { help, labels = {} }: MetricSpec = METRICS[name];
  return { name, help, labelNames: Object.keys(labels) as LabelOf<Name>[], registers: [registry] };
}

/**
 * Every combination of a metric's labels; none if it has no labels, or a label whose values are not known in advance.
 */
function knownSeries<Name extends MetricName>(name: Name): Record<LabelOf<Name>, string>[] {
  const { labels = {} }: MetricSpec = METRICS[name];
  let series: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    if (typeof values === 'string') return [];
    series = series.flatMap((partial) => values.map((value) => ({ ...partial, [label]: value })));
  }
  return Object.keys(labels).length === 0 ? [] : (series as Record<LabelOf<Name>, string>[]);
}
