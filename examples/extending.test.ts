import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RawClient, SocketIoClient } from '@viaduct/testkit/clients';
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
