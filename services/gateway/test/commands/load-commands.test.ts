import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCommands } from '../../src/commands/load-commands.js';
import { ConfigError } from '../../src/config/config.js';

/** The source of a module with a command like those that `defineCommand` returns. */
function command(name: string): string {
  return `{ name: '${name}', usage: '${name}', summary: '', answers: false, prepare() { return { clientRef: null, run() {} }; } }`;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viaduct-commands-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Path of a module with this source. */
async function module(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

test('without modules there are no commands', async () => {
  expect(await loadCommands([])).toEqual([]);
});

test('a module has one command or a list of them, and the order is kept', async () => {
  const paths = [
    await module('one.mjs', `export default ${command('ONE')};`),
    await module('list.mjs', `export default [${command('TWO')}, ${command('THREE')}];`),
    await module('none.mjs', 'export default [];'),
  ];
  expect((await loadCommands(paths)).map(({ name }) => name)).toEqual(['ONE', 'TWO', 'THREE']);
});

test('a path may be relative to the working directory', async () => {
  const path = await module('relative.mjs', `export default ${command('HERE')};`);
  expect(await loadCommands([relative(process.cwd(), path)])).toMatchObject([{ name: 'HERE' }]);
});

test('a path may contain spaces and letters of any language', async () => {
  const path = await module('k\u00fcrzeste Wege.mjs', `export default ${command('ODD')};`);
  expect(await loadCommands([path])).toMatchObject([{ name: 'ODD' }]);
});

test.each([
  ['is missing', null, /gone\.mjs cannot be loaded/u],
  ['fails', 'throw new Error("no licence");', /\.mjs cannot be loaded: no licence/u],
  ['throws something else', 'throw "a tantrum";', /\.mjs cannot be loaded: a tantrum/u],
  [
    'has no default export',
    `export const a = ${command('A')};`,
    /must have what defineCommand\(\) returned/u,
  ],
  ['exports no command', 'export default { name: "A" };', /must have what defineCommand\(\) returned/u],
  ['exports null', 'export default null;', /must have what defineCommand\(\) returned/u],
  ['has a list with something else', `export default [${command('A')}, 1];`, /must have what defineCommand/u],
])('a module that %s is refused, and the error names its path', async (what, text, message) => {
  const path =
    text === null ? join(folder, 'gone.mjs') : await module(`${what.replaceAll(' ', '-')}.mjs`, text);
  const loading = loadCommands([path]);
  await expect(loading).rejects.toThrow(ConfigError);
  await expect(loading).rejects.toThrow(message);
  await expect(loading).rejects.toThrow(/^COMMANDS: /u);
  await expect(loading).rejects.toThrow(path);
});
