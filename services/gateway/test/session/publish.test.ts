import type { ErrorStatus, OkStatus } from '@viaduct/protocol';
import {
  outcome,
  outcomes,
  RawClient,
  SocketIoClient,
  TRANSPORT_NAMES,
  TRANSPORTS,
} from '@viaduct/testkit/clients';
import { SECRET, sha256, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld, type World } from '@viaduct/testkit/world';
import { beforeAll, describe, expect, test } from 'vitest';

const FEATURE =
  '{"type":"Feature", "geometry":{"type":"Point","coordinates":[7.0,46.50]}, "id": 12345678901234567890}';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

/** The messages that Redis receives on a channel, as text. */
async function listen(channel: string): Promise<string[]> {
  const texts: string[] = [];
  const subscriber = world.redis.duplicate();
  atEnd(() => subscriber.disconnect());
  subscriber.on('message', (_channel, text) => texts.push(text));
  await subscriber.subscribe(channel);
  return texts;
}

function start(env: Record<string, string>): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: world.server.url, CHANNELS: '*', ...env });
}

describe.each(TRANSPORT_NAMES)('PUB through %s', (transport) => {
  let gateway: GatewayProcess;
  const channel = `reports-${transport}`;

  beforeAll(async () => {
    gateway = await start({
      PUBLISH_CHANNELS: 'reports-*',
      MAX_PUBLISH_BYTES: '200',
      MAX_PUBLISHES_PER_SECOND: '1000',
    });
  });

  test('is confirmed when Redis has the message, unchanged', async () => {
    const texts = await listen(channel);
    const client = await TRANSPORTS[transport](gateway.url);
    const other = await TRANSPORTS[transport](gateway.url);
    await client.run(`SUB ${channel}`);
    await other.run(`SUB ${channel}`);
    expect(await outcome(client, `PUB ${channel} ${FEATURE}`)).toBe('ok');
    // The publisher may receive its own message before or after the confirmation.
    for (const { inbox } of [client, other]) {
      await eventually(() => {
        const received = inbox.all.filter(({ source }) => source === channel);
        expect(received).toMatchObject([{ content: JSON.parse(FEATURE), client_reference: null }]);
      });
    }
    await eventually(() => expect(texts).toEqual([FEATURE]));
  });

  test.each([
    ['that is not JSON', `PUB ${channel} road closed`, 'invalid_json'],
    ['that is NaN', `PUB ${channel} NaN`, 'invalid_json'],
    ['that is too long', `PUB ${channel} "${'ä'.repeat(100)}"`, 'message_too_big'],
    ['to a channel that is not open', 'PUB trains 1', 'not_allowed'],
    ['that is missing', `PUB ${channel}`, 'missing_argument'],
    ['to the channel of the replicas', 'PUB viaduct:replicas:x 1', 'not_allowed'],
  ])('a message %s is refused', async (_, line, code) => {
    const client = await TRANSPORTS[transport](gateway.url);
    expect(await outcome(client, line)).toBe(code);
    expect(await outcome(client, `PUB ${channel} "${'ä'.repeat(99)}"`)).toBe('ok');
  });

  test('fails with source_unavailable if the connection to Redis is lost', async () => {
    const lost = await startWorld();
    const alone = await startGateway({
      REDIS_URL: lost.server.url,
      CHANNELS: '*',
      PUBLISH_CHANNELS: '*',
    });
    const client = await TRANSPORTS[transport](alone.url);
    await lost.server.stop();
    expect(await outcome(client, 'PUB a 1')).toBe('source_unavailable');
  });
});

test('raw clients receive a confirmation, with and without a reference', async () => {
  const gateway = await start({ PUBLISH_CHANNELS: 'a' });
  const client = await RawClient.connect(gateway.url);
  client.send('PUB a [1]');
  client.send('PUB a client_ref=p1 [2]');
  const done = { source: 'websocket', content: { status: 'ok', command: 'PUB' } };
  const [first, second] = await client.inbox.take(2);
  expect(first).toMatchObject({ ...done, client_reference: null });
  expect(second).toMatchObject({ ...done, client_reference: 'p1' });
});

test('the socket.io event accepts any JSON value', async () => {
  const gateway = await start({ PUBLISH_CHANNELS: 'any', MAX_PUBLISHES_PER_SECOND: '100' });
  const texts = await listen('any');
  const client = await SocketIoClient.connect(gateway.url);
  const values = [{ a: [1, null] }, [1], 'a text', 7, true, null];
  for (const message of values) {
    expect((await client.emit('pub', { channel: 'any', message })).status).toEqual({
      status: 'ok',
      command: 'PUB',
    });
  }
  expect((await client.emit('pub', 'any', { by: 'position' })).status.status).toBe('ok');
  const expected = [...values, { by: 'position' }].map((value) => JSON.stringify(value));
  await eventually(() => expect(texts).toEqual(expected));
  for (const binary of [Buffer.from('1'), new Uint8Array([1])]) {
    const { status } = await client.emit('pub', { channel: 'any', message: binary });
    expect(status).toMatchObject({ code: 'invalid_json' });
  }
  expect((await client.emit('pub', { channel: 'any' })).status).toMatchObject({ code: 'missing_argument' });
  expect((await client.emit('pub', { message: 1 })).status).toMatchObject({ code: 'missing_argument' });
});

test('a session that publishes faster than MAX_PUBLISHES_PER_SECOND is refused for a while; others are not', async () => {
  const gateway = await start({ PUBLISH_CHANNELS: 'a', MAX_PUBLISHES_PER_SECOND: '2' });
  const fast = await RawClient.connect(gateway.url);
  const other = await RawClient.connect(gateway.url);
  // Sent together, so that no time passes in which more would be allowed.
  fast.sendTogether(Array.from({ length: 40 }, (_, i) => `PUB a ${i}`));
  const statuses = (await fast.inbox.take(40)).map(({ content }) => content as OkStatus | ErrorStatus);
  const codes = statuses.map((status) => (status.status === 'ok' ? 'ok' : status.code));
  expect(codes.slice(0, 2)).toEqual(['ok', 'ok']);
  expect(codes).toContain('rate_limited');
  expect(await outcome(other, 'PUB a 1')).toBe('ok');
  await eventually(async () => expect(await outcome(fast, 'PUB a 1')).toBe('ok'));
  expect((await gateway.scrape()).sum('viaduct_errors_total', { code: 'rate_limited' })).toBeGreaterThan(0);
});

describe('who may publish', () => {
  test('nobody, unless the operator lists channels', async () => {
    const gateway = await start({ JWT_SECRET: SECRET });
    const client = await RawClient.connect(`${gateway.url}/?token=${await sign({ publish: ['*'] })}`);
    expect(await outcome(client, 'PUB a 1')).toBe('publish_disabled');
  });

  test('with tokens or keys, those whose publish names the channel', async () => {
    const API_KEYS = JSON.stringify([{ sha256: sha256('the-key'), channels: ['b'], publish: ['b'] }]);
    const gateway = await start({
      JWT_SECRET: SECRET,
      API_KEYS,
      PUBLISH_CHANNELS: 'a,b',
      ANONYMOUS_CHANNELS: '*',
    });
    const connect = (query: string): Promise<RawClient> => RawClient.connect(`${gateway.url}/?${query}`);
    const codes = async (query: string): Promise<string[]> => {
      const client = await connect(query);
      return outcomes(client, 'PUB a 1', 'PUB b 1', 'PUB c 1');
    };
    const not = 'not_allowed';
    expect(await codes('')).toEqual([not, not, not]);
    expect(await codes(`token=${await sign({ channels: ['*'] })}`)).toEqual([not, not, not]);
    expect(await codes(`token=${await sign({ publish: ['a', 'c'] })}`)).toEqual(['ok', not, not]);
    expect(await codes('key=the-key')).toEqual([not, 'ok', not]);
    const client = await connect('');
    await client.run(`TOKEN ${await sign({ publish: ['b'] })}`);
    expect(await outcome(client, 'PUB b 1')).toBe('ok');
  });

  test('nobody to a stream: only producers add entries', async () => {
    const gateway = await start({ PUBLISH_CHANNELS: '*', STREAMS: 'a' });
    expect(await outcome(await RawClient.connect(gateway.url), 'PUB a 1')).toBe('not_allowed');
  });

  test('nobody else learns whether a channel is a stream', async () => {
    const gateway = await start({ PUBLISH_CHANNELS: '*', STREAMS: 'secret', JWT_SECRET: SECRET });
    const client = await RawClient.connect(`${gateway.url}/?token=${await sign({ publish: ['a'] })}`);
    const messages: string[] = [];
    for (const channel of ['secret', 'nothing']) {
      client.send(`PUB ${channel} 1`);
      const [answer] = await client.inbox.take(1);
      messages.push(JSON.stringify(answer?.content).replaceAll(channel, '...'));
    }
    expect(messages[0]).toBe(messages[1]);
  });

  test('nobody content that they could not receive', async () => {
    const gateway = await start({ JWT_SECRET: SECRET, PUBLISH_CHANNELS: 'a' });
    const token = await sign({ publish: ['a'], area: [5, 45, 11, 48] });
    const client = await RawClient.connect(`${gateway.url}/?token=${token}`);
    const point = (x: number): string => `{"type":"Point","coordinates":[${x},46]}`;
    const features = (...xs: number[]): string =>
      JSON.stringify({
        type: 'FeatureCollection',
        features: xs.map((x) => ({ type: 'Feature', properties: {}, geometry: JSON.parse(point(x)) })),
      });
    expect(await outcome(client, `PUB a ${point(7)}`)).toBe('ok');
    expect(await outcome(client, `PUB a ${point(20)}`)).toBe('not_allowed');
    expect(await outcome(client, `PUB a ${features(7, 8)}`)).toBe('ok');
    expect(await outcome(client, `PUB a ${features(7, 20)}`)).toBe('not_allowed');
    // AREA_STRICT is on by default: nobody with an area receives what is not geodata.
    expect(await outcome(client, 'PUB a {"any":"thing"}')).toBe('not_allowed');
  });
});
