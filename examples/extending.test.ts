import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RawClient, SocketIoClient } from '@viaduct/testkit/clients';
import { SECRET, sign } from '@viaduct/testkit/credentials';
import { startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** The command that docs/extending.md shows, as the file that it says. */
function writeCount(): string {
  const page = readFileSync(join(FOLDER, '../docs/extending.md'), 'utf8');
  const [, text] = /This one, `count\.js`.*?```js\n(.*?)```/su.exec(page) ?? [];
  if (text === undefined) throw new Error('docs/extending.md has no count.js');
  // Below this folder, from where @viaduct/gateway is found.
  const folder = mkdtempSync(join(FOLDER, 'node_modules/count-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'count.js'), text);
  return folder;
}

test('the command of docs/extending.md does what the page says, on both transports', async () => {
  const { server, redis } = await startWorld();
  const train = (line: string) => JSON.stringify({ type: 'Feature', geometry: null, properties: { line } });
  await redis.hset('trains', { 1: train('S1'), 2: train('S2'), 3: train('S1') });
  const env = { REDIS_URL: server.url, CHANNELS: 'trains', COMMANDS: './count.js' };
  const gateway = await startGateway(env, { cwd: writeCount() });
  const raw = await RawClient.connect(gateway.url);
  const { envelopes } = await raw.run('COUNT trains line S1 a');
  expect(envelopes).toMatchObject([{ source: 'count trains', content: 2, client_reference: 'a' }]);
  const io = await SocketIoClient.connect(gateway.url);
  const answer = await io.emit('count', { key: 'trains', name: 'line', value: 'S2' });
  expect(answer.status).toEqual({ status: 'ok', command: 'COUNT' });
  expect(answer.envelopes).toMatchObject([{ source: 'count trains', content: 1 }]);
  expect((await raw.run('COUNT secret line S1')).status).toMatchObject({ code: 'not_allowed' });
  expect((await raw.run('COUNT trains line')).status).toMatchObject({ code: 'missing_argument' });
});

test('the command of docs/extending.md counts what lies in the area of the session', async () => {
  const { server, redis } = await startWorld();
  const train = (lon: number) => {
    const geometry = { type: 'Point', coordinates: [lon, 47] };
    return JSON.stringify({ type: 'Feature', geometry, properties: { line: 'S1' } });
  };
  await redis.hset('trains', { 1: train(7), 2: train(8), 3: train(20) });
  const env = { REDIS_URL: server.url, CHANNELS: 'trains', COMMANDS: './count.js', JWT_SECRET: SECRET };
  const gateway = await startGateway(env, { cwd: writeCount() });
  const token = await sign({ channels: ['trains'], area: [5, 45, 11, 48] });
  const client = await RawClient.connect(`${gateway.url}/?token=${token}`);
  expect((await client.run('COUNT trains line S1')).envelopes).toMatchObject([{ content: 2 }]);
});
