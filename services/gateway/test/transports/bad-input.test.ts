import { randomUUID } from 'node:crypto';
import { CLOSE_CODES, type CloseReason, type Envelope, type ErrorCode } from '@viaduct/protocol';
import {
  connectEngine,
  RawClient,
  SocketIoClient,
  TRANSPORT_NAMES,
  TRANSPORTS,
} from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';

const PREFIX = `bad-input-${randomUUID()}`;
const LONG = 'x'.repeat(1025);
const TEN_MEGABYTES = 10 * 1024 * 1024;

let gateway: GatewayProcess;

beforeAll(async () => {
  const server = await startLocalRedis();
  atEnd(() => server.stop());
  const redis = new Redis(server.url);
  atEnd(() => redis.quit());
  await redis.set(`${PREFIX}:text`, 'not a hash');
  await redis.hset(`${PREFIX}:hash`, 'field', '1');
  gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: `${PREFIX}:*` });
});

/** Counts errors with this code, before and after. */
async function errors(code: ErrorCode): Promise<number> {
  return (await gateway.scrape()).sum('viaduct_errors_total', { code });
}

/** Refused commands, as lines, with the error and a part of its message. The tests of the protocol package cover the parser
 * of each command. */
const REFUSED: readonly [line: string, code: ErrorCode, message: RegExp][] = [
  ['', 'empty_command', /PING/u],
  [' \t\r\n ', 'empty_command', /PING/u],
  ['FLY to the moon', 'unknown_command', /"FLY".*GET.*PING/u],
  ['CONSTRUCTOR', 'unknown_command', /"CONSTRUCTOR"/u],
  ['__proto__ a', 'unknown_command', /"__PROTO__"/u],
  ['{"command":"PING"}', 'unknown_command', /GET/u],
  ['GET', 'missing_argument', /key.*usage: GET key/u],
  ['BBOX 1 2 3', 'missing_argument', /top.*usage: BBOX/u],
  [`GET ${PREFIX}:hash field ref more`, 'too_many_arguments', /at most 3.*usage: GET/u],
  [`BBOX 0 0 1 1 ${'hint '.repeat(33)}`, 'too_many_arguments', /33 hints.*at most 32/u],
  [`SUB ${PREFIX}:a speed=9`, 'unknown_argument', /"speed".*usage: SUB/u],
  [`SUB ${PREFIX}:a channel=${PREFIX}:b`, 'invalid_argument', /channel is given twice/u],
  [`SUB ${PREFIX}:${LONG}`, 'invalid_argument', /channel is \d+ characters long; .*at most 1024/u],
  ['BBOX 1 2 3 four', 'invalid_argument', /top is "four"; it must be a plain decimal number/u],
  ['BBOX NaN 0 1 1', 'invalid_argument', /left is "NaN"/u],
  ['BBOX 0 0 Infinity 1', 'invalid_argument', /right is "Infinity"/u],
  ['BBOX 0x10 0 1 1', 'invalid_argument', /left is "0x10"/u],
  ['BBOX 1e999 0 1 1', 'invalid_argument', /left is "1e999"/u],
  ['BBOX 0 10 5 0', 'invalid_argument', /bottom 10 is above top 0/u],
  ['BBOX 0 0 1 1 trim=perhaps', 'invalid_argument', /trim is "perhaps"; it must be true or false/u],
  ['BUFFER 1.5 10', 'invalid_argument', /size is "1.5"; .*from 0 to 10000/u],
  ['BUFFER 10001 10', 'invalid_argument', /size is "10001"/u],
  ['BUFFER 1 60001', 'invalid_argument', /ms is "60001"; .*from 0 to 60000/u],
  ['BUFFER -1 10', 'invalid_argument', /size is "-1"/u],
  ['PROJECTION epsg:3857 axis_order=zyx', 'invalid_argument', /axis_order is "zyx"; it must be xy or crs/u],
  ['PROJECTION epsg:3857 precision=0', 'invalid_argument', /precision is 0; it must be above zero/u],
  ['PROJECTION epsg:999999', 'unknown_crs', /999999/u],
  ['PROJECTION mercator', 'unknown_crs', /epsg:/u],
  ['PROJECTION epsg:6247', 'unsupported_crs', /6247/u],
  [`PGET ${PREFIX}:hash projection=epsg:999999`, 'unknown_crs', /999999/u],
  [`PGET ${PREFIX}:hash projection=epsg:6247`, 'unsupported_crs', /6247/u],
  ['GET secret', 'not_allowed', /"secret" is not readable/u],
  ['GET secret field', 'not_allowed', /"secret"/u],
  ['PGET secret', 'not_allowed', /"secret"/u],
  ['SUB secret', 'not_allowed', /"secret"/u],
  ['SUB *', 'not_allowed', /"\*"/u],
  [`SUB x${PREFIX}:a`, 'not_allowed', /is not readable/u],
  [`GET ${PREFIX}:text`, 'wrong_type', /hash/u],
  [`GET ${PREFIX}:text field`, 'wrong_type', /hash/u],
];

describe.each(TRANSPORT_NAMES)('through the %s transport', (transport) => {
  test.each(REFUSED)('%j is refused with %s, and the next command works', async (line, code, message) => {
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('PROJECTION epsg:3857');
    const before = await errors(code);
    const { status, envelopes } = await client.run(line);
    expect(status).toMatchObject({ status: 'error', code, message: expect.stringMatching(message) });
    expect(envelopes).toEqual([]);
    expect(await errors(code)).toBe(before + 1);

    client.send('PING after');
    expect(await client.inbox.next()).toMatchObject({ content: 'PONG', client_reference: 'after' });
    const next = await client.run(`GET ${PREFIX}:hash`);
    expect(next.status).toMatchObject({ status: 'ok' });
    expect(next.envelopes).toMatchObject([{ source: `${PREFIX}:hash`, content: 1 }]);
  });

  test('the command comes back in the error, shortened', async () => {
    const client = await TRANSPORTS[transport](gateway.url);
    const { status } = await client.run(`FLY ${LONG}`);
    expect(status.command).toContain('FLY xxx');
    expect(status.command.length).toBeLessThanOrEqual(201);
  });

  test('a refused projection leaves the old one in place', async () => {
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('PROJECTION epsg:2056');
    for (const crs of ['epsg:999999', 'epsg:6247']) {
      expect((await client.run(`PROJECTION ${crs}`)).status.status).toBe('error');
    }
    const { envelopes } = await client.run(`GET ${PREFIX}:hash`);
    expect(envelopes).toHaveLength(1);
  });

  const FATAL: readonly [what: string, reason: CloseReason, send: (socket: WebSocket) => void][] = [
    ['a frame of 10 MB', 'too_big', (socket) => socket.send('x'.repeat(TEN_MEGABYTES))],
    ['a frame of 10 MB in pieces', 'too_big', sendInPieces],
    ['a message in 65 fragments', 'unfinished_message', (socket) => sendFragments(socket, 65)],
    [
      'invalid UTF-8',
      'invalid_utf8',
      (socket) => socket.send(Buffer.from([0x50, 0xc3, 0x28]), { binary: false }),
    ],
    ['a frame that is not masked', 'invalid_frame', (socket) => socket.send('PING', { mask: false })],
  ];

  test.each(FATAL)('%s closes the connection with the code of %s', async (_, reason, send) => {
    const { code } = CLOSE_CODES[reason];
    const labels = { transport, code: String(code) };
    const before = (await gateway.scrape()).sum('viaduct_connections_closed_total', labels);
    const other = await TRANSPORTS[transport](gateway.url);
    const socket =
      transport === 'raw' ? (await RawClient.connect(gateway.url)).socket : await connectEngine(gateway.url);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    send(socket);
    expect(await closed).toBe(code);
    await eventually(async () => {
      const scrape = await gateway.scrape();
      expect(scrape.sum('viaduct_connections_closed_total', labels)).toBe(before + 1);
    });
    expect((await other.run('PING')).status).toMatchObject({ status: 'ok' });
  });
});

/** One message in fragments of one character. */
function sendFragments(socket: WebSocket, count: number): void {
  for (let i = 0; i < count; i++) socket.send('PING'.charAt(i) || ' ', { fin: i === count - 1 });
}

/** A message that is too long for one frame, in fragments that are short enough. */
function sendInPieces(socket: WebSocket): void {
  const piece = 'x'.repeat(TEN_MEGABYTES / 20);
  for (let i = 0; i < 20; i++) socket.send(piece, { fin: i === 19 });
}

describe('through the raw transport alone', () => {
  test.each([
    ['with a command in it', Buffer.from('PING')],
    ['that is empty', Buffer.alloc(0)],
    ['of noise', Buffer.from([0, 255, 128, 1])],
  ])('a binary frame %s is refused, and the next command works', async (_, frame) => {
    const client = await RawClient.connect(gateway.url);
    const before = await errors('binary_not_supported');
    client.socket.send(frame);
    expect(await client.inbox.next()).toMatchObject({
      source: 'websocket',
      content: { status: 'error', code: 'binary_not_supported', command: '(binary)' },
      client_reference: null,
    });
    expect(await errors('binary_not_supported')).toBe(before + 1);
    client.send('PING');
    expect(await client.inbox.next()).toMatchObject({ content: 'PONG' });
  });

  test('an error is one envelope with the source websocket and the unchanged command', async () => {
    const client = await RawClient.connect(gateway.url);
    client.send('Sub  secret');
    const envelope = await client.inbox.next();
    expect(Object.keys(envelope).sort()).toEqual(['client_reference', 'content', 'source', 'timestamp']);
    expect(envelope).toMatchObject({
      source: 'websocket',
      content: { status: 'error', code: 'not_allowed', command: 'Sub  secret' },
      client_reference: null,
    });
  });

  test('an unknown path or query is ignored', async () => {
    for (const path of ['/', '/ws?key=abc', '/%zz', '/socket.iox/', '/a/../b']) {
      const client = await RawClient.connect(`${gateway.url}${path}`);
      expect((await client.run('PING')).status.status).toBe('ok');
    }
  });
});

describe('through the socket.io transport alone', () => {
  const EVENTS: readonly [event: string, values: unknown[], code: ErrorCode][] = [
    ['fly', [], 'unknown_command'],
    ['fly', [{ to: 'the moon' }], 'unknown_command'],
    ['constructor', [], 'unknown_command'],
    ['__proto__', [{}], 'unknown_command'],
    ['', [], 'unknown_command'],
    ['get', [], 'missing_argument'],
    ['get', [{}], 'missing_argument'],
    ['get', [{ key: null }], 'missing_argument'],
    ['get', [{ key: ['a'] }], 'invalid_argument'],
    ['get', [{ key: { name: 'a' } }], 'invalid_argument'],
    ['get', [[`${PREFIX}:hash`]], 'invalid_argument'],
    ['get', [null], 'invalid_argument'],
    ['get', [Buffer.from('key')], 'invalid_argument'],
    ['get', [{ key: Buffer.from('key') }], 'invalid_argument'],
    ['get', ['a', 'b', 'c', 'd'], 'too_many_arguments'],
    ['get', [`${PREFIX}:hash`, { client_ref: 'ref' }], 'invalid_argument'],
    ['sub', [{ channel: `${PREFIX}:a`, speed: 9 }], 'unknown_argument'],
    ['sub', [{ ['__proto__']: 'a', channel: 'secret' }], 'unknown_argument'],
    ['error', [{ message: 'mine' }], 'unknown_command'],
    ['sub', [true], 'not_allowed'],
    ['bbox', [{ left: 'west', bottom: 0, right: 1, top: 1 }], 'invalid_argument'],
    ['bbox', [{ left: 0, bottom: 2, right: 1, top: 1 }], 'invalid_argument'],
    ['bbox', [{ left: 0, bottom: 0, right: 1 }], 'missing_argument'],
    ['bbox', [0, 0, 1], 'missing_argument'],
    ['buffer', [{ size: 1.5, ms: 10 }], 'invalid_argument'],
    ['projection', [{ projection: 3857.5 }], 'unknown_crs'],
    ['projection', [{ projection: 'epsg:6247' }], 'unsupported_crs'],
    ['command', [], 'invalid_argument'],
    ['command', [42], 'invalid_argument'],
    ['command', [['PING']], 'invalid_argument'],
    ['command', [{ line: 'PING' }], 'invalid_argument'],
  ];

  test.each(EVENTS)(
    'event %j with %j is refused with %s, and the next works',
    async (event, values, code) => {
      const client = await SocketIoClient.connect(gateway.url);
      const before = await errors(code);
      const { status, envelopes } = await client.emit(event, ...values);
      expect(status).toMatchObject({ status: 'error', code });
      expect(status.command.startsWith(event)).toBe(true);
      expect(envelopes).toEqual([]);
      expect(await errors(code)).toBe(before + 1);
      expect((await client.emit('ping', {})).envelopes).toMatchObject([{ content: 'PONG' }]);
    },
  );

  test('without an acknowledgement, the error arrives as a message', async () => {
    const client = await SocketIoClient.connect(gateway.url);
    client.socket.emit('sub', { channel: 'secret' });
    const isError = ({ content }: Envelope): boolean => (content as { status?: string }).status === 'error';
    expect(await client.inbox.next(isError)).toMatchObject({
      source: 'websocket',
      content: { status: 'error', code: 'not_allowed', command: 'sub [{"channel":"secret"}]' },
    });
  });

  test('a namespace that does not exist is refused, and the connection stays open', async () => {
    const socket = await connectEngine(gateway.url);
    const answers: string[] = [];
    socket.on('message', (data) => answers.push(data.toString()));
    socket.send('40/elsewhere,');
    socket.send('420["ping",{}]');
    await eventually(() => {
      expect(answers).toContainEqual(expect.stringMatching(/^44\/elsewhere,.*Invalid namespace/u));
      expect(answers).toContainEqual('430[{"status":"ok","command":"PING"}]');
    });
  });

  test.each([
    ['not a packet of socket.io', '4xyz'],
    ['an event that is not JSON', '42["ping",'],
    ['a long event that is not JSON', `42["ping",["${'x'.repeat(5000)}"]`],
    ['an event without a name', '42[]'],
    ['a name that socket.io reserves', '42["disconnect"]'],
    ['such a name with long values', `42["disconnect","${'x'.repeat(5000)}"]`],
  ])('%s ends the connection, counted as a broken frame', async (_, packet) => {
    const labels = { transport: 'socket.io', code: String(CLOSE_CODES.invalid_frame.code) };
    const before = (await gateway.scrape()).sum('viaduct_connections_closed_total', labels);
    const socket = await connectEngine(gateway.url);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.send(packet);
    await closed;
    await eventually(async () => {
      const scrape = await gateway.scrape();
      expect(scrape.sum('viaduct_connections_closed_total', labels)).toBe(before + 1);
    });
  });
});

test('nothing is reported as an internal failure, and no connection remains', async () => {
  await eventually(async () => {
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_internal_failures_total')).toBe(0);
    expect(scrape.sum('viaduct_connections')).toBe(0);
    expect(scrape.sum('viaduct_subscriptions')).toBe(0);
  });
});
