import { fileURLToPath } from 'node:url';
import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld, subscribers, type World } from '@viaduct/testkit/world';
import { beforeAll, expect, test } from 'vitest';

const LATE = fileURLToPath(new URL('../fixtures/late.mjs', import.meta.url));

let world: World;
let gateway: GatewayProcess;

beforeAll(async () => {
  world = await startWorld();
  gateway = await startGateway({ REDIS_URL: world.server.url, CHANNELS: 'afterlife*', COMMANDS: LATE });
});

test('a command that outlives its client leaves no subscription behind', async () => {
  const lasting = await RawClient.connect(gateway.url);
  lasting.send('LATE afterlife-lasting');
  await lasting.inbox.next(({ content }) => content === 'subscribed');
  expect(await subscribers(world.redis, 'afterlife-lasting')).toBe(1);

  const gone = await RawClient.connect(gateway.url);
  gone.send('LATE afterlife-gone');
  gone.terminate();
  const done = async (): Promise<void> => {
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_commands_total', { command: 'LATE', outcome: 'ok' })).toBe(2);
  };
  await eventually(done);
  expect((await gateway.scrape()).sum('viaduct_subscriptions')).toBe(1);
  expect(await subscribers(world.redis, 'afterlife-gone')).toBe(0);
});

test('RESET drops no answer, confirmation or error of the commands before it', async () => {
  const client = await RawClient.connect(gateway.url);
  client.sendTogether(['NOSUCH', 'PING p', 'GET afterlife g', 'BBOX 1 client_ref=b', 'RESET r', 'PING end']);
  const envelopes = await client.inbox.take(6);
  expect(envelopes.map(({ client_reference: reference }) => reference)).toEqual([
    null,
    'p',
    null,
    'b',
    'r',
    'end',
  ]);
});
