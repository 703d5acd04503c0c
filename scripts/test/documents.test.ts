import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { ROOT } from '../lib/workspace.mjs';
import { blocksOf, RUN_BLOCKS, type RunDocument } from './support/documented.js';

it.each(Object.keys(RUN_BLOCKS) as RunDocument[])(
  '%s has only blocks of code that documents.long.test.ts runs: add yours there',
  (document) => {
    expect(blocksOf(document).map(({ language }) => language)).toEqual(RUN_BLOCKS[document]);
  },
);

test('every page of docs is in a part of the book', () => {
  const config = readFileSync(join(ROOT, 'docs/.vitepress/config.mjs'), 'utf8');
  const pages = readdirSync(join(ROOT, 'docs')).filter(
    (file) => file.endsWith('.md') && file !== 'README.md',
  );
  expect(pages.filter((file) => !config.includes(`'${file.slice(0, -'.md'.length)}'`))).toEqual([]);
});
