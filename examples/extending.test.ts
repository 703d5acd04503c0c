import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RawClient, SocketIoClient } from '@viaduct/testkit/clients';
import { SECRET, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { upgrade } from '@viaduct/testkit/handshakes';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PAGE = readFileSync(join(FOLDER, '../docs/extending.md'), 'utf8');

/** The modules that the page shows, by the name in their first line. */
const MODULES = new Map(
  [...PAGE.matchAll(/```js\n\/\/ (\S+)\n.*?```/gsu)].map(([block, name = '']) => [name, block.slice(6, -3)]),
);

/** socket.io's `auth` with a member of the program's own. */
const AUTH: object = { secret: 'secret of Alice' };

/** Writes the modules of the page where they find @viaduct/gateway, and returns the folder. */
function writeModules(): string {
  const folder = mkdtempSync(join(FOLDER, 'node_modules/extending-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of MODULES) writeFileSync(join(folder, name), text);
  return folder;
}

/** Runs a module of the page as a program. */
async function runModule(name: string, env: Record<string, string> = {}): Promise<GatewayProcess> {
  const cwd = writeModules();
  return startGateway(env, { script: join(cwd, name), cwd });
}

function train(line: string, lon = 7): string {
  const geometry = { type: 'Point', coordinates: [lon, 47] };
  return JSON.stringify({ type: 'Feature', geometry, properties: { line } });
}

test('every block of code in docs/extending.md is a module that a test here runs', () => {
  expect([...MODULES.keys()]).toEqual(['count.js', 'server.js', 'hooks.js', 'clock.js']);
  expect(PAGE.match(/```js/gu)).toHaveLength(MODULES.size);
});

test('the command of docs/extending.md does what the page says, on both transports', async () => {
  const { server, redis } = await startWorld();
  await redis.hset('trains', { 1: train('S1'), 2: train('S2'), 3: train('S1') });
  const env = { REDIS_URL: server.url, CHANNELS: 'trains', COMMANDS: './count.js' };
  const gateway = await startGateway(env, { cwd: writeModules() });
  const raw = await RawClient.connect(gateway.url);
  const [, command = '', answer = ''] = /> (COUNT .*)\n< (.*)\n/u.exec(PAGE) ?? [];
  expect((await raw.run(command)).envelopes).toEqual([
    { ...JSON.parse(answer), timestamp: expect.any(Number) },
  ]);
  const io = await SocketIoClient.connect(gateway.url);
  const counted = await io.emit('count', { key: 'trains', name: 'line', value: 'S2' });
  expect(counted.status).toEqual({ status: 'ok', command: 'COUNT' });
  expect(counted.envelopes).toMatchObject([{ source: 'count trains', content: 1 }]);
  expect((await raw.run('COUNT secret line S1')).status).toMatchObject({ code: 'not_allowed' });
  expect((await raw.run('COUNT trains line')).status).toMatchObject({ code: 'missing_argument' });
});

test('the command of docs/extending.md counts only features in the area of the session', async () => {
  const { server, redis } = await startWorld();
  await redis.hset('trains', { 1: train('S1', 7), 2: train('S1', 8), 3: train('S1', 20) });
  const env = { REDIS_URL: server.url, CHANNELS: 'trains', COMMANDS: './count.js', JWT_SECRET: SECRET };
  const gateway = await startGateway(env, { cwd: writeModules() });
  const token = await sign({ channels: ['trains'], area: [5, 45, 11, 48] });
  const client = await RawClient.connect(`${gateway.url}/?token=${token}`);
  expect((await client.run('COUNT trains line S1')).envelopes).toMatchObject([{ content: 2 }]);
});

test('the program of docs/extending.md serves its page, its users and its command', async () => {
  const { server, redis } = await startWorld();
  await redis.hset('trains', { 1: train('S1', 7), 2: train('S1', 20) });
  const gateway = await runModule('server.js', { REDIS_URL: server.url });
  expect(await (await fetch(`${gateway.url}/any`)).text()).toBe('my page');
  const alice = await RawClient.connect(gateway.url, { headers: { 'x-secret': 'secret of Alice' } });
  expect((await alice.run('COUNT trains line S1')).envelopes).toMatchObject([{ content: 1 }]);
  const stranger = await RawClient.connect(gateway.url);
  expect((await stranger.run('SUB news')).status).toMatchObject({ status: 'ok' });
  expect((await stranger.run('SUB trains')).status).toMatchObject({ code: 'not_allowed' });
});

test('the hooks of docs/extending.md let in, refuse and report whom the page says', async () => {
  const { server } = await startWorld();
  const gateway = await runModule('server.js', { REDIS_URL: server.url });
  const blocked = await upgrade(gateway.url, '/', { 'x-secret': 'secret of Bob' });
  expect(blocked.status).toBe(403);
  const alice = await SocketIoClient.connect(gateway.url, {
    auth: AUTH,
  });
  expect((await alice.run('SUB notes')).status).toMatchObject({ status: 'ok' });
  // Alice has an area, so what she publishes has to be GeoJSON in it.
  const note = (author: string): string =>
    JSON.stringify({
      type: 'Feature',
      author,
      geometry: { type: 'Point', coordinates: [7.4, 46.9] },
      properties: {},
    });
  expect((await alice.run(`PUB notes ${note('Bob')}`)).status).toEqual(
    expect.objectContaining({ code: 'invalid_argument', message: 'write your own name as the author' }),
  );
  await alice.run(`PUB notes ${note('Alice')}`);
  expect(await alice.inbox.next()).toMatchObject({ source: 'notes', content: { author: 'Alice' } });
  await alice.close();
  await until(() => gateway.stdout.includes('Alice watched notes and left: normal'), 'the hook to report', {
    state: () => gateway.stdout,
  });
  expect(gateway.stdout).toContain('Alice connects from 127.0.0.1');
});

test('the source of docs/extending.md tells the time', async () => {
  const gateway = await runModule('clock.js');
  expect(await gateway.readiness()).toMatchObject({ ready: true, source: 'clock' });
  const client = await RawClient.connect(gateway.url);
  const time = /^\d{4}-\d\d-\d\dT.*Z$/u;
  expect((await client.run('GET clock')).envelopes).toMatchObject([{ content: expect.stringMatching(time) }]);
  expect((await client.run('GET clock now')).envelopes).toMatchObject([
    { content: expect.stringMatching(time) },
  ]);
  await client.run('SUB clock');
  expect(await client.inbox.next()).toMatchObject({ source: 'clock', content: expect.stringMatching(time) });
});
