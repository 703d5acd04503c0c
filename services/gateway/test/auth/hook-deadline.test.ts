import { outcome, RawClient, SocketIoClient } from '@viaduct/testkit/clients';
import { upgrade } from '@viaduct/testkit/handshakes';
import { Scrape } from '@viaduct/testkit/metrics';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createGateway, type GatewayOptions, MemorySource } from '../../src/index.js';

/** A hook that never settles. */
const stuck = (): Promise<never> => new Promise(() => {});

/** A gateway in this process that soon gives up on hooks, with the lines of its log. */
async function embed(options: GatewayOptions) {
  const lines: { msg: string; where?: string; err?: { message: string } }[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const gateway = createGateway({
    port: 0,
    host: '127.0.0.1',
    channels: ['*'],
    publishChannels: ['*'],
    source: new MemorySource(),
    logger,
    ...options,
    limits: { handshakeTimeoutMs: 1000, ...options.limits },
  });
  atEnd(() => gateway.close());
  const { url } = await gateway.start();
  const scrape = async () => new Scrape(await gateway.metrics.metrics());
  return { url, scrape, lines };
}

test.each(['authenticate', 'connect'] as const)(
  'a client is refused if the %s hook does not settle, and no longer counts as a connection of its address',
  async (hook) => {
    const isStuck = ({ headers }: { headers?: object }): boolean =>
      headers !== undefined && 'x-stuck' in headers;
    let stuckNow = true;
    const { url, scrape, lines } = await embed({
      limits: { maxConnectionsPerAddress: 1 },
      ...(hook === 'authenticate'
        ? { authenticate: (handshake) => (isStuck(handshake) ? stuck() : { channels: ['*'] }) }
        : { hooks: { connect: () => (stuckNow ? stuck() : undefined) } }),
    });
    const refused = await upgrade(url, '/', { 'x-stuck': '1' });
    expect(refused.status).toBe(503);
    expect(lines).toMatchObject([{ msg: 'internal failure', where: `${hook} hook` }]);
    expect(lines[0]?.err?.message).toMatch(
      new RegExp(`^the ${hook} hook did not settle within 1000 ms; `, 'u'),
    );
    stuckNow = false;
    await RawClient.connect(url);
    const metrics = await scrape();
    expect(
      metrics.sum('viaduct_connections_refused_total', { transport: 'raw', reason: 'hook_failed' }),
    ).toBe(1);
    expect(metrics.sum('viaduct_internal_failures_total')).toBe(1);
  },
);

test('a socket.io client whose hook does not settle leaves no connection behind', async () => {
  const { url, scrape, lines } = await embed({
    authenticate: ({ auth }) => (auth === undefined ? null : stuck()),
  });
  SocketIoClient.connect(url, { auth: { token: 'Alice' } }).catch(() => {});
  await eventually(() => expect(lines).toMatchObject([{ where: 'authenticate hook' }]));
  // The same deadline cuts its connection, which is not a session.
  await eventually(async () => {
    const metrics = await scrape();
    expect(metrics.sum('viaduct_handshake_timeouts_total', { stage: 'socket.io' })).toBe(1);
    expect(metrics.sum('viaduct_connections')).toBe(0);
  });
});

test.each([
  ['subscribe', 'SUB stuck', 'SUB fine'],
  ['publish', 'PUB stuck 1', 'PUB fine 1'],
])('a command fails if the %s hook does not settle, and the next one runs', async (hook, line, next) => {
  const decide = (_: unknown, { channel }: { channel: string }): Promise<void> | undefined =>
    channel === 'stuck' ? stuck() : undefined;
  const { url, lines } = await embed({ hooks: { [hook]: decide } });
  const client = await RawClient.connect(url);
  expect([await outcome(client, line), await outcome(client, next)]).toEqual(['internal', 'ok']);
  expect(lines.map(({ err }) => err?.message)).toEqual([
    expect.stringMatching(new RegExp(`^the ${hook} hook did not settle within 1000 ms; `, 'u')),
  ]);
});

test('the close hook is reported if it does not settle', async () => {
  const { url, lines } = await embed({ hooks: { close: stuck } });
  await (await RawClient.connect(url)).close();
  await eventually(() => expect(lines).toMatchObject([{ where: 'close hook' }]));
});

test('what becomes of a hook after its deadline has no effect', async () => {
  let fail = (_: Error): void => {};
  const late = new Promise<void>((_, reject) => {
    fail = reject;
  });
  const { url, scrape } = await embed({
    hooks: { subscribe: (_, { channel }) => (channel === 'late' ? late : undefined) },
  });
  const client = await RawClient.connect(url);
  expect(await outcome(client, 'SUB late')).toBe('internal');
  fail(new Error('too late'));
  expect(await outcome(client, 'SUB fine')).toBe('ok');
  expect((await scrape()).sum('viaduct_internal_failures_total')).toBe(1);
});
