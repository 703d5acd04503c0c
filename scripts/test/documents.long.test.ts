import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { type CodeBlock, codeBlocks } from '@viaduct/testkit/markdown';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { startWorld, type World } from '@viaduct/testkit/world';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findOnPath } from '../lib/needs.mjs';
import { ROOT } from '../lib/workspace.mjs';
import { blocksOf } from './support/documented.js';
import { INSTALL_TIMEOUT_MS, PackedProject } from './support/packed.js';

/** A project like that of a reader: empty, but for the packages that the documents say to install. */
const project = new PackedProject();

/** A folder for the PATH: `redis-cli` and `npm install` as a reader has them. */
const bin = join(project.path, 'reader-bin');

let world: World;

beforeAll(async () => {
  world = await startWorld();
  await project.installAll('ws@8', 'ioredis@6', 'socket.io-client@4', 'jose@6');
  mkdirSync(bin);
  const redisCli = findOnPath(['redis-cli']) ?? 'redis-cli';
  script('redis-cli', `exec ${redisCli} -p ${world.server.port} "$@"`);
  // What the documents install is there; the registry does not know packages before they are published.
  script('npm', `[ "$1" = install ] || exec ${findOnPath(['npm'])} "$@"`);
}, INSTALL_TIMEOUT_MS);

afterAll(() => project.remove());

function script(name: string, line: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}

/** What a block runs here: the servers of the test are not where a reader has them. */
function here(text: string, gateway = 'http://localhost:8080'): string {
  return text
    .replaceAll('redis://localhost:6379', world.server.url)
    .replaceAll('localhost:8080', new URL(gateway).host);
}

/** Starts a program as in the shell of a reader. */
function launch(program: string, args: string[], cwd: string, env: Record<string, string>): RunningProgram {
  const PATH = `${bin}:${join(project.path, 'node_modules/.bin')}:${process.env.PATH}`;
  return new RunningProgram(program, args, { cwd, env: { ...env, PATH } });
}

const ANY_PORT = { PORT: '0', HOST: '127.0.0.1' };

/** Runs a block of shell commands as a reader would paste it. */
function shell(block: CodeBlock, cwd: string, env: Record<string, string> = {}): RunningProgram {
  return launch('bash', ['-eo', 'pipefail', '-c', here(block.text)], cwd, { ...ANY_PORT, ...env });
}

/** Runs a block that ends; what it prints. */
async function run(block: CodeBlock, cwd: string, env: Record<string, string> = {}): Promise<string> {
  const started = shell(block, cwd, env);
  expect(await started.ended, started.printed).toBe(0);
  return started.printed;
}

/** Runs a module in the project. */
function node(name: string, text: string, env: Record<string, string> = {}): RunningProgram {
  writeFileSync(join(project.path, name), text);
  return launch(process.execPath, [name], project.path, { ...ANY_PORT, ...env });
}

/** The address in the log of a gateway, once it listens. */
async function addressIn(gateway: RunningProgram): Promise<string> {
  const [, url = ''] = await gateway.prints(/"url":"([^"]+)"/u);
  return url;
}

/** What `viaduct check` prints, without what differs from machine to machine. */
function withoutParticulars(text: string): string {
  return text
    .replace(/\d+ of \d+ are set: [^;]*/u, 'some are set')
    .replace(/redis:\/\/\S+ is .*/u, 'a Redis');
}

const point = (id: number, lon: number) =>
  JSON.stringify({
    type: 'Feature',
    id,
    geometry: { type: 'Point', coordinates: [lon, 47] },
    properties: { line: 'S1' },
  });

test('docs/getting-started.md: every command does what the page says', async () => {
  const [start, tailDemo, alias, put, check, shown, serve, tail, change, remove, drive] = blocksOf(
    'docs/getting-started.md',
  ) as CodeBlock[] & { 9: CodeBlock; 10: CodeBlock };
  const demo = shell(start as CodeBlock, ROOT, { DEMO_COUNT: '100' });
  await demo.prints('Ctrl-C stops everything');
  const [, demoUrl = ''] = await demo.prints(/Start page\s+(\S+)/u);
  const demoTail = shell(tailDemo as CodeBlock, ROOT, { VIADUCT_URL: demoUrl });
  await demoTail.prints('"source":"demo:trains"');
  await demoTail.stop();
  await demo.stop();

  // Only interactive shells expand aliases by default.
  const aliased = `shopt -s expand_aliases\n${alias?.text}cd / && type viaduct && viaduct --help`;
  const help = await run({ ...(alias as CodeBlock), text: aliased }, ROOT);
  expect(help).toContain(`aliased to \`node ${join(ROOT, 'services/gateway/dist/main.js')}`);
  expect(help).toContain('Usage: viaduct [command]');
  await run(put as CodeBlock, project.path);
  const checked = await run(check as CodeBlock, project.path);
  expect(withoutParticulars(checked)).toBe(withoutParticulars(shown?.text ?? ''));
  const env = { REDIS_URL: world.server.url, CHANNELS: 'buses' };
  const gateway = shell(serve as CodeBlock, project.path, env);
  const watching = shell(tail as CodeBlock, project.path, { VIADUCT_URL: await addressIn(gateway) });
  await watching.prints('7.44,46.95');
  await watching.prints('snapshot_end');
  await run(change as CodeBlock, project.path);
  await watching.prints('7.45,46.95');
  await run(remove, project.path);
  await watching.prints('"event":"remove"');
  expect(await world.redis.exists('buses')).toBe(0);
  const driving = shell(drive, project.path);
  await watching.prints('7.11,46.95');
  await driving.stop();
});

describe('README.md', () => {
  const document = 'README.md';
  let gateway: GatewayProcess;

  beforeAll(async () => {
    const env = { REDIS_URL: world.server.url, CHANNELS: 'demo:trains' };
    gateway = await startGateway(env);
    await world.redis.hset('demo:trains', '1', point(1, 7));
  });

  test('its commands are those of getting started, of the tests, and of a gateway', async () => {
    const [start, tail, tests, , , curl, own] = blocksOf(document);
    const [startHere] = blocksOf('docs/getting-started.md');
    expect([start?.text, tests?.text]).toEqual([startHere?.text, 'npm test\n']);
    const watching = shell(tail as CodeBlock, ROOT, { VIADUCT_URL: gateway.url });
    const publishing = setInterval(() => void world.redis.publish('demo:trains', point(1, 7)), 50);
    await watching.prints('"source":"demo:trains"').finally(() => clearInterval(publishing));
    // The second of them never ends.
    const curls = shell({ ...(curl as CodeBlock), text: here(curl?.text ?? '', gateway.url) }, project.path);
    await curls.prints('"type":"FeatureCollection"');
    await curls.prints('event: ');
    const served = shell(own as CodeBlock, ROOT);
    await served.prints('A gateway can serve with these settings.');
    expect((await fetch(`${await addressIn(served)}/readyz`)).status).toBe(200);
  });

  test('its raw client works in an empty folder, on any supported Node.js', async () => {
    const [raw] = blocksOf(document).filter(({ language }) => language === 'js');
    const [, , , line = ''] = /(on Node\.js 20, begin with `)((import .*?))`/u.exec(readme()) ?? [];
    expect(line).toContain('import');
    const client = node('raw.mjs', `${line}\n${here(raw?.text ?? '', gateway.url)}`);
    await client.prints(/demo:trains \{\s+type: 'Feature'/u);
  });

  test('its socket.io client is typed by @viaduct/protocol, and works in an empty folder', async () => {
    const [typed] = blocksOf(document).filter(({ language }) => language === 'ts');
    writeFileSync(join(project.path, 'socket.mts'), here(typed?.text ?? '', gateway.url));
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const options = [
      '--strict',
      '--skipLibCheck',
      '--types',
      '',
      '--lib',
      'es2023,dom',
      '--target',
      'es2023',
    ];
    execFileSync(tsc, [...options, '--module', 'nodenext', 'socket.mts'], { cwd: project.path });
    const client = node('socket.mjs', readFileSync(join(project.path, 'socket.mjs'), 'utf8'));
    await client.prints(/demo:trains \{\s+type: 'Feature'/u);
    await client.prints("{ status: 'ok', command: 'SUB' }");
  });

  function readme(): string {
    return readFileSync(join(ROOT, document), 'utf8');
  }
});

test('docs/security.md: its tokens, keys, nginx and rights in Redis work', async () => {
  const all = blocksOf('docs/security.md');
  const [secret, issue, pair, key, list, customer, nginx, rights] = all as [
    CodeBlock,
    ...CodeBlock[],
  ] as CodeBlock[];
  await world.redis.hset('trains', '1', point(1, 7), '2', point(2, 30));

  const serving = shell(
    { ...(secret as CodeBlock), text: `${secret?.text}echo "secret=$JWT_SECRET"\nwait\n` },
    ROOT,
  );
  const url = await addressIn(serving);
  const [, JWT_SECRET = ''] = await serving.prints(/secret=(\S+)/u);
  const issuer = node('issue.mjs', `${issue?.text}\nconsole.log(token);`, { JWT_SECRET });
  expect(await issuer.ended, issuer.printed).toBe(0);
  const client = await RawClient.connect(`${url}/?token=${issuer.printed.trim()}`);
  const { envelopes } = await client.run('GET trains');
  expect(envelopes.map(({ content }) => (content as { id: number }).id)).toEqual([1]);
  expect((await client.run('GET buses_1')).status).toMatchObject({ code: 'not_allowed' });

  await run(pair as CodeBlock, project.path);
  const env = { REDIS_URL: world.server.url, CHANNELS: 'trains' };
  const byPair = await startGateway({ ...env, JWT_PUBLIC_KEY_FILE: join(project.path, 'public.pem') });
  const sign = `import { importPKCS8, SignJWT } from 'jose';
    import { createPrivateKey } from 'node:crypto';
    import { readFileSync } from 'node:fs';
    const key = createPrivateKey(readFileSync('private.pem'));
    console.log(await new SignJWT({ channels: ['trains'] }).setProtectedHeader({ alg: 'ES256' }).sign(key));`;
  const signed = node('sign.mjs', sign);
  expect(await signed.ended, signed.printed).toBe(0);
  const paired = await RawClient.connect(`${byPair.url}/?token=${signed.printed.trim()}`);
  expect((await paired.run('GET trains')).envelopes).toHaveLength(2);

  const [, plain = '', hash = ''] =
    /key: (\S+)\n(\S+)/u.exec(await run(key as CodeBlock, project.path)) ?? [];
  const keys = (list?.text ?? '').replace('9f86d0...', hash).replace('60303a...', '0'.repeat(64));
  const byKey = await startGateway({ ...env, API_KEYS: keys });
  const keyed = await RawClient.connect(byKey.url, { headers: { 'x-api-key': plain } });
  expect((await keyed.run('GET trains')).envelopes).toHaveLength(2);

  const limits = `[${customer?.text.replace('9f86d0...', hash)}]`;
  const byCustomer = await startGateway({ ...env, CHANNELS: 'acme:*', API_KEYS: limits });
  const customers = await RawClient.connect(byCustomer.url, { headers: { 'x-api-key': plain } });
  expect((await customers.run('SUB acme:trains')).status).toMatchObject({ status: 'ok' });
  const scrape = await byCustomer.scrape();
  expect(scrape.sum('viaduct_account_subscriptions', { key: 'acme' })).toBe(1);

  const config = join(project.path, 'nginx.conf');
  const files = (nginx?.text ?? '').replaceAll('/var/log/nginx', project.path);
  writeFileSync(config, `pid ${project.path}/nginx.pid; events {} http { ${files} }`);
  execFileSync(findOnPath(['nginx', '../sbin/nginx']) ?? 'nginx', ['-t', '-q', '-c', config], {
    stdio: 'pipe',
  });

  const [, user = ''] = /^ACL SETUSER (.*)$/mu.exec(rights?.text ?? '') ?? [];
  await world.redis.acl('SETUSER', ...(user.split(' ') as [string]));
  const limited = world.server.url.replace('//', '//viaduct:password@');
  const byUser = await startGateway({ REDIS_URL: limited, CHANNELS: 'trains' });
  const reader = await RawClient.connect(byUser.url);
  expect((await reader.run('SUB trains live=true')).status).toMatchObject({ status: 'ok' });
});

test('docs/extending.md: its commands and programs work in an empty folder', async () => {
  const all = blocksOf('docs/extending.md');
  for (const { text } of all.filter(({ language }) => language === 'js')) {
    const [, name = ''] = /^\/\/ (\S+)\n/u.exec(text) ?? [];
    writeFileSync(join(project.path, name), text);
  }
  await world.redis.hset('trains', '1', point(1, 7));
  const env = { REDIS_URL: world.server.url };
  const gateway = shell(all[0] as CodeBlock, project.path, env);
  const client = await RawClient.connect(await addressIn(gateway));
  expect((await client.run('COUNT trains line S1')).status).toMatchObject({ status: 'ok' });
  for (const name of ['server.js', 'clock.js']) {
    const program = launch(process.execPath, [name], project.path, { ...ANY_PORT, ...env });
    await program.prints('"msg":"listening"');
    await program.stop();
  }
});

test('docs/maps.md: its commands make the tarballs of the client in a clone', async () => {
  const [pack] = codeBlocks(readFileSync(join(ROOT, 'docs/maps.md'), 'utf8'));
  const HOME = join(project.path, 'reader-home');
  mkdirSync(HOME);
  await run(pack as CodeBlock, ROOT, { HOME });
  const files = readdirSync(join(HOME, 'my-map')).map((name) => name.replace(/-\d.*(?=\.tgz)/u, ''));
  expect(files.sort()).toEqual(['package.json', 'viaduct-client.tgz', 'viaduct-protocol.tgz']);
});

test.each([
  ['clients/node.js', [], 'demo:trains'],
  ['producers/node.js', ['copied'], null],
])('examples/%s runs in an empty folder', async (file, args, channel) => {
  const name = `copied-${file.replace('/', '-')}`;
  copyFileSync(join(ROOT, 'examples', file), join(project.path, name));
  await world.redis.hset('demo:trains', '1', point(1, 7));
  const gateway = await startGateway({ REDIS_URL: world.server.url, CHANNELS: 'demo:trains' });
  const words =
    channel === null ? ['--redis', world.server.url, ...args] : [gateway.url.replace('http', 'ws')];
  const input = channel === null ? `echo '${point(5, 7)}' | ` : '';
  const started = launch(
    'bash',
    ['-c', `${input}${process.execPath} ${name} ${words.join(' ')}`],
    project.path,
    {},
  );
  if (channel === null) {
    expect(await started.ended, started.printed).toBe(0);
    expect(await world.redis.hget('copied', '5')).toBe(point(5, 7));
  } else await started.prints('"coordinates":[7,47]');
});
