import { once } from 'node:events';
import { CLOSE_CODES } from '@viaduct/protocol';
import { connectEngine, RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { poll, UPGRADES, upgrade } from '@viaduct/testkit/handshakes';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';

/** Separates packets in one request of the polling transport (engine.io 4). */
const SEPARATOR = '\x1e';

/** Nested so deeply that JSON.stringify runs out of stack, but JSON.parse does not. */
const DEEP = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

function start(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', ...env });
}

/** A session over polling that sends packets by hand and never fetches any. */
async function openPolling(
  gateway: GatewayProcess,
): Promise<(packets: readonly string[]) => Promise<number>> {
  const url = `${gateway.url}/socket.io/?EIO=4&transport=polling`;
  const opened = await (await fetch(url)).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  return async (packets) => {
    const body = packets.join(SEPARATOR);
    return (await fetch(`${url}&sid=${sid}`, { method: 'POST', body })).status;
  };
}

test.each(['sid=', 'sid=any&sid='])(
  'who asks with %s begins a session, and is let in like others',
  async (query) => {
    const gateway = await start({ MAX_CONNECTIONS: '1' });
    await RawClient.connect(gateway.url);
    expect(await poll(gateway.url, query)).toMatchObject({ status: 503 });
    expect(await upgrade(gateway.url, UPGRADES['socket.io'](query))).toMatchObject({ status: 503 });
  },
);

test('one connection is one session, even if it asks several times', async () => {
  const gateway = await start();
  const send = await openPolling(gateway);
  await send(Array.from({ length: 100 }, () => '40'));
  await eventually(async () => expect(await send(['3'])).toBe(400));
  const metrics = await gateway.scrape();
  expect(metrics.sum('viaduct_connections_opened_total', { transport: 'socket.io' })).toBeLessThan(2);
  expect(metrics.sum('viaduct_connections')).toBe(0);
});

test('a connection whose session has ended can become one again', async () => {
  const gateway = await start();
  const socket = await connectEngine(gateway.url);
  socket.send('41');
  await eventually(async () => expect((await gateway.scrape()).sum('viaduct_connections')).toBe(0));
  const answer = once(socket, 'message');
  socket.send('40');
  expect(String(await answer)).toMatch(/^40\{"sid"/u);
});

test('a client that sends pings and reads no answers is disconnected', async () => {
  const gateway = await start();
  const socket = await connectEngine(gateway.url);
  socket.pause();
  await eventually(async () => {
    for (let i = 0; i < 500; i++) if (socket.readyState === socket.OPEN) socket.ping('x'.repeat(125));
    expect((await gateway.scrape()).sum('viaduct_connections')).toBe(0);
  });
});

test('a client whose acknowledgements pile up is closed as too slow', async () => {
  const gateway = await start({ COMMANDS_PER_SECOND: '0' });
  const send = await openPolling(gateway);
  await send(['40']);
  await send(Array.from({ length: 11_000 }, (_, i) => `42${i}["nothing"]`));
  const labels = { transport: 'socket.io', code: String(CLOSE_CODES.slow_consumer.code) };
  await eventually(async () =>
    expect((await gateway.scrape()).sum('viaduct_connections_closed_total', labels)).toBe(1),
  );
});

test.each(['get', 'pub', 'nothing'])('%s with a very deeply nested argument is refused', async (name) => {
  const gateway = await start();
  const socket = await connectEngine(gateway.url);
  const answer = once(socket, 'message');
  socket.send(`421["${name}",${DEEP}]`);
  expect(String(await answer)).toContain('"code":"invalid_argument"');
  expect(gateway.log.filter(({ msg }) => msg === 'uncaught error')).toEqual([]);
});

test('a very deeply nested message is not published', async () => {
  const gateway = await start({ PUBLISH_CHANNELS: '*' });
  const socket = await connectEngine(gateway.url);
  const answer = once(socket, 'message');
  socket.send(`421["pub","channel",${DEEP}]`);
  expect(String(await answer)).toContain('"code":"invalid_json"');
});

test('a client that keeps asking for other namespaces is disconnected', async () => {
  const gateway = await start();
  const socket = await connectEngine(gateway.url);
  const answers: string[] = [];
  socket.on('message', (data) => answers.push(String(data)));
  const closed = once(socket, 'close');
  for (let i = 0; i < 100; i++) socket.send('40/other,');
  await closed;
  expect(answers.filter((answer) => answer.startsWith('44/other,'))).toHaveLength(20);
  const labels = { transport: 'socket.io', code: String(CLOSE_CODES.invalid_frame.code) };
  await eventually(async () =>
    expect((await gateway.scrape()).sum('viaduct_connections_closed_total', labels)).toBe(1),
  );
});

test('a CONNECT packet that is longer than any credentials ends the connection', async () => {
  const gateway = await start();
  const fits = await connectEngine(gateway.url);
  expect(fits.readyState).toBe(fits.OPEN);
  const socket = new WebSocket(`${gateway.url.replace(/^http/u, 'ws')}/socket.io/?EIO=4&transport=websocket`);
  await once(socket, 'message');
  socket.send(`40${JSON.stringify({ filler: 'x'.repeat(20_000) })}`);
  await once(socket, 'close');
  await eventually(async () => expect((await gateway.scrape()).sum('viaduct_connections')).toBe(1));
});

test('a packet that announces several attachments ends the connection, so that the first ones are not kept', async () => {
  const gateway = await start();
  const socket = await connectEngine(gateway.url);
  socket.send('452-["command",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  await once(socket, 'close');
});
