import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { launchBrowser, openPage } from '@viaduct/testkit/browser';
import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { codeBlocks } from '@viaduct/testkit/markdown';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { startWorld, type World } from '@viaduct/testkit/world';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../lib/workspace.mjs';
import { command } from './support/packages.js';
import { INSTALL_TIMEOUT_MS, PackedProject } from './support/packed.js';

const project = new PackedProject();
let browser: Awaited<ReturnType<typeof launchBrowser>>;
let world: World;

/** The files that docs/maps.md shows, by their first comment. */
const files = new Map<string, string>();
for (const { text } of codeBlocks(readFileSync(join(ROOT, 'docs/maps.md'), 'utf8'))) {
  const [, name] = /^(?:<!doctype html>\n)?(?:\/\/|<!--) (.+?)(?: -->)?\n/u.exec(text) ?? [];
  if (name !== undefined) files.set(name, text);
}

const read = (name: string): string => files.get(name) ?? `// docs/maps.md has no ${name}`;

/** What a page of MapLibre GL shows, and one of OpenLayers. */
const SHOWN_BY_MAPLIBRE = `globalThis.shown = () =>
  map.getLayer('buses') ? map.queryRenderedFeatures({ layers: ['buses'] }).map(({ id }) => id) : [];`;
const SHOWN_BY_OPENLAYERS = `globalThis.shown = () => source.getFeatures().map((feature) => feature.getId());`;

/** The ids in the list of a page, which must be the same as those in its other place. */
const shownInList = (elsewhere: string): string => `globalThis.shown = () => {
  const ids = (all) => [...new Set(all.map(String))].sort();
  const listed = ids(Array.from(document.querySelectorAll('li'), (item) => item.textContent));
  const others = ids(${elsewhere});
  return listed.join() === others.join() ? listed : ['list:', ...listed, 'elsewhere:', ...others];
};`;

/** Builds the page of a folder. */
async function vite(folder: string): Promise<void> {
  const options = ['--base', './', '--logLevel', 'error'];
  await command('npx', ['--no-install', 'vite', 'build', folder, ...options], project.path);
}

/** Writes a page that connects to the gateway that serves it. */
function write(folder: string, parts: Record<string, string>): void {
  mkdirSync(join(project.path, folder), { recursive: true });
  for (const [name, text] of Object.entries(parts)) {
    const file = join(project.path, folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text.replace("'http://localhost:8080'", 'location.origin'));
  }
}

/** Without the lines about the worker and style sheets. */
const plain = (text: string): string =>
  text
    .replace(/^import '.*\.css';\n/mu, '')
    .replace(/^import workerUrl .*\n/mu, '')
    .replace('setWorkerUrl(workerUrl);\n', '');

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchBrowser()]);
  const bundlers = ['vite@8', 'webpack@5', 'webpack-cli@7', 'copy-webpack-plugin@14'];
  const frameworks = ['react@19', 'react-dom@19', 'svelte@5', 'vue@3'];
  await project.installAll('maplibre-gl@6', 'ol@10', ...frameworks, ...bundlers);
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  project.remove();
});

const point = (id: number | string, lon: number): [string, string] => {
  const geometry = { type: 'Point', coordinates: [lon, 46.95] };
  return [String(id), JSON.stringify({ type: 'Feature', id, geometry, properties: {} })];
};

/** Opens a page, and compares what it shows with the hash before and after a change. */
async function showsTheHash(path: string): Promise<void> {
  await world.redis.del('buses');
  await world.redis.hset('buses', ...point(4, 7.44), ...point('b', 7.5), ...point('far away', 120));
  const env = { REDIS_URL: world.server.url, CHANNELS: 'buses', PAGE_DIR: project.path };
  const { url } = await startGateway(env);
  const { page, complaints, visit } = watched(await openPage(browser));
  await visit(`${url}/${path}`, async () => page.evaluate(() => 'shown' in globalThis));
  const shown = () =>
    page.evaluate(() =>
      [...new Set((globalThis as unknown as { shown(): unknown[] }).shown())].map(String).sort(),
    );
  await expect.poll(shown).toEqual(['4', 'b']);
  await world.redis.hset('buses', ...point('c', 7.4));
  await world.redis.publish('buses', point('c', 7.4)[1]);
  await world.redis.hdel('buses', '4');
  await world.redis.publish('buses', '{"type":"Feature","id":4,"geometry":null,"properties":null}');
  await expect.poll(shown).toEqual(['b', 'c']);
  expect(complaints.filter((text) => !text.includes('GL Driver Message'))).toEqual([]);
}

function watched(open: Awaited<ReturnType<typeof openPage>>) {
  return { page: open.page, complaints: open.complaints, visit: open.visit.bind(open) };
}

test('docs/maps.md: MapLibre GL with Vite', async () => {
  write('vite', {
    'index.html': read('index.html'),
    'main.js': `${read('main.js with MapLibre GL')}${SHOWN_BY_MAPLIBRE}`,
  });
  await vite('vite');
  await showsTheHash('vite/dist/index.html');
});

test('docs/maps.md: OpenLayers with Vite', async () => {
  write('openlayers', {
    'index.html': read('index.html'),
    'main.js': `${read('main.js with OpenLayers')}${SHOWN_BY_OPENLAYERS}`,
  });
  await vite('openlayers');
  await showsTheHash('openlayers/dist/index.html');
});

test('docs/maps.md: React with Vite', async () => {
  const source = 'new LiveVectorSource(buses)';
  const main = read('main.jsx with React');
  expect(main).toContain(source);
  write('react', {
    'index.html': read('index.html').replace('./main.js', './main.jsx'),
    'main.jsx':
      main.replace(source, `globalThis.source = ${source}`) +
      shownInList('globalThis.source?.getFeatures().map((feature) => feature.getId()) ?? []'),
  });
  await vite('react');
  await showsTheHash('react/dist/index.html');
});

test('docs/maps.md: React and MapLibre GL with Vite, and a count without the hooks', async () => {
  const map = 'new MapLibreMap(';
  const component = read('BusMap with MapLibre GL');
  expect(component).toContain(map);
  const main = read('main.jsx with React')
    .replace(/^import .*(?:'ol\/|\/openlayers').*\n/gmu, '')
    .replace(/^function BusMap.*?^\}\n/msu, () => component.replace(map, `globalThis.busMap = ${map}`))
    .replace('<BusMap buses={buses} />', '$&<BusCount viaduct={viaduct} />');
  const counted = "document.querySelector('p')?.textContent === listed.length + ' buses'";
  const drawn = "busMap.queryRenderedFeatures({ layers: ['buses'] }).map(({ id }) => id)";
  const shown = shownInList(`${counted} && globalThis.busMap?.getLayer('buses') ? ${drawn} : []`);
  write('react-maplibre', {
    'index.html': read('index.html').replace('./main.js', './main.jsx'),
    'BusCount.jsx': read('BusCount.jsx'),
    'main.jsx': `import { BusCount } from './BusCount.jsx';\n${main}${shown}`,
  });
  await vite('react-maplibre');
  await showsTheHash('react-maplibre/dist/index.html');
});

test('docs/maps.md: the list for Vue and the store for Svelte have the ids in the view', async () => {
  const main = `import { connect } from '@viaduct/client';
    import { createApp, h } from 'vue';
    import { idsOf } from './idsOf.js';
    import { useIds } from './useIds.js';
    const viaduct = connect('http://localhost:8080');
    viaduct.setBox([5, 45, 11, 48]);
    const setup = () => {
      const ids = useIds(viaduct, 'buses');
      return () => h('ul', ids.value.map((id) => h('li', { key: id }, String(id))));
    };
    createApp({ setup }).mount('#map');
    let stored = [];
    idsOf(viaduct, 'buses').subscribe((ids) => { stored = ids; });
    ${shownInList('stored')}`;
  // What Vue's own plugin sets; without it, Vue warns.
  const flags = ['OPTIONS_API', 'PROD_DEVTOOLS', 'PROD_HYDRATION_MISMATCH_DETAILS'];
  const define = Object.fromEntries(flags.map((flag) => [`__VUE_${flag}__`, false]));
  write('vue-svelte', {
    'index.html': read('index.html'),
    'vite.config.js': `export default ${JSON.stringify({ define })};`,
    'main.js': main,
    'useIds.js': read('useIds.js with Vue'),
    'idsOf.js': read('idsOf.js with Svelte'),
  });
  await vite('vue-svelte');
  await showsTheHash('vue-svelte/dist/index.html');
});

test('docs/maps.md: MapLibre GL with webpack', async () => {
  const worker = read('main.js with webpack, in part').split('\n').slice(1).join('\n');
  const main = plain(read('main.js with MapLibre GL')).replace(
    '\nconst map',
    () => `\n${worker}setWorkerUrl(workerUrl);\nconst map`,
  );
  write('webpack', {
    'webpack.config.mjs': read('webpack.config.mjs').replace("'node_modules/", "'../node_modules/"),
    'main.js': `${main}${SHOWN_BY_MAPLIBRE}`,
    'dist/index.html': read('index.html'),
  });
  const config = ['--config', 'webpack/webpack.config.mjs'];
  // Minifying MapLibre takes longer than the rest of the test.
  await command('npx', ['--no-install', 'webpack', ...config, '--no-optimization-minimize'], project.path);
  await showsTheHash('webpack/dist/index.html');
});

test('docs/your-page.md: the development server of Vite passes the connection on to the gateway', async () => {
  await world.redis.hset('buses', ...point(4, 7.44));
  const { url } = await startGateway({ REDIS_URL: world.server.url, CHANNELS: 'buses' });
  const page = readFileSync(join(ROOT, 'docs/your-page.md'), 'utf8');
  const config = codeBlocks(page).find(({ text }) => text.startsWith('// vite.config.js\n'))?.text ?? '';
  expect(config).toContain('http://localhost:8080');
  write('proxy', { 'index.html': read('index.html'), 'main.js': '' });
  writeFileSync(join(project.path, 'proxy/vite.config.js'), config.replace('http://localhost:8080', url));
  const args = ['--no-install', 'vite', 'proxy', '--host', '127.0.0.1', '--port', '0'];
  const server = new RunningProgram('npx', args, {
    cwd: project.path,
    env: { NO_COLOR: '1' },
  });
  const [, address = ''] = await server.prints(/(http:\/\/127\.0\.0\.1:\d+)\//u);
  const { envelopes } = await (await RawClient.connect(`${address}/live/`)).run('GET buses 4');
  expect(envelopes.map(({ content }) => (content as { id: number }).id)).toEqual([4]);
});

test.each([
  ['MapLibre GL', 'main.js with MapLibre GL', SHOWN_BY_MAPLIBRE],
  ['OpenLayers', 'main.js with OpenLayers', SHOWN_BY_OPENLAYERS],
])('docs/maps.md: %s with script tags', async (name, main, shown) => {
  const folder = `tags-${name.slice(0, 4)}`;
  write(folder, {
    'index.html': read('index.html without a bundler'),
    'main.js': `${plain(read(main))}${shown}`,
  });
  await showsTheHash(`${folder}/index.html`);
});

test('docs/maps.md: a source with clusters shows single features as they are', async () => {
  const whole = "addLiveSource(map, 'buses', buses)";
  const main = read('main.js with MapLibre GL');
  expect(main).toContain(whole);
  // On this map, the buses are more than 10 pixels from each other.
  const clustered = main.replace(whole, whole.replace(')', ', { cluster: true, clusterRadius: 5 })'));
  write('clusters', {
    'index.html': read('index.html without a bundler'),
    'main.js': `${plain(clustered)}${SHOWN_BY_MAPLIBRE}`,
  });
  await showsTheHash('clusters/index.html');
});

/** A page of MapLibre GL with script tags, changed by a recipe. */
function withRecipe(folder: string, change: (main: string) => string): void {
  const main = plain(read('main.js with MapLibre GL'));
  const changed = change(main);
  expect(changed).not.toBe(main);
  write(folder, {
    'index.html': read('index.html without a bundler'),
    'main.js': `${changed}${SHOWN_BY_MAPLIBRE}`,
  });
}

test('docs/maps.md: a source with smooth movement shows the hash', async () => {
  const recipe = readFileSync(join(ROOT, 'docs/maps.md'), 'utf8');
  const [imported = '', added = ''] = [
    "import { smooth } from '@viaduct/client/smooth';",
    "addLiveSource(map, 'buses', smooth(buses));",
  ].filter((line) => recipe.includes(line));
  withRecipe(
    'smooth',
    (main) => `${imported}\n${main.replace("addLiveSource(map, 'buses', buses);", added)}`,
  );
  await showsTheHash('smooth/index.html');
});

test('docs/maps.md: symbols that are rotated and coloured by property show the hash', async () => {
  withRecipe('rotation', (main) => main.replace(/map\.addLayer\(.*\);/u, () => read('colours and rotation')));
  await showsTheHash('rotation/index.html');
});

test('docs/maps.md: a feature under the pointer has a state, and a click shows its popup', async () => {
  withRecipe('hover', (main) => `${main}${read('hover and popups')}globalThis.map = map;\n`);
  await world.redis.del('buses');
  await world.redis.hset('buses', ...point('b', 7.44));
  const env = { REDIS_URL: world.server.url, CHANNELS: 'buses', PAGE_DIR: project.path };
  const { url } = await startGateway(env);
  const { page, complaints, visit } = watched(await openPage(browser));
  await visit(`${url}/hover/index.html`, async () => page.evaluate(() => 'shown' in globalThis));
  await expect.poll(() => page.evaluate('shown().length')).toBeGreaterThan(0);
  const hovers = () => page.evaluate("map.getFeatureState({ source: 'buses', id: 'b' })");
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  // The bus is in the middle of the map.
  await page.mouse.move(width / 2, height / 2);
  await expect.poll(hovers).toEqual({ hover: true });
  await page.mouse.click(width / 2, height / 2);
  await expect.poll(() => page.locator('.maplibregl-popup-content').textContent()).toContain('Bus b');
  await page.mouse.move(10, 10);
  await expect.poll(hovers).toEqual({});
  expect(complaints.filter((text) => !text.includes('GL Driver Message'))).toEqual([]);
});
