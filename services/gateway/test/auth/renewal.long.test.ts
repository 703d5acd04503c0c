import { STATUS_SOURCE } from '@viaduct/protocol';
import {
  RawClient,
  SocketIoClient,
  type TestClient,
  TRANSPORT_NAMES,
  TRANSPORTS,
} from '@viaduct/testkit/clients';
import { inSeconds, SECRET, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually, patience } from '@viaduct/testkit/wait';
import { startWorld, subscribers, type World } from '@viaduct/testkit/world';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ANONYMOUS, type Grant } from '../../src/auth/grant.js';
import { SessionAccess } from '../../src/auth/session-access.js';

/** Lifetime of tokens that expire in a test, in seconds: on a busy machine a session needs longer to use one. */
const LIFETIME = 3 * patience();

describe.each(TRANSPORT_NAMES)('a %s session with a token', (transport) => {
  let world: World;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    world = await startWorld();
    gateway = await startGateway({
      REDIS_URL: world.server.url,
      CHANNELS: '*',
      JWT_SECRET: SECRET,
      JWT_CLOCK_TOLERANCE_MS: '0',
    });
  });

  const connect = async (claims: Parameters<typeof sign>[0]): Promise<TestClient> =>
    TRANSPORTS[transport](gateway.url, { token: await sign(claims) });

  test('is closed with 4004 when the token ends', async () => {
    const client = await connect({ channels: ['a'], exp: inSeconds(LIFETIME) });
    expect((await client.run('SUB a')).status.status).toBe('ok');
    expect(await client.closed).toEqual({ code: 4004, reason: 'token expired' });
    const ended = { transport, code: '4004' };
    await eventually(async () => {
      expect((await gateway.scrape()).sum('viaduct_connections_closed_total', ended)).toBe(1);
    });
  });

  test('continues until the new token ends if TOKEN has renewed it', async () => {
    const client = await connect({ channels: ['a'], exp: inSeconds(LIFETIME) });
    let closed = false;
    void client.closed.then(() => {
      closed = true;
    });
    const renewed = await client.run(`TOKEN ${await sign({ channels: ['a'], exp: inSeconds(600) })}`);
    expect(renewed.status).toEqual({ status: 'ok', command: 'TOKEN' });
    const other = await connect({ exp: inSeconds(LIFETIME + 1) });
    // The session that connected later has ended, so the first token has expired as well.
    await other.closed;
    expect(closed).toBe(false);
    expect((await client.run('GET a')).status.status).toBe('ok');
    await client.run(`TOKEN ${await sign({ exp: inSeconds(LIFETIME) })}`);
    expect(await client.closed).toMatchObject({ code: 4004 });
  });

  test('can read what the new token allows; other subscriptions end with an error', async () => {
    const prefix = `${transport}:`;
    const client = await connect({ channels: [`${prefix}*`] });
    for (const name of ['kept', 'lost', 'lost too']) {
      await client.run(`SUB channel=${prefix}${name.replace(' ', '_')}`);
    }
    client.send(`TOKEN ${await sign({ channels: [`${prefix}kept`, `${prefix}more`] })}`);
    const errors = await client.inbox.take(2);
    expect(errors).toEqual(
      ['lost', 'lost_too'].map((name) => ({
        source: STATUS_SOURCE,
        content: {
          status: 'error',
          code: 'not_allowed',
          message: 'the subscription has ended: the new token does not allow it',
          command: `SUB ${prefix}${name}`,
          channel: `${prefix}${name}`,
        },
        timestamp: expect.any(Number),
        client_reference: null,
      })),
    );
    await eventually(async () => expect(await subscribers(world.redis, `${prefix}lost`)).toBe(0));
    await world.redis.publish(`${prefix}lost`, '"not for you"');
    await world.redis.publish(`${prefix}kept`, '"for you"');
    const [message] = await client.inbox.take(1);
    expect(message).toMatchObject({ source: `${prefix}kept`, content: 'for you' });
    expect((await client.run(`SUB ${prefix}lost`)).status).toMatchObject({ code: 'not_allowed' });
    expect((await client.run(`SUB ${prefix}more`)).status.status).toBe('ok');
  });

  test('may begin without a token, so that none is in an address', async () => {
    const client = await TRANSPORTS[transport](gateway.url);
    expect((await client.run('GET a')).status).toMatchObject({ code: 'not_allowed' });
    await client.run(`TOKEN ${await sign({ channels: ['a'] })}`);
    expect((await client.run('GET a')).status.status).toBe('ok');
  });

  test('a refused token changes nothing', async () => {
    const client = await connect({ channels: ['a'], exp: inSeconds(LIFETIME + 1) });
    await client.run('SUB a');
    const { status } = await client.run(`TOKEN ${await sign({}, 'y'.repeat(40))}`);
    expect(status).toMatchObject({ code: 'invalid_token', command: 'TOKEN' });
    await world.redis.publish('a', '1');
    expect(await client.inbox.next(({ source }) => source === 'a')).toMatchObject({ content: 1 });
    expect(await client.closed).toMatchObject({ code: 4004 });
  });

  test('TOKEN is confirmed with its reference, and says what is wrong with its arguments', async () => {
    const client = await connect({});
    if (transport === 'raw') {
      client.send(`TOKEN ${await sign({})} client_ref=t1`);
      expect(await client.inbox.next()).toMatchObject({
        content: { status: 'ok', command: 'TOKEN' },
        client_reference: 't1',
      });
    }
    expect((await client.run('TOKEN')).status).toMatchObject({ code: 'missing_argument' });
    const long = await client.run(`TOKEN ${'secret'.repeat(2000)}`);
    expect(long.status).toMatchObject({ code: 'invalid_argument', command: 'TOKEN' });
    expect(JSON.stringify(long)).not.toContain('secret');
  });
});

test('the socket.io event takes a token as an option', async () => {
  const gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', JWT_SECRET: SECRET });
  const client = await SocketIoClient.connect(gateway.url);
  const token = await sign({ channels: ['a'] });
  expect((await client.emit('token', { token })).status).toEqual({ status: 'ok', command: 'TOKEN' });
  expect((await client.emit('token', token)).status).toEqual({ status: 'ok', command: 'TOKEN' });
  const { status } = await client.emit('token', { token: { not: 'secret text' } });
  expect(status).toMatchObject({ code: 'invalid_argument', command: 'TOKEN' });
});

test('a gateway without tokens answers TOKEN with an error, and reads no token', async () => {
  const gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: 'a' });
  const client = await RawClient.connect(`${gateway.url}/?token=anything&key=anything`);
  expect((await client.run('GET a')).status.status).toBe('ok');
  expect((await client.run('TOKEN x.y.z')).status).toMatchObject({
    code: 'invalid_token',
    message: 'this gateway does not accept tokens',
  });
});

describe('the timer of a session', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function grantFor(ms: number): Grant {
    const none = { area: null, account: null, identity: ANONYMOUS };
    return { reads: () => true, publishes: () => false, ...none, expiresAt: Date.now() + ms };
  }

  test('ends it at the right time also if that is beyond the range of timers', () => {
    const days = 24 * 3_600_000;
    const expired = vi.fn();
    const grant = grantFor(100 * days);
    const access = new SessionAccess({ token: async () => grant }, grant, expired);
    vi.advanceTimersByTime(100 * days - 1);
    expect(expired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(expired).toHaveBeenCalledTimes(1);
    access.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is gone when the session has ended, even if it was just renewed', async () => {
    const grant = grantFor(1000);
    const access = new SessionAccess({ token: async () => grant }, grant, () => {});
    const renewal = access.renew('any', () => {});
    access.close();
    await renewal;
    expect(vi.getTimerCount()).toBe(0);
  });
});
