import { describe, expect, it } from 'vitest';
import { judge, type Sample } from '../src/soak/verdict.js';

const MB = 1024 * 1024;

function samples(grow: (cycle: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 11 }, (_, cycle) => ({
    heapUsed: 20 * MB,
    rss: 120 * MB,
    arrayBuffers: MB,
    handles: 8,
    ...grow(cycle),
  }));
}

describe('the verdict on a soak', () => {
  it('finds nothing if nothing grows', () => {
    expect(
      judge(samples((cycle) => ({ heapUsed: (20 + (cycle % 2)) * MB, handles: 8 + (cycle % 3) }))),
    ).toEqual([]);
  });

  it('ignores the warm-up of a gateway', () => {
    expect(judge(samples((cycle) => (cycle < 2 ? { heapUsed: 5 * MB, rss: 60 * MB } : {})))).toEqual([]);
  });

  it.each([
    ['heapUsed', (cycle: number) => ({ heapUsed: (20 + cycle) * MB })],
    ['arrayBuffers', (cycle: number) => ({ arrayBuffers: (1 + cycle) * MB })],
    ['rss', (cycle: number) => ({ rss: (120 + 20 * cycle) * MB })],
    ['handles', (cycle: number) => ({ handles: 8 + cycle })],
  ] as const)('finds %s that grows', (name, grow) => {
    const problems = judge(samples(grow));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(name);
  });
});
