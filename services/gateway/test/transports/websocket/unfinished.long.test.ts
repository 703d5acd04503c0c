import { CLOSE_CODES } from '@viaduct/protocol';
import { connectEngine, RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';

function start(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', ...env });
}

test('a command in 64 fragments is a command', async () => {
  const gateway = await start();
  const client = await RawClient.connect(gateway.url);
  for (const [i, part] of [...'PING'.padEnd(64)].entries()) client.socket.send(part, { fin: i === 63 });
  expect(await client.inbox.next()).toMatchObject({ content: 'PONG' });
});

test('a client that does not finish a message is closed with 1008, although it answers heartbeats', async () => {
  const gateway = await start({ HEARTBEAT_MS: String(scaled(500)) });
  const other = await RawClient.connect(gateway.url);
  const [fragment, frame] = [await RawClient.connect(gateway.url), await RawClient.connect(gateway.url)];
  const pings = heartbeats(fragment);
  fragment.socket.send('PI', { fin: false });
  // The header of a masked frame of 125 bytes (RFC 6455 section 5.2), and nothing of its content.
  frame.write(Buffer.from([0x81, 0xfd, 1, 2, 3, 4]));
  const { code } = CLOSE_CODES.unfinished_message;
  expect(code).toBe(1008);
  expect((await fragment.closed).code).toBe(code);
  expect((await frame.closed).code).toBe(code);
  expect(pings()).toBeGreaterThan(0);
  expect((await other.run('PING')).status.status).toBe('ok');
  await eventually(async () => {
    const labels = { transport: 'raw', code: '1008' };
    expect((await gateway.scrape()).sum('viaduct_connections_closed_total', labels)).toBe(2);
  });
});

test('a client that finishes its messages slowly, but one in each heartbeat, is not closed', async () => {
  // The client must have a turn within each heartbeat, also on a busy machine.
  const gateway = await start({ HEARTBEAT_MS: String(scaled(1_500)) });
  const client = await RawClient.connect(gateway.url);
  const pings = heartbeats(client);
  // After each heartbeat, the rest of the message and the beginning of the next one.
  client.socket.send('PI', { fin: false });
  client.socket.on('ping', () => {
    client.socket.send('NG', { fin: true });
    client.socket.send('PI', { fin: false });
  });
  await eventually(() => expect(pings()).toBeGreaterThan(4));
  expect(client.inbox.all.filter(({ content }) => content === 'PONG').length).toBeGreaterThan(2);
});

test('on socket.io, a client that does not finish a message is cut', async () => {
  const gateway = await start({ HEARTBEAT_MS: String(scaled(500)) });
  const socket = await connectEngine(gateway.url);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.send('42["pi', { fin: false });
  await closed;
});

/** Counts the heartbeats that a client receives. */
function heartbeats(client: RawClient): () => number {
  let count = 0;
  client.socket.on('ping', () => count++);
  return () => count;
}
