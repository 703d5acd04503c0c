import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { emptyPanels, panelsOf } from './prometheus.js';
import type { World } from './world.js';

/** Grafana's shortest window for four scrapes. */
const RATE_INTERVAL = '30s';

/** Prometheus finds every gateway by DNS, and the exporters, and can work out all rules. */
export async function checkTargets({ tally, prometheus }: World): Promise<void> {
  for (const [job, count] of Object.entries({ gateway: 3, redis: 1, nginx: 1 })) {
    const all = await prometheus.isTrue(`count(up{job="${job}"} == 1) == ${count}`);
    tally.expect(`Prometheus scrapes ${count} of ${job}`, all);
  }
  const failures = await prometheus.query('sum(prometheus_rule_evaluation_failures_total)');
  tally.expect('every rule can be worked out', failures[0]?.values[0] === 0);
  const firing = await prometheus.query('ALERTS{alertstate="firing"}');
  tally.expect(
    'no alert fires while all is well',
    firing.length === 0,
    firing.map(({ metric }) => metric.alertname).join(', '),
  );
}

/** Grafana is up and shows both dashboards to whoever is on this machine. */
export async function checkGrafana({ tally, stack }: World): Promise<void> {
  const { grafana } = stack.addresses;
  for (const path of [
    '/api/health',
    '/api/dashboards/uid/viaduct-overview',
    '/api/dashboards/uid/viaduct-gateway',
  ]) {
    const { status } = await fetch(`${grafana}${path}`);
    tally.expect(`Grafana answers ${path}`, status === 200, String(status));
  }
}

/** Every query of every panel has data. */
export async function checkDashboards({ tally, prometheus }: World, folder: string): Promise<void> {
  const [busiest] = await prometheus.query('topk(1, sum by (instance) (viaduct_connections))');
  const gateway = busiest?.metric.instance ?? '';
  tally.expect('a gateway to look at in depth', gateway !== '', gateway);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const panels = panelsOf(join(folder, file), { __rate_interval: RATE_INTERVAL, gateway });
    const empty = await emptyPanels(prometheus, panels);
    tally.expect(
      `every query of ${file} has data`,
      empty.length === 0 && panels.length > 0,
      empty.length === 0 ? `${panels.length} queries` : empty.join('; '),
    );
  }
}
