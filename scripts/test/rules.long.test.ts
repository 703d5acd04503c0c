import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '@viaduct/testkit/teardown';
import { describe, expect, it, test } from 'vitest';
import { ROOT } from '../lib/workspace.mjs';

const PROMETHEUS = join(ROOT, 'deploy/prometheus');
const DASHBOARDS = join(ROOT, 'deploy/grafana/dashboards');

/** The program of scripts/lib/promtool.mjs. */
const PROMTOOL = process.env.PROMTOOL_PATH ?? 'promtool';

function promtool(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr, error } = spawnSync(PROMTOOL, args, { cwd: PROMETHEUS, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { status, said: stdout + stderr };
}

const filesOf = (folder: string): string[] =>
  readdirSync(join(PROMETHEUS, folder)).map((file) => join(folder, file));

test('Prometheus accepts its configuration, with the rules', () => {
  const { status, said } = promtool('check', 'config', 'prometheus.yml');
  expect(status, said).toBe(0);
  for (const file of filesOf('rules')) expect(said).toContain(file);
});

test.each(filesOf('tests'))('the rules do what %s says', (file) => {
  const { status, said } = promtool('test', 'rules', file);
  expect(status, said).toBe(0);
});

describe('the queries of the dashboard', () => {
  it.each(readdirSync(DASHBOARDS))('%s are valid', (file) => {
    const { panels } = JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(10);
    // As rules, with values in place of Grafana's variables.
    const rules = queries.map((expr, i) => ({
      record: `query:${i}`,
      expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/gu, 'any'),
    }));
    const folder = mkdtempSync(join(tmpdir(), 'viaduct-rules-'));
    atEnd(() => rmSync(folder, { recursive: true }));
    const written = join(folder, 'queries.yml');
    writeFileSync(written, JSON.stringify({ groups: [{ name: file, rules }] }));
    const { status, said } = promtool('check', 'rules', written);
    expect(status, said).toBe(0);
    expect(said).toContain(`${rules.length} rules found`);
  });
});
