import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/config.js';

test('docs/getting-started.md shows the actual number of settings', async () => {
  const page = await readFile(new URL('../../../../docs/getting-started.md', import.meta.url), 'utf8');
  expect(page).toContain(`settings   2 of ${Object.keys(VARIABLES).length} are set`);
});
