import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';

let metrics: Metric[] | null = null;

/**
 * The metrics of this process, shared by all gateways in it: what measures them, such as an observer of garbage
 * collections, cannot be ended, so it must begin only once.
 */
export function addProcessMetrics(registry: Registry): void {
  metrics ??= measureProcess();
  for (const metric of metrics) registry.registerMetric(metric);
}

function measureProcess(): Metric[] {
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  return own.getMetricsAsArray() as unknown as Metric[];
}
