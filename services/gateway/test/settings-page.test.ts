import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { configReference } from '../src/config-reference.js';

test('docs/settings.md has the table of settings as it is', async () => {
  const page = await readFile(new URL('../../../docs/settings.md', import.meta.url), 'utf8');
  const table = /<!-- config:start -->\n([\s\S]*)\n<!-- config:end -->/u.exec(page)?.[1];
  expect(table, 'run `npm run build && node scripts/write-settings.mjs`').toBe(configReference());
});
