import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/config.js';
import { configReference } from '../../src/config/reference.js';

test('docs/settings.md has the table of settings as it is', async () => {
  const page = await readFile(new URL('../../../../docs/settings.md', import.meta.url), 'utf8');
  const table = /<!-- config:start -->\n([\s\S]*)\n<!-- config:end -->/u.exec(page)?.[1];
  expect(table, 'run `npm run build && node scripts/write-settings.mjs`').toBe(configReference());
});

test('docs/getting-started.md shows a check of as many settings as there are', async () => {
  const page = await readFile(new URL('../../../../docs/getting-started.md', import.meta.url), 'utf8');
  expect(page).toContain(`settings   2 of ${Object.keys(VARIABLES).length} are set`);
});
