import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/config.js';
import type { Setting } from '../../src/config/setting.js';

function pageOf(name: string): Promise<string> {
  return readFile(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');
}

test('docs/getting-started.md shows the actual number of settings', async () => {
  expect(await pageOf('getting-started.md')).toContain(
    `settings   2 of ${Object.keys(VARIABLES).length} are set`,
  );
});

test('docs/security.md lists every limit that LIMITS changes, with both values', async () => {
  const table = /## Limits for the open internet.*?\n(?=These figures)/su.exec(
    await pageOf('security.md'),
  )?.[0];
  const rows = [...(table ?? '').matchAll(/^\| `(\w+)` +\| (.+?) +\| (.+?) +\|/gmu)];
  const written = (text: string | undefined): string => (text === 'no limit' ? '0' : inMs(text ?? ''));
  const listed = rows.map(([, name, normal, off]) => [name, written(normal), written(off)]);
  const actual = Object.entries<Setting<unknown>>(VARIABLES)
    .filter(([, { defaultWithoutLimits: off }]) => off !== undefined)
    .map(([name, { default: normal, defaultWithoutLimits: off }]) => [name, normal, off]);
  expect(listed.sort()).toEqual(actual.sort());
});

/** Minutes in ms, as settings have them; any other text as it is. */
function inMs(text: string): string {
  const [, minutes] = /^(\d+) min$/u.exec(text) ?? [];
  return minutes === undefined ? text : String(Number(minutes) * 60_000);
}
