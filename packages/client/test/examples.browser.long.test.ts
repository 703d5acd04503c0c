import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launchBrowser, openPage } from '@viaduct/testkit/browser';
import { SECRET, sign } from '@viaduct/testkit/credentials';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import type { Browser } from 'playwright-core';
import { transformWithOxc } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXAMPLE_URL, type Example, examples } from './support/examples.js';
import { buildPage, isOfPage } from './support/pages.js';
import { type Stack, startStack, train } from './support/stack.js';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const TSC = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));

const all = examples();
let stack: Stack;
let gateway: GatewayProcess;
let browser: Browser;
/** Inside the package, so that the examples can import it by its name. */
let directory: string;

beforeAll(async () => {
  await mkdir(DIST, { recursive: true });
  [stack, browser, directory] = await Promise.all([
    startStack(),
    launchBrowser(),
    mkdtemp(join(DIST, '.examples-')),
  ]);
  const feature = train(17, 7.44, 46.95, { speed: 80 });
  await stack.publisher.hset('trains', '17', JSON.stringify(feature));
  // The last of them may come when the Redis of the test is gone.
  const feed = setInterval(() => void stack.publish('trains', feature).catch(() => {}), 50);
  atEnd(() => clearInterval(feed));
  gateway = await stack.gateway(ENV);
});

afterAll(async () => {
  await browser?.close();
  await rm(directory, { recursive: true, force: true });
});

/** A gateway that lets everybody read the trains, and knows tokens. */
const ENV = {
  CHANNELS: 'trains,notes',
  ANONYMOUS_CHANNELS: 'trains',
  PUBLISH_CHANNELS: 'notes',
  JWT_SECRET: SECRET,
};

/** What an example prints, until it ends or has printed what it says. */
async function run({ code, name, prints }: Example): Promise<{ printed: string[]; errors: string }> {
  const token = await sign({ channels: ['*'], publish: ['*'] });
  const source = code.replaceAll(EXAMPLE_URL, gateway.url).replaceAll('YOUR_TOKEN', token);
  const { code: script } = await transformWithOxc(source, 'example.ts');
  const file = join(directory, `${name.replace(/\W/gu, '-')}.mjs`);
  await writeFile(file, script);
  const program = new RunningProgram(process.execPath, [file]);
  const lines = (): string[] => program.stdout.split('\n').slice(0, -1);
  if (/viaduct\.close\(\)/u.test(code)) expect(await program.ended, program.stderr).toBe(0);
  else
    await until(
      () => program.stderr !== '' || lines().length >= prints.length || !program.alive,
      'its output',
      { withinMs: 90_000 },
    );
  return { printed: lines().map((line) => line.trim()), errors: program.stderr };
}

test.each(all.filter(({ browser }) => !browser))('$name does what it says', async (example) => {
  const { printed, errors } = await run(example);
  expect(errors).toBe('');
  expect(printed.slice(0, example.prints.length)).toEqual(example.prints);
});

test.each(all.filter(({ browser }) => browser))('$name does what it says in a page', async (example) => {
  const file = join(directory, `${example.name.replace(/\W/gu, '-')}.${example.extension}`);
  await writeFile(file, example.code.replaceAll(`'${EXAMPLE_URL}'`, 'location.origin'));
  const { url } = await stack.gateway({ ...ENV, PAGE_DIR: await buildPage(file) });
  const watched = await openPage(browser);
  const printed: string[] = [];
  watched.page.on('console', (message) => {
    if (message.type() === 'log') printed.push(message.text());
  });
  await watched.visit(url, async (page) => (await page.locator('#map > *').count()) > 0);
  // A page may print something earlier, too, such as a component that is rendered before its collection is live.
  await expect.poll(() => printed).toEqual(expect.arrayContaining(example.prints));
  expect(watched.complaints.filter(isOfPage)).toEqual([]);
});

test('they are typed', async () => {
  const sources = join(directory, 'types');
  await mkdir(sources);
  for (const { name, code, extension } of all)
    await writeFile(join(sources, `${name.replace(/\W/gu, '-')}.${extension}`), code);
  const compilerOptions = {
    noEmit: true,
    composite: false,
    lib: ['ES2023', 'DOM', 'DOM.Iterable', 'ESNext.Disposable'],
    noUnusedLocals: false,
    jsx: 'react-jsx',
  };
  const config = {
    extends: '../../../../../tsconfig.base.json',
    compilerOptions,
    include: ['*.ts', '*.tsx'],
  };
  await writeFile(join(sources, 'tsconfig.json'), JSON.stringify(config));
  const checked = await promisify(execFile)(process.execPath, [TSC, '-p', sources]).catch(
    (failure: { stdout: string }) => failure,
  );
  expect(checked.stdout).toBe('');
});

/** Names of functions and methods in a module's declarations that neither have an example nor refer to one. */
function withoutExample(module: string): string[] {
  const declarations = readFileSync(join(DIST, `${module}.d.ts`), 'utf8');
  const callables = declarations.matchAll(
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?^(?:export declare function | {4})(\w+)(?:<[^(]*>)?\(/gmu,
  );
  return [...callables]
    .filter(([, comment = '', name = '']) => name !== 'constructor' && !comment.includes('@example'))
    .map(([, , name = '']) => name);
}

test.each([
  ['connect', []],
  ['viaduct', ['get']],
  ['subscription', []],
  ['live-collection', []],
  ['openlayers', []],
  ['openlayers-view', []],
  ['maplibre', []],
  ['socket-io', []],
  ['react', []],
  ['leaflet', []],
  // The example of followDeck shows them.
  ['deck-gl', ['moved', 'stop']],
  ['testing', []],
])('every public function of %s has an example', (module, overloads) => {
  expect(withoutExample(module)).toEqual(overloads);
});
