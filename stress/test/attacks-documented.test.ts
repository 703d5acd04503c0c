import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ATTACKS } from '../src/attack/attacks/index.js';

const page = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8');

/** The section with the table, up to the next one. */
const section = /^## What clients can make grow\n(.*?)^## /msu.exec(page)?.[1] ?? '';

/** The last cell of each row: the names of attacks, in backticks. */
const rows = [...section.matchAll(/^\| (.+?) +\| (.+?) +\| (.+?) +\|$/gmu)]
  .map(([, grows = '', , tests = '']) => ({ grows, tests }))
  .filter(({ grows }) => grows !== 'what can grow' && !/^-+$/u.test(grows));

const named = rows.flatMap(({ tests }) => [...tests.matchAll(/`([a-z-]+)`/gu)].map(([, name = '']) => name));

describe('the table of what clients can make grow', () => {
  it.each(rows)(
    '$grows: a row names only attacks that exist, and at least one attack or a test',
    ({ tests }) => {
      const names = [...tests.matchAll(/`([a-z-]+)`/gu)].map(([, name]) => name);
      expect(ATTACKS.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
      expect(names.length > 0 || tests.includes('.test.ts)')).toBe(true);
    },
  );

  it('names every attack', () => {
    expect(ATTACKS.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([]);
  });
});
