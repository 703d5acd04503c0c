import { scaled } from '@viaduct/testkit/wait';
import { beforeAll, describe, expect, it } from 'vitest';
import { planCores } from '../src/cores.js';
import { GATEWAY } from '../src/paths.js';
import type { Row } from '../src/results.js';
import { SCENARIOS } from '../src/scenarios/index.js';
import { TINY } from '../src/sizes.js';
import { SERVER_NAMES } from '../src/subjects.js';
import { runSuite } from '../src/suite.js';

const CHOSEN = ['B', 'PAN', 'PAN_LIVE', 'GHOSTS', 'IO', 'BIG'];

/** Scenarios at their smallest. What is asserted is that everything came, never how fast. */
describe('the benchmark', () => {
  const scenarios = SCENARIOS.filter(({ id }) => CHOSEN.includes(id));
  let rows: Row[] = [];
  const progress: string[] = [];

  beforeAll(async () => {
    rows = await runSuite({
      scenarios,
      servers: SERVER_NAMES,
      sizes: TINY,
      repeats: 1,
      gateway: GATEWAY,
      cores: planCores(false, []),
      setup: { began: new Date().toISOString(), size: 'tiny', seconds: TINY.seconds, machine: '', cores: '' },
      log: (line) => progress.push(line),
      onRow: () => undefined,
    });
  }, scaled(180_000));

  it.each(scenarios.map(({ id, subjects }) => [id, subjects.map(({ name }) => name)] as const))(
    'gets from %s every message for it, no other, and in order, on %j',
    (id, subjects) => {
      const own = rows.filter(({ scenario }) => scenario === id);
      expect([...new Set(own.map(({ subject }) => subject))]).toEqual(subjects);
      expect(
        own.flatMap(({ problems }) => problems),
        progress.join('\n'),
      ).toEqual([]);
    },
  );

  it('has figures for every scenario', () => {
    for (const { scenario, values } of rows) {
      const figures = Object.values(values).filter((value) => typeof value === 'number' && value > 0);
      expect(figures.length, scenario).toBeGreaterThan(1);
    }
  });
});
