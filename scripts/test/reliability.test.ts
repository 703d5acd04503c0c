import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testTitles } from '../lib/test-titles.mjs';
import { ROOT } from '../lib/workspace.mjs';

interface Promised {
  section: string;
  promise: string;
  /** What is said to prove it. */
  proofs: { title: string; file: string }[];
}

/** The section with a table of its own, which stress/test/attacks-documented.test.ts checks. */
const GROWTH = 'What clients can make grow';

/** The rows of all tables of promises. */
function promises(markdown: string): Promised[] {
  return markdown.split(/^## /mu).flatMap((text) => {
    const section = text.slice(0, text.indexOf('\n'));
    if (section === GROWTH) return [];
    const rows = [...text.matchAll(/^\| +(.+?) +\| +(.+?) +\|$/gmu)].filter(
      ([, first = '']) => first !== 'promise' && !/^-+$/u.test(first),
    );
    return rows.map(([, promise = '', proof = '']) => ({
      section,
      promise,
      proofs: [...proof.matchAll(/\[((?:[^\][]|\[[^\]]*\])+)\]\(\.\.\/([^)]+)\)/gu)].map(
        ([, title = '', file = '']) => ({ title, file }),
      ),
    }));
  });
}

/** Why a test does not prove anything; null if it exists. */
function fault({ title, file }: { title: string; file: string }): string | null {
  if (!file.endsWith('.test.ts') || !existsSync(join(ROOT, file))) return `there is no test file ${file}`;
  const titles = testTitles(readFileSync(join(ROOT, file), 'utf8'));
  return titles.includes(title) ? null : `${file} has no test "${title}"`;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** `npm run faults` runs the suites whose path contains one of these words. */
const FAULT_WORDS: string[] = manifest.scripts.faults.split(' ').slice(2);

const page = readFileSync(join(ROOT, 'docs/reliability.md'), 'utf8');
const rows = promises(page);

describe('docs/reliability.md', () => {
  it.each(rows)('$section: $promise', ({ promise, proofs }) => {
    expect(promise).toMatch(/\.$|\)\.$/u);
    expect(proofs).not.toEqual([]);
    expect(proofs.map(fault).filter((why) => why !== null)).toEqual([]);
  });

  it('has promises in every section but the last two: what clients can make grow, and what is not promised', () => {
    const sections = [...page.matchAll(/^## (.+)$/gmu)].map(([, name]) => name);
    expect(sections.slice(-2)).toEqual([GROWTH, 'What is not promised']);
    expect([...new Set(rows.map(({ section }) => section))]).toEqual(sections.slice(0, -2));
  });

  it('promises about Redis nothing that npm run faults leaves out', () => {
    const files = rows
      .filter(({ section }) => section.startsWith('Redis'))
      .flatMap(({ proofs }) => proofs.map(({ file }) => file));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !FAULT_WORDS.some((word) => file.includes(word)))).toEqual([]);
  });
});

describe('the check of promises', () => {
  const file = 'scripts/test/reliability.test.ts';

  it('finds links to tests that do not exist', () => {
    expect(fault({ title: 'finds links to tests that do not exist', file })).toBeNull();
    expect(fault({ title: 'finds tests', file })).toContain('has no test "finds tests"');
    expect(fault({ title: 'any', file: 'scripts/test/nothing.test.ts' })).toContain('there is no test file');
    expect(fault({ title: 'any', file: 'README.md' })).toContain('there is no test file');
  });

  it('finds promises without a proof', () => {
    const text =
      '## One\n\n| promise | proven by |\n| --- | --- |\n| It flies. | everybody |\n| It [1] swims. | [%j in [3]](../a.test.ts)<br>[b](../c.test.ts) |\n';
    expect(promises(text)).toEqual([
      { section: 'One', promise: 'It flies.', proofs: [] },
      {
        section: 'One',
        promise: 'It [1] swims.',
        proofs: [
          { title: '%j in [3]', file: 'a.test.ts' },
          { title: 'b', file: 'c.test.ts' },
        ],
      },
    ]);
  });

  it('reads titles as they are written, but not those of tests that do not run', () => {
    const source = [
      "test('plain', () => {});",
      'it("in \\"double\\" ones", async () => {});',
      "test.each([1])(\n  '%i of many',\n  { timeout: 1 }, () => {});",
      "test.skip('skipped', () => {});",
      "it.todo('to do');",
      "expect.it('not one', 1);",
      "latest('nor this', 1);",
    ];
    expect(testTitles(source.join('\n'))).toEqual(['plain', 'in "double" ones', '%i of many']);
  });
});
