import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../lib/workspace.mjs';

interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}

interface RuleTest {
  name: string;
  input_series: { series: string; values: string }[];
  promql_expr_test: { expr: string; exp_samples: { labels: string }[] }[];
}

/** A fault, and the alerts that fire because of it; the first is the one about it. */
interface Fault extends RuleTest {
  firing: string[];
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const rules = (parse(read('deploy/prometheus/rules/alerts.yml')) as Rules).groups.flatMap(
  (group) => group.rules,
);
const [healthy, ...faults] =
  // Every series is an alias.
  (
    parse(read('deploy/prometheus/tests/faults.yml'), { maxAliasCount: -1 }) as { tests: RuleTest[] }
  ).tests.map(
    (test): Fault => ({
      ...test,
      firing: test.promql_expr_test.flatMap(({ exp_samples }) =>
        exp_samples.map(({ labels }) => /alertname="(\w+)"/u.exec(labels)?.[1] ?? labels),
      ),
    }),
  );

const seriesOf = (test?: RuleTest): string[] => (test?.input_series ?? []).map(({ series }) => series).sort();

// What the tests in faults.yml say is checked by promtool: rules.long.test.ts.
describe('the tests of the alerts', () => {
  it('inject one fault for each alert, and name the alert first that is about it', () => {
    expect(rules.length).toBeGreaterThan(10);
    expect(faults.map(({ firing }) => firing[0]).sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  it('list everything that fires, for one moment of each fault', () => {
    for (const { name, promql_expr_test: checks } of faults) {
      const everything = 'group by (alertname, namespace, release) (ALERTS{alertstate="firing"})';
      expect(
        checks.map(({ expr }) => expr),
        name,
      ).toEqual([everything]);
    }
  });

  it('begin with a stack in which nothing fires', () => {
    expect(healthy?.firing).toEqual([]);
    expect(healthy?.promql_expr_test).toHaveLength(1);
  });

  it('keep all other series of the healthy stack, so that no alert is silent only because they are missing', () => {
    for (const fault of faults) {
      expect(seriesOf(fault), fault.name).toEqual(seriesOf(healthy));
      const changed = fault.input_series.filter((one) => !healthy?.input_series.includes(one));
      expect(changed.length, fault.name).toBeGreaterThan(0);
    }
    const present = seriesOf(healthy).join('\n');
    const ofTargets = /(?<![\w:])(?:viaduct|nodejs|process|redis|nginx)_\w+(?![\w:])/gu;
    const needed = rules.flatMap(({ expr }) => expr.match(ofTargets) ?? []);
    expect(needed.length).toBeGreaterThan(10);
    for (const name of needed) expect(present).toContain(`${name}{`);
  });
});

it('operations.md says for every alert what to do first', () => {
  const [, table = ''] = read('docs/operations.md').split('\n## Alerts\n');
  const rows = table.split('\n## ')[0]?.match(/^\| `Viaduct.*$/gmu) ?? [];
  const named = rows.flatMap((row) => row.split(' | ')[0]?.match(/Viaduct\w+/gu) ?? []);
  expect(named.sort()).toEqual(rules.map(({ alert }) => alert).sort());
});

describe('several installations that share a Prometheus', () => {
  it('are distinct in every rule', () => {
    const texts = ['alerts', 'recording'].map((name) => read(`deploy/prometheus/rules/${name}.yml`));
    const groupings = texts.flatMap((text) => text.match(/\b(?:by|on) \([^)]*\)/gu) ?? []);
    expect(groupings.length).toBeGreaterThan(30);
    for (const grouping of groupings) expect(grouping).toMatch(/\(namespace, release\b/u);
  });

  it.each(['overview', 'gateway'])('are selected by every query of the dashboard %s', (name) => {
    const dashboard = read(`deploy/grafana/dashboards/${name}.json`);
    const { panels } = JSON.parse(dashboard) as { panels: { targets?: { expr: string }[] }[] };
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const series =
      /(?<![\w:"])(?:\w+:)?(?:viaduct|nodejs|process|redis|nginx)_[\w:]+|\bviaduct:[\w:]+|\bALERTS\b/gu;
    const found = queries.flatMap((expr) =>
      [...expr.matchAll(series)].map(({ 0: text, index }) => expr.slice(index + text.length)),
    );
    expect(found.length).toBeGreaterThanOrEqual(queries.length);
    for (const rest of found) expect(rest).toMatch(/^\{namespace=~"\$namespace", release=~"\$release"/u);
  });
});
