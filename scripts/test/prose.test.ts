import { expect, test } from 'vitest';
import { checkText } from '../lib/prose/check.mjs';

const RULES = [
  { insteadOf: 'where it|there is', write: 'if it is' },
  { insteadOf: 'needless*', write: 'unnecessary' },
];

test('the prose linter names the place of a phrase and what to write instead', async () => {
  expect(await checkText('a.md', '# Title\n\nA box where it is set.\n', RULES)).toEqual([
    'a.md:3:7 instead of "where it is" write: if it is',
  ]);
});

test('the prose linter finds a phrase that a line end divides, in comments too', async () => {
  expect(await checkText('a.ts', '/**\n * Sends, where\n * there is a box.\n */\n', RULES)).toHaveLength(1);
  expect(await checkText('a.ts', '// Sends, where\n// there is a box.\n', RULES)).toHaveLength(1);
  expect(await checkText('a.md', 'Sends, where\nthere is a box.\n', RULES)).toHaveLength(1);
});

test('the prose linter finds any ending of a word, and nothing inside of other words', async () => {
  expect(await checkText('a.md', 'Needlessly.\n', RULES)).toHaveLength(1);
  expect(await checkText('a.md', 'Elsewhere it is.\n', RULES)).toEqual([]);
});

test('the prose linter leaves blocks of code in Markdown alone', async () => {
  expect(await checkText('a.md', '```\nwhere it is\n```\n', RULES)).toEqual([]);
});
