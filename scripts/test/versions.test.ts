import { describe, expect, it } from 'vitest';
import { minimumNode, pinnedPnpm, satisfiesMinimum } from '../lib/versions.mjs';

describe('versions', () => {
  it.each([
    ['20.19.0', '20.19', true],
    ['20.18.9', '20.19', false],
    ['20.9.0', '20.19', false],
    ['22.0.0', '20.19', true],
    ['18.20.4', '20.19', false],
    ['20.19.1-nightly', '20.19', true],
    ['20.19', '20.19.1', false],
    ['20', '20', true],
  ])('%s satisfies a minimum of %s: %s', (version, minimum, expected) => {
    expect(satisfiesMinimum(version, minimum)).toBe(expected);
  });

  it('read the minimum from engines', () => {
    expect(minimumNode('>=20.19')).toBe('20.19');
    expect(() => minimumNode('^20')).toThrow('not "^20"');
  });

  it('read the pinned pnpm from packageManager', () => {
    expect(pinnedPnpm('pnpm@12.21.0')).toBe('12.21.0');
    expect(pinnedPnpm('pnpm@12.21.0+sha512.abc')).toBe('12.21.0');
    expect(() => pinnedPnpm('pnpm@12')).toThrow('not "pnpm@12"');
    expect(() => pinnedPnpm('yarn@4.0.0')).toThrow('not "yarn@4.0.0"');
  });
});
