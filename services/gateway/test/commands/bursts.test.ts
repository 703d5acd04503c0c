import { CLOSE_CODES } from '@viaduct/protocol';
import { connectEngine, RawClient, TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';

const { code: RATE_LIMITED } = CLOSE_CODES.rate_limited;

function start(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', ...env });
}

function pings(count: number): string[] {
  return Array.from({ length: count }, () => 'PING');
}

/** How many commands a gateway has run. */
async function runs(gateway: GatewayProcess): Promise<number> {
  return (await gateway.scrape()).sum('viaduct_commands_total', { command: 'PING' });
}

describe.each(TRANSPORT_NAMES)('10,000 commands at once (%s)', (transport) => {
  test('are those of two seconds; the rest ends the session', async () => {
    const gateway = await start({ COMMANDS_PER_SECOND: '10' });
    const client = await TRANSPORTS[transport](gateway.url);
    client.sendTogether(pings(10_000));
    expect((await client.closed).code).toBe(RATE_LIMITED);
    // 20 are allowed at once and 20 refused; a slow machine may take some seconds, for 10 more of each.
    expect(await runs(gateway)).toBeLessThan(200);
    expect((await gateway.scrape()).sum('viaduct_errors_total', { code: 'rate_limited' })).toBeLessThan(200);
  });

  test('are fewer if they are long', async () => {
    const gateway = await start({ COMMANDS_PER_SECOND: '10' });
    const client = await TRANSPORTS[transport](gateway.url);
    // Each counts as 25.
    client.sendTogether(Array.from({ length: 100 }, () => `PING ref${' '.repeat(100_000)}`));
    expect((await client.closed).code).toBe(RATE_LIMITED);
    expect(await runs(gateway)).toBeLessThan(20);
  });

  test('do not become possible again by a new connection', async () => {
    const gateway = await start({ COMMANDS_PER_SECOND: '1' });
    const first = await TRANSPORTS[transport](gateway.url);
    first.sendTogether(pings(10_000));
    await first.closed;
    const before = await runs(gateway);
    for (let i = 0; i < 10; i++) {
      const next = await TRANSPORTS[transport](gateway.url);
      next.sendTogether(pings(100));
      expect((await next.closed).code).toBe(RATE_LIMITED);
    }
    // New rates would be 20 commands.
    expect((await runs(gateway)) - before).toBeLessThan(20);
  });
});

test('the other clients of an address have rates of their own', async () => {
  const gateway = await start({ COMMANDS_PER_SECOND: '10' });
  const [one, other] = [await RawClient.connect(gateway.url), await RawClient.connect(gateway.url)];
  one.sendTogether(pings(1000));
  await one.closed;
  other.sendTogether(pings(20));
  const answers = await other.inbox.take(20);
  expect(answers.map(({ content }) => content)).toEqual(pings(20).map(() => 'PONG'));
});

test('a refused command is read for its client reference only if it is short', async () => {
  const gateway = await start({ COMMANDS_PER_SECOND: '10' });
  const client = await RawClient.connect(gateway.url);
  client.sendTogether([...pings(20), 'PING client_ref=short', `PING ${' '.repeat(5000)} client_ref=long`]);
  const answers = await client.inbox.take(22);
  const refused = answers.filter(({ content }) => content !== 'PONG');
  expect(refused.slice(-2)).toMatchObject([
    { content: { code: 'rate_limited' }, client_reference: 'short' },
    { content: { code: 'rate_limited' }, client_reference: null },
  ]);
});

describe('a polling request', () => {
  /** Opens a session over polling, by hand (Engine.IO 4, socket.io 5). */
  async function session(gateway: GatewayProcess): Promise<(body?: string) => Promise<string>> {
    const url = `${gateway.url}/socket.io/?EIO=4&transport=polling`;
    const opened = await (await fetch(url)).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    const ask = async (body?: string): Promise<string> => {
      const request = body === undefined ? {} : { method: 'POST', body };
      return (await fetch(`${url}&sid=${sid}`, request)).text();
    };
    await ask('40');
    await ask();
    return ask;
  }

  test.each([
    ['commands', '42["ping"]'],
    ['answers to heartbeats', '3'],
  ])('with more %s than a client can send at once ends the session', async (_what, packet) => {
    const gateway = await start({ COMMANDS_PER_SECOND: '10' });
    const ask = await session(gateway);
    // 20 commands, 20 refused ones, and 20 packets besides.
    await ask(Array.from({ length: 61 }, () => packet).join('\x1e'));
    await eventually(async () => {
      const labels = { transport: 'socket.io', code: String(CLOSE_CODES.invalid_frame.code) };
      expect((await gateway.scrape()).sum('viaduct_connections_closed_total', labels)).toBe(1);
    });
    expect(await runs(gateway)).toBe(0);
  });

  test('with the commands of a burst is served', async () => {
    const gateway = await start({ COMMANDS_PER_SECOND: '10' });
    const ask = await session(gateway);
    await ask(Array.from({ length: 20 }, () => '42["ping"]').join('\x1e'));
    let answers = '';
    await eventually(async () => {
      answers += await ask();
      expect(answers.match(/PONG/gu)).toHaveLength(20);
    });
  });
});

test('on socket.io, the packets of a flood are not parsed', async () => {
  const gateway = await start({ COMMANDS_PER_SECOND: '10' });
  const socket = await connectEngine(gateway.url);
  const received: string[] = [];
  socket.on('message', (data) => received.push(String(data)));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  // More than the rate allows in the time that a slow machine takes for them.
  for (let i = 0; i < 5000; i++) socket.send('42["ping"]');
  // Not JSON: the parser would end the connection with another code.
  for (let i = 0; i < 1000; i++) socket.send('42[not JSON');
  await closed;
  const closing = received.filter((packet) => packet.startsWith('42["closing"'));
  expect(closing).toEqual([expect.stringContaining(`"code":${RATE_LIMITED}`)]);
});
