import {
  outcomes,
  RawClient,
  SocketIoClient,
  type SocketIoClientOptions,
  type TestClient,
  TRANSPORT_NAMES,
  TRANSPORTS,
  type TransportName,
} from '@viaduct/testkit/clients';
import {
  inSeconds,
  type KeyPair,
  keyPair,
  pemOf,
  SECRET,
  sign,
  unsigned,
} from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { poll, UPGRADES, upgrade } from '@viaduct/testkit/handshakes';
import { atEnd } from '@viaduct/testkit/teardown';
import type { JWTPayload } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

const OPEN = { REDIS_URL: 'memory:', CHANNELS: 'trains,line_*,news' };
const CLAIMS: JWTPayload = { channels: ['trains', 'line_[12]', 'outside'], exp: inSeconds(600) };

/** Connects with a token in this place. */
const CONNECT: Record<string, (url: string, token: string) => Promise<TestClient>> = {
  'raw: ?token=': (url, token) => RawClient.connect(`${url}/v1/?zoom=3&token=${token}`),
  'raw: Authorization': (url, token) =>
    RawClient.connect(url, { headers: { authorization: `Bearer ${token}` } }),
  'raw: subprotocol': (url, token) =>
    RawClient.connect(url, { protocols: ['viaduct.v1', `viaduct.token.${token}`] }),
  'socket.io: ?token=': (url, token) => SocketIoClient.connect(url, { query: { token } }),
  'socket.io: ?token=, polling': (url, token) =>
    SocketIoClient.connect(url, { query: { token }, transports: ['polling'] }),
  'socket.io: Authorization': (url, token) =>
    SocketIoClient.connect(url, { headers: { authorization: `Bearer ${token}` } }),
  'socket.io: auth.token': (url, token) => SocketIoClient.connect(url, { auth: { token } }),
};

describe('a gateway with JWT_SECRET', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await startGateway({
      ...OPEN,
      JWT_SECRET: SECRET,
      ANONYMOUS_CHANNELS: 'news,not_served',
      LOG_LEVEL: 'trace',
    });
  });

  test.each(Object.entries(CONNECT))('accepts a token from %s', async (_, connect) => {
    const client = await connect(gateway.url, await sign(CLAIMS));
    const lines = ['GET trains', 'GET line_1', 'SUB line_2', 'SUB line_3', 'GET news', 'PGET outside'];
    expect(await outcomes(client, ...lines)).toEqual([
      'ok',
      'ok',
      'ok',
      'not_allowed',
      'not_allowed',
      'not_allowed',
    ]);
  });

  test.each(TRANSPORT_NAMES)(
    'lets %s clients without a token read only ANONYMOUS_CHANNELS',
    async (transport) => {
      const client = await TRANSPORTS[transport](gateway.url);
      const lines = ['GET news', 'SUB news', 'GET trains', 'SUB line_1', 'GET not_served'];
      expect(await outcomes(client, ...lines)).toEqual([
        'ok',
        'ok',
        'not_allowed',
        'not_allowed',
        'not_allowed',
      ]);
    },
  );

  test('a token without channels allows nothing, and one without exp does not end', async () => {
    const client = await RawClient.connect(`${gateway.url}/?token=${await sign({})}`);
    expect(await outcomes(client, 'GET trains', 'GET news')).toEqual(['not_allowed', 'not_allowed']);
  });

  test("socket.io's auth takes precedence over the handshake", async () => {
    const options: SocketIoClientOptions = {
      query: { token: await sign({ channels: ['trains'] }) },
      auth: { token: await sign({ channels: ['line_1'] }) },
    };
    const client = await SocketIoClient.connect(gateway.url, options);
    expect(await outcomes(client, 'GET trains', 'GET line_1')).toEqual(['not_allowed', 'ok']);
  });

  test('an Authorization header of another scheme, and an empty token, count as no token', async () => {
    const basic = { headers: { authorization: 'Basic dXNlcjpwYXNz' } };
    const client = await RawClient.connect(`${gateway.url}/?token=`, basic);
    expect(await outcomes(client, 'GET news', 'GET trains')).toEqual(['ok', 'not_allowed']);
  });

  const BAD: Record<string, { token: () => string | Promise<string>; code: number; says: RegExp }> = {
    'signed by another secret': {
      token: () => sign(CLAIMS, 'x'.repeat(32)),
      code: 4005,
      says: /signature/u,
    },
    'with the signature of another token': {
      token: async () => {
        const [head, body] = (await sign(CLAIMS)).split('.');
        return `${head}.${body}.${(await sign({})).split('.')[2]}`;
      },
      code: 4005,
      says: /signature/u,
    },
    'without a signature (alg none)': {
      token: () => unsigned(CLAIMS),
      code: 4005,
      says: /does not accept the algorithm/u,
    },
    'signed with a private key': {
      token: () => sign(CLAIMS, keyPair('a')),
      code: 4005,
      says: /does not accept the algorithm/u,
    },
    'that has expired': {
      token: () => sign({ ...CLAIMS, exp: inSeconds(-60) }),
      code: 4004,
      says: /expired/u,
    },
    'that begins later': {
      token: () => sign({ ...CLAIMS, nbf: inSeconds(60) }),
      code: 4005,
      says: /"nbf"/u,
    },
    'with channels that are not a list': {
      token: () => sign({ channels: 'trains' }),
      code: 4005,
      says: /channels.*array/u,
    },
    'with a glob that cannot be': {
      token: () => sign({ channels: ['line[9-1]'] }),
      code: 4005,
      says: /runs backwards/u,
    },
    'that is no token': { token: () => 'no-token-at-all', code: 4005, says: /three parts/u },
  };

  describe.each(Object.entries(BAD))('a token %s', (_, { token, code, says }) => {
    test.each(TRANSPORT_NAMES)('is refused with 401 at the handshake of %s', async (transport) => {
      const { status, body } = await upgrade(gateway.url, UPGRADES[transport](`token=${await token()}`));
      expect([status, body]).toEqual([
        401,
        expect.objectContaining({ code, message: expect.stringMatching(says) }),
      ]);
    });

    test('is refused with 401 when polling begins', async () => {
      const { status, body } = await poll(gateway.url, `token=${await token()}`);
      expect([status, body]).toEqual([
        401,
        expect.objectContaining({ code, message: expect.stringMatching(says) }),
      ]);
    });

    test("is refused in socket.io's auth, with the code to close", async () => {
      const refused = SocketIoClient.connect(gateway.url, { auth: { token: await token() } });
      const cause = { message: expect.stringMatching(says), data: { code } };
      await expect(refused).rejects.toMatchObject({ cause });
    });

    test.each(TRANSPORT_NAMES)('is refused as invalid_token by TOKEN through %s', async (transport) => {
      const client = await TRANSPORTS[transport](gateway.url);
      const { status } = await client.run(`TOKEN ${await token()}`);
      expect(status).toMatchObject({
        code: 'invalid_token',
        command: 'TOKEN',
        message: expect.stringMatching(says),
      });
      expect(await outcomes(client, 'GET news', 'GET trains')).toEqual(['ok', 'not_allowed']);
    });
  });

  test('a connection that is refused in auth is closed', async () => {
    const socket = new WebSocket(`${gateway.url.replace(/^http/u, 'ws')}${UPGRADES['socket.io']('')}`);
    atEnd(() => socket.terminate());
    socket.once('message', () => socket.send(`40${JSON.stringify({ token: 'bad' })}`));
    await new Promise((resolve) => socket.once('close', resolve));
  });

  test('an API key is refused if no keys are configured', async () => {
    expect(await upgrade(gateway.url, '/?key=something')).toMatchObject({ status: 401 });
  });

  test('refusals are counted by transport and reason', async () => {
    const before = await gateway.scrape();
    await upgrade(gateway.url, UPGRADES.raw(`token=${await sign({ exp: 1 })}`));
    await upgrade(gateway.url, UPGRADES['socket.io']('token=bad'));
    await SocketIoClient.connect(gateway.url, { auth: { token: 'bad' } }).catch(() => {});
    const after = await gateway.scrape();
    const counted = (transport: TransportName, reason: string): number => {
      const labels = { transport, reason };
      const name = 'viaduct_connections_refused_total';
      return after.sum(name, labels) - before.sum(name, labels);
    };
    expect([counted('raw', 'token_expired'), counted('socket.io', 'invalid_token')]).toEqual([1, 2]);
  });

  test('no part of a token appears in the log, in metrics or in an answer', () => {
    // Each part of a token begins like this, and is longer than the ids of sessions, which are random. The last test of this
    // file reads what all the others have caused.
    expect(gateway.stdout + gateway.stderr).not.toMatch(/eyJ[\w-]{20}|no-token-at-all/u);
    expect(gateway.stdout).not.toContain(SECRET);
  });
});

describe.each(['RS256', 'ES256'] as const)('a gateway with a public key for %s', (algorithm) => {
  let gateway: GatewayProcess;
  const keys: KeyPair = keyPair('one', algorithm);

  beforeAll(async () => {
    gateway = await startGateway({
      ...OPEN,
      JWT_PUBLIC_KEY: pemOf(keys).replaceAll('\n', '\\n'),
      JWT_ISSUER: 'https://issuer.example',
      JWT_AUDIENCE: 'maps, other-maps',
    });
  });

  const good = { ...CLAIMS, iss: 'https://issuer.example', aud: 'maps' };

  test('accepts a token that is signed with the private key', async () => {
    const client = await RawClient.connect(`${gateway.url}/?token=${await sign(good, keys)}`);
    expect(await outcomes(client, 'GET trains', 'GET news')).toEqual(['ok', 'not_allowed']);
  });

  test.each([
    ['another key', async () => sign(good, keyPair('one', algorithm)), /signature/u],
    ['the public key as a secret', async () => sign(good, pemOf(keys)), /does not accept the algorithm/u],
    ['no key', async () => unsigned(good), /does not accept the algorithm/u],
    ['the key, by another issuer', async () => sign({ ...good, iss: 'x' }, keys), /"iss"/u],
    ['the key, without an issuer', async () => sign({ ...CLAIMS, aud: 'maps' }, keys), /"iss"/u],
    ['the key, for another audience', async () => sign({ ...good, aud: ['a', 'b'] }, keys), /"aud"/u],
  ])('refuses a token that is signed with %s', async (_, token, says) => {
    expect(await upgrade(gateway.url, `/?token=${await token()}`)).toMatchObject({
      status: 401,
      body: { code: 4005, message: expect.stringMatching(says) },
    });
  });

  test('accepts a token for one of several audiences', async () => {
    const token = await sign({ ...good, aud: ['x', 'other-maps'] }, keys);
    expect(await upgrade(gateway.url, `/?token=${token}`)).toMatchObject({ status: 101 });
  });
});
