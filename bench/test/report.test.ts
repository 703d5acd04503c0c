import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pinned, planCores } from '../src/cores.js';
import { keepFigures, readFigures } from '../src/figures.js';
import { help } from '../src/help.js';
import { OptionError, readOptions } from '../src/options.js';
import { FIGURES } from '../src/paths.js';
import { latestFile, medians, ResultFile, type Row, readRows } from '../src/results.js';
import { scalingParts } from '../src/scaling.js';
import { SCENARIOS } from '../src/scenarios/index.js';
import { markdown } from '../src/table.js';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

function row(change: Partial<Row>): Row {
  const setup = {
    began: '2030-01-02T03:04:05.000Z',
    size: 'full' as const,
    seconds: 3,
    machine: 'a machine',
    cores: 'pinned',
  };
  return {
    setup,
    scenario: 'LONE',
    subject: 'viaduct',
    repeat: 1,
    case: '',
    values: {},
    problems: [],
    others: 0,
    ...change,
  };
}

describe('results', () => {
  it('are read as they were written', () => {
    const file = new ResultFile(folder, '2030-01-02T03:04:05.000Z');
    const rows = [row({ values: { p50: 1.5, p99: null } }), row({ repeat: 2 })];
    for (const one of rows) file.add(one);
    expect(latestFile(folder)).toBe(file.path);
    expect(readRows([file.path])).toEqual(rows);
    expect(() => readRows([join(folder, 'none.jsonl')])).toThrow('none.jsonl');
    expect(latestFile(join(folder, 'nowhere'))).toBeNull();
  });

  it('are the medians of the latest run, with all its problems', () => {
    const old = { ...row({}).setup, began: '2029-01-01T00:00:00.000Z' };
    const [result, ...others] = medians([
      row({ setup: old, values: { p50: 100 } }),
      row({ repeat: 1, values: { p50: 3, limit: 'a' } }),
      row({ repeat: 2, values: { p50: 1, limit: 'b' }, problems: ['1 missing'] }),
      row({ repeat: 3, values: { p50: 2, limit: 'b' } }),
    ]);
    expect(others).toEqual([]);
    expect(result).toMatchObject({ values: { p50: 2, limit: 'b' }, problems: ['1 missing'] });
  });

  it('form a table with units, one line for each server', () => {
    const text = markdown(
      [
        row({
          subject: '`ws`, send each',
          values: { p50: 1.234, p99: 12_345.6, max: null },
          problems: ['2 missing'],
          others: null,
        }),
        row({ values: { p50: 0.5, p99: 1, max: 2 } }),
      ],
      SCENARIOS,
    );
    expect(text.split('\n').filter((line) => line.startsWith('|'))).toEqual([
      '| server | p50, ms | p99, ms | max, ms | others, cores | complete, in order |',
      '| --- | --- | --- | --- | --- | --- |',
      '| viaduct | 0.50 | 1.00 | 2.00 | 0.00 | yes |',
      '| `ws`, send each | 1.23 | 12,345.60 | - | - | NO: 2 missing |',
    ]);
  });

  it('that are kept for the documents must have every figure that these mention', () => {
    const file = join(folder, 'figures.jsonl');
    const kept = readRows([FIGURES]);
    keepFigures(file, kept);
    expect(readRows([file])).toEqual(kept);
    expect(readFigures(file)['docs/scaling.md']).toEqual(scalingParts(kept));
    const partial = kept.filter(({ scenario }) => scenario !== 'PAN');
    expect(() => keepFigures(file, partial)).toThrow(
      'there is no "usPerChange" of PAN (viaduct); run everything',
    );
    expect(readRows([file])).toEqual(kept);
  });

  it('change what docs/scaling.md says', () => {
    const kept = readRows([FIGURES]);
    const dearer = kept.map((each) =>
      each.scenario === 'G' ? { ...each, values: { ...each.values, usPerDelivery: 60 } } : each,
    );
    const { clients = '', gateways } = scalingParts(dearer);
    expect(clients).toContain(
      '| has its own box, receives 4 messages per second | G, 2,000/s | 60 µs | 10,000 | 2,500 |',
    );
    expect(gateways).toContain('20,000 / 2,500 → 8, and one more: 9 gateways');
  });
});

describe('the command line', () => {
  it('chooses scenarios and servers, in upper or lower case', () => {
    const options = readOptions(['--only', 'b,a,lone', '--servers', 'WS', '--secs', '0.5', '--cores', '2,3']);
    expect(options.scenarios.map(({ id }) => id)).toEqual(['A', 'B', 'LONE']);
    expect(options).toMatchObject({ task: 'run', servers: ['ws'], cores: [2, 3], repeats: 1, pin: true });
    expect(options.sizes.seconds).toBe(0.5);
    expect(readOptions([]).scenarios).toEqual(SCENARIOS);
  });

  it.each([
    [['--only', 'Z'], 'Z'],
    [['--servers', 'nginx'], 'viaduct, ws, socket.io'],
    [['--secs', 'long'], '--secs'],
    [['--repeat', '0'], '--repeat'],
    [['--fast'], '--fast'],
  ])('refuses %j and says why', (args, reason) => {
    expect(() => readOptions(args)).toThrow(OptionError);
    expect(() => readOptions(args)).toThrow(reason);
  });

  it('explains every flag and scenario', () => {
    const text = help();
    for (const { id } of SCENARIOS) expect(text).toContain(`\n  ${id} `);
    for (const flag of [
      'only',
      'servers',
      'quick',
      'secs',
      'repeat',
      'gateway',
      'cores',
      'no-pin',
      'table',
      'doc',
    ]) {
      expect(text).toContain(`--${flag}`);
    }
  });
});

describe('cores', () => {
  it('are left to the system if pinning is off', () => {
    const plan = planCores(false, [0, 1]);
    expect(plan.servers).toEqual([null, null]);
    expect(pinned(null, 'node', ['x'])).toEqual(['node', ['x']]);
  });

  it('are named on the command line of a pinned process', () => {
    expect(pinned(3, 'node', ['x'])).toEqual(['taskset', ['-c', '3', 'node', 'x']]);
  });
});
