import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { type CodeBlock, codeBlocks } from '@viaduct/testkit/markdown';
import { freePort } from '@viaduct/testkit/ports';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { atEnd } from '@viaduct/testkit/teardown';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

function blocksOf(document: string, language: string): CodeBlock[] {
  const markdown = readFileSync(join(FOLDER, '../docs', document), 'utf8');
  return codeBlocks(markdown).filter((block) => block.language === language);
}

/** A folder that ends with the test. */
function temporary(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'viaduct-page-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a module with Node.js. */
function node(file: string, env: NodeJS.ProcessEnv): RunningProgram {
  return new RunningProgram(process.execPath, [file], { env });
}

function point(id: number, lon: number): string {
  const geometry = { type: 'Point', coordinates: [lon, 47] };
  return JSON.stringify({ type: 'Feature', id, geometry, properties: {} });
}

/** A gateway with two trains, one in Switzerland. */
async function gatewayWithTrains(env = {}): Promise<GatewayProcess> {
  const { server, redis } = await startWorld();
  await redis.hset('trains', { 1: point(1, 7), 2: point(2, 30) });
  return startGateway({ CHANNELS: 'trains,buses', ...env, REDIS_URL: server.url });
}

test('docs/authentication.md: the route issues tokens, and the page sees what they allow', async () => {
  const [secret, start] = blocksOf('authentication.md', 'sh');
  const folder = temporary(join(FOLDER, 'node_modules'));
  const env = { cwd: folder, encoding: 'utf8' } as const;
  const JWT_SECRET = execFileSync('bash', ['-ec', `${secret?.text}printf %s "$JWT_SECRET"`], env);
  const modules = blocksOf('authentication.md', 'js');
  expect(modules).toHaveLength(2);
  const settings = [...(start?.text ?? '').matchAll(/\b([A-Z_]+)=(\S+)/gu)].map(([, name, value]) => [
    name,
    value,
  ]);
  expect(start?.text).toMatch(/^(?:[A-Z_]+=\S+ )+viaduct\n$/u);
  const gateway = await gatewayWithTrains({ ...Object.fromEntries(settings), JWT_SECRET });
  const [server, page] = modules.map(({ text }) => text) as [string, string];
  writeFileSync(join(folder, 'token-server.js'), server);
  const issuer = node(join(folder, 'token-server.js'), { JWT_SECRET, PORT: '0' });
  const [, port] = await issuer.prints(/tokens at port (\d+)/u);
  // A browser adds the cookie; Node.js has none.
  const jar = `const plain = fetch;
    globalThis.fetch = (url, init) => plain(url, { ...init, headers: { cookie: process.env.COOKIE } });\n`;
  const address = page
    .replace('https://map.example.org', `http://127.0.0.1:${port}`)
    .replace('https://live.example.org', gateway.url);
  writeFileSync(join(folder, 'page.js'), jar + address);
  const open = (COOKIE: string) => node(join(folder, 'page.js'), { COOKIE });
  await open('session=of-alice').prints(/trains 1\n/u);
  await open('session=of-bob').prints(/trains 2\n/u);
  await open('session=of-mallory').prints(/no token, HTTP status 401/u);
});

test('docs/your-page.md: the block for nginx serves the page, the gateway below a path, and the HTTP API', async () => {
  const gateway = await gatewayWithTrains({
    TRUSTED_PROXIES: 'loopback',
    ALLOWED_ORIGINS: 'https://map.example.org',
  });
  const [block] = blocksOf('your-page.md', 'nginx');
  const folder = temporary();
  // nginx reads the page as another user.
  chmodSync(folder, 0o755);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const names = ['-subj', '/CN=map.example.org', '-days', '2', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...names], { stdio: 'ignore' });
  mkdirSync(join(folder, 'map'));
  writeFileSync(join(folder, 'map/index.html'), 'my map');
  const port = await freePort();
  const site = (block?.text ?? '')
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('/etc/ssl/map.example.org.pem', cert)
    .replace('/etc/ssl/map.example.org.key', key)
    .replace('/srv/map', join(folder, 'map'))
    .replaceAll('http://127.0.0.1:8080', gateway.url);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
  const config = join(folder, 'nginx.conf');
  const main = `pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${paths} ${site} }`;
  writeFileSync(config, main);
  new RunningProgram(process.env.NGINX_PATH ?? 'nginx', ['-c', config, '-g', 'daemon off;']);

  const script = `import { connect, LiveCollection } from '@viaduct/client';
    let page;
    while (page === undefined) {
      page = await fetch('https://127.0.0.1:${port}/').then((answer) => answer.text()).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.log('page:', page);
    const linked = (links, wanted) => fetch(links.find(({ rel }) => rel === wanted).href);
    const { links } = await fetch('https://127.0.0.1:${port}/ogc?f=json').then((answer) => answer.json());
    const { collections } = await linked(links, 'data').then((answer) => answer.json());
    const channel = collections.find(({ id }) => id === 'trains');
    const { numberMatched } = await linked(channel.links, 'items').then((answer) => answer.json());
    console.log('trains over HTTP:', numberMatched);
    const trains = new LiveCollection(connect('https://127.0.0.1:${port}/live/'), 'trains');
    trains.on('complete', () => console.log('trains', trains.size));`;
  const file = join(temporary(join(FOLDER, 'node_modules')), 'page.mjs');
  writeFileSync(file, script);
  const page = node(file, { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
  await page.prints(/page: my map\ntrains over HTTP: 2\ntrains 2\n/u);
});
