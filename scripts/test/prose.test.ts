import { expect, test } from 'vitest';
import { phrasesIn } from '../lib/prose.mjs';

const RULES = [
  { insteadOf: 'where it|there is', write: 'if it is' },
  { insteadOf: 'needless*', write: 'unnecessary' },
];

test('the prose linter names the place of a phrase and what to write instead', () => {
  expect(phrasesIn('a.md', '# Title\n\nA box where it is set.\n', RULES)).toEqual([
    'a.md:3:7 instead of "where it is" write: if it is',
  ]);
});

test('the prose linter finds a phrase that a line end divides, in comments too', () => {
  expect(phrasesIn('a.ts', '/**\n * Sends, where\n * there is a box.\n */\n', RULES)).toHaveLength(1);
  expect(phrasesIn('a.ts', '// Sends, where\n// there is a box.\n', RULES)).toHaveLength(1);
  expect(phrasesIn('a.md', 'Sends, where\nthere is a box.\n', RULES)).toHaveLength(1);
});

test('the prose linter finds any ending of a word, and nothing inside of other words', () => {
  expect(phrasesIn('a.md', 'Needlessly.\n', RULES)).toHaveLength(1);
  expect(phrasesIn('a.md', 'Elsewhere it is.\n', RULES)).toEqual([]);
});

test('the prose linter ignores code in Markdown', () => {
  expect(phrasesIn('a.md', '```\nwhere it is\n```\nand `where it is`, where it is\n', RULES)).toEqual([
    'a.md:4:20 instead of "where it is" write: if it is',
  ]);
});
