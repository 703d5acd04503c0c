import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/config.js';
import { optionTypes } from '../../src/config/option-types.js';

test('the types of the options are those of the table of settings', async () => {
  const source = await readFile(new URL('../../src/config/options.ts', import.meta.url), 'utf8');
  expect(source, 'run `npm run generate`').toBe(optionTypes());
});

test('docs/getting-started.md shows a check of as many settings as there are', async () => {
  const page = await readFile(new URL('../../../../docs/getting-started.md', import.meta.url), 'utf8');
  expect(page).toContain(`settings   2 of ${Object.keys(VARIABLES).length} are set`);
});
