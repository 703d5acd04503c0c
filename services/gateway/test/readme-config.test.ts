import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { configReference } from '../src/config.js';

test('README.md has the table of settings as it is', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const table = /<!-- config:start -->\n([\s\S]*)\n<!-- config:end -->/u.exec(readme)?.[1];
  expect(table, 'run `npm run build && node scripts/update-readme.mjs`').toBe(configReference());
});
