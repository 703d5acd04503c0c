import { RawClient, type TestClient } from '@viaduct/testkit/clients';
import { inSeconds, SECRET, sha256, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, runGateway, startGateway } from '@viaduct/testkit/gateway';
import { CompactSign } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { createKeyCheck } from '../../src/auth/api-keys.js';

const SETTINGS = { REDIS_URL: 'memory:', CHANNELS: '*', JWT_SECRET: SECRET };

/** A token whose claims are this text: JSON.stringify cannot write all that an issuer may. */
function signText(claims: string): Promise<string> {
  return new CompactSign(new TextEncoder().encode(claims))
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(SECRET));
}

/** The message with which a TOKEN is refused; null if it is accepted. */
async function refusalOf(client: TestClient, token: string): Promise<string | null> {
  const { status } = await client.run(`TOKEN ${token}`);
  if (status.status === 'ok') return null;
  expect(status.code).toBe('invalid_token');
  return status.message;
}

describe('a token that means a limit and would be read as none', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await startGateway(SETTINGS);
  });

  test.each([
    ['{"channels":["*"],"area":null}', 'area: must be an area; leave it out for no limit'],
    ['{"channels":["*"],"Area":[5,45,11,48]}', '"Area" must be written "area"'],
    ['{"channels":["*"],"AREA":[5,45,11,48],"area":[5,45,11,48]}', '"AREA" must be written "area"'],
    ['{"channels":["*"],"Publish":[]}', '"Publish" must be written "publish"'],
    ['{"channels":["*"],"Exp":1}', '"Exp" must be written "exp"'],
    ['{"channels":["*"],"sub":"a","Limits":{}}', '"Limits" must be written "limits"'],
    ['{"channels":["*"],"sub":"a","limits":null}', 'limits: Invalid input: expected object, received null'],
    ['{"channels":["*"],"sub":"a","limits":{"Connections":1}}', 'limits: Unrecognized key: "Connections"'],
    [
      '{"channels":["*"],"sub":"a","limits":{"connections":0}}',
      'limits.connections: must be a whole number of at',
    ],
    [
      '{"channels":["*"],"sub":"a","limits":{"connections":"1"}}',
      'limits.connections: must be a whole number of',
    ],
    [
      '{"channels":["*"],"sub":"a","limits":{"subscriptions":1.5}}',
      'limits.subscriptions: must be a whole number',
    ],
    ['{"channels":["*"],"limits":{"connections":1}}', 'limits need to say whose they are: give'],
    ['{"channels":["*"],"sub":1,"limits":{"connections":1}}', 'limits need to say whose they are: give'],
    ['{"channels":["*"],"exp":1e400}', 'exp: must be a time in seconds since 1970'],
    ['{"channels":["*"],"exp":1e300}', 'exp: must be a time in seconds since 1970'],
    ['{"channels":["*"],"exp":"4000000000"}', 'the claim "exp" of the token is missing, or not valid'],
    ['{"channels":["*"],"exp":null}', 'the claim "exp" of the token is missing, or not valid'],
  ])('is refused with the reason: %s', async (claims, reason) => {
    const token = await signText(claims);
    expect(await refusalOf(await RawClient.connect(gateway.url), token)).toContain(reason);
    await expect(RawClient.connect(`${gateway.url}/?token=${token}`)).rejects.toThrow('401');
  });

  test.each([
    '{"channels":["*"]}',
    '{"channels":["*"],"exp":8.64e12}',
    '{"Channel":"trains","area":[5,45,11,48]}',
  ])('is not one that has no limit, or other claims: %s', async (claims) => {
    expect(await refusalOf(await RawClient.connect(gateway.url), await signText(claims))).toBeNull();
  });
});

test('a token without exp is refused if JWT_REQUIRE_EXP is on, and one with exp is not', async () => {
  const gateway = await startGateway({ ...SETTINGS, JWT_REQUIRE_EXP: 'on' });
  const client = await RawClient.connect(gateway.url);
  expect(await refusalOf(client, await sign({ channels: ['*'] }))).toContain(
    'the claim "exp" of the token is missing',
  );
  expect(await refusalOf(client, await sign({ channels: ['*'], exp: inSeconds(600) }))).toBeNull();
});

test.each([
  [[{ limits: { connections: 1 } }], /key 0: limits need to say whose they are: give the key a "name"/u],
  [[{ name: '', limits: {} }], /key 0: limits need to say whose they are/u],
  [
    [{ name: 'a', limits: { connections: -1 } }],
    /0\.limits\.connections: must be a whole number of at least 1/u,
  ],
  [[{ name: 'a', limits: { conections: 1 } }], /0\.limits: Unrecognized key: "conections"/u],
  [[{ name: 'a', limits: null }], /0\.limits: .*expected object/u],
  [
    [
      { name: 'a', limits: { connections: 1 } },
      { name: 'a', limits: { connections: 2 } },
    ],
    /keys with the name "a" have different limits; give them the same/u,
  ],
  [
    [{ name: 'a', limits: { connections: 1 } }, { name: 'a' }],
    /keys with the name "a" have different limits/u,
  ],
])('a list of API keys with limits that cannot be meant is refused: %j', (keys, reason) => {
  const listed = keys.map((key, i) => ({ sha256: sha256(`${i}`), channels: ['*'], ...key }));
  const everything = { reads: () => true, publishes: () => true, areas: { strict: true } };
  expect(() => createKeyCheck(JSON.stringify(listed), everything)).toThrow(reason);
});

test('an API key whose area is null stops the start, with the remedy', async () => {
  const API_KEYS = JSON.stringify([{ sha256: sha256('key'), channels: ['*'], area: null }]);
  const { exit, gateway } = await runGateway({ ...SETTINGS, API_KEYS });
  expect(exit).toBe(1);
  expect(gateway.stderr).toMatch(/API_KEYS.*area: must be an area; leave it out for no limit/u);
});
