import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EDGE_ANSWERS } from '../../src/cli/edge-metrics.js';
import { METRICS } from '../../src/observability/metric-table.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** The cookie by which nginx finds the gateway of a client. */
const COOKIE = 'viaduct_gateway';

/** The network of compose that nginx is in. */
const NETWORK = 'viaduct_edge';

/** The places that name metrics: files, and folders with everything in them. */
const NAMING = [
  'docs',
  'deploy/prometheus',
  'deploy/grafana/dashboards',
  'k8s/components',
  'CONTRIBUTING.md',
];

/** The series that a rule of the stack records, not a gateway. */
const RECORDED = [
  ...readFileSync(`${ROOT}docker-compose.yml`, 'utf8').matchAll(/record: (viaduct_\w+)/gu),
].map(([, name]) => name);

/** Redis functions for producers. */
const FUNCTIONS = ['viaduct_put', 'viaduct_remove'];

function filesOf(path: string): string[] {
  if (path.endsWith('.md')) return [path];
  return readdirSync(ROOT + path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:md|yml|yaml|json)$/u.test(entry.name))
    .map(({ parentPath, name }) => `${parentPath.slice(ROOT.length)}/${name}`);
}

test('dashboards, alerts and documents name only metrics that are there', () => {
  const names = NAMING.flatMap(filesOf).flatMap((file) => {
    const text = readFileSync(ROOT + file, 'utf8');
    // Not the rules that record other series: their names have colons.
    return [...text.matchAll(/(?<![\w:])viaduct_[a-z_]+[a-z](?![\w:*]|\.\.\.)/gu)].map(
      ([name]) => `${file}: ${name}`,
    );
  });
  expect(names.length).toBeGreaterThan(50);
  const unknown = names.filter((found) => {
    const name = found.replace(/^.*: /u, '');
    if ([COOKIE, NETWORK, EDGE_ANSWERS, ...FUNCTIONS, ...RECORDED].includes(name)) return false;
    return !(name in METRICS) && !(name.replace(/_(?:bucket|sum|count)$/u, '') in METRICS);
  });
  expect([...new Set(unknown)]).toEqual([]);
});
