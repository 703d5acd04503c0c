import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyPanels, panelsOf } from './prometheus.js';
import type { World } from './world.js';

/** Names of series of gateways and exporters; those of recording rules have colons. */
const SERIES = /(?<![\w:])(?:viaduct|nodejs|process|redis|nginx)_\w+(?![\w:])/g;

/** Grafana's shortest window for four scrapes. */
const RATE_INTERVAL = '30s';

/** The rules pass their tests, which are in a folder that the container of Prometheus has, too. */
export async function checkRules({ tally, stack }: World, folder: string): Promise<void> {
  const tests = readdirSync(folder).map((file) => `/etc/prometheus/tests/${file}`);
  for (const args of [
    ['check', 'config', '/etc/prometheus/prometheus.yml'],
    ['test', 'rules', ...tests],
  ]) {
    await tally.part(`promtool ${args.join(' ')}`, async () => {
      await stack.compose(['exec', '-T', 'prometheus', 'promtool', ...args]);
      tally.expect(`promtool ${args.slice(0, 2).join(' ')}`, true);
    });
  }
}

/** Every series in a rule exists: a rule about a misspelt one would never fire. */
export async function checkSeriesOfRules({ tally, prometheus }: World, folder: string): Promise<void> {
  const rules = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const names = new Set(rules.flatMap((text) => text.match(SERIES) ?? []));
  const found = await prometheus.query(`group by (__name__) ({__name__=~"${[...names].join('|')}"})`);
  const known = new Set(found.map(({ metric }) => metric.__name__));
  const missing = [...names].filter((name) => !known.has(name));
  tally.expect(
    'every series in a rule exists',
    missing.length === 0 && names.size > 0,
    missing.length === 0 ? `${names.size} series` : missing.join(', '),
  );
}

/** Prometheus finds every gateway by DNS, and the exporters, and evaluates all rules. */
export async function checkTargets({ tally, prometheus }: World): Promise<void> {
  for (const [job, count] of Object.entries({
    gateway: 3,
    'redis-exporter': 1,
    edge: 1,
    'edge-metrics': 1,
  })) {
    const all = await prometheus.isTrue(`count(up{job="${job}"} == 1) == ${count}`);
    tally.expect(`Prometheus scrapes ${count} of ${job}`, all);
  }
  const failures = await prometheus.query('sum(prometheus_rule_evaluation_failures_total)');
  tally.expect('every rule can be evaluated', failures[0]?.values[0] === 0);
  const firing = await prometheus.query('ALERTS{alertstate="firing"}');
  tally.expect(
    'no alert fires while everything is well',
    firing.length === 0,
    firing.map(({ metric }) => metric.alertname).join(', '),
  );
}

/** Grafana runs and shows both dashboards to users of this machine. */
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
    const panels = panelsOf(join(folder, file), {
      __rate_interval: RATE_INTERVAL,
      gateway,
      namespace: '.+',
      release: '.+',
    });
    const empty = await emptyPanels(prometheus, panels);
    tally.expect(
      `every query of ${file} has data`,
      empty.length === 0 && panels.length > 0,
      empty.length === 0 ? `${panels.length} queries` : empty.join('; '),
    );
  }
}
