import assert from 'node:assert/strict';
import { STATUS_SOURCE } from '../../envelope.js';
import type { ErrorCode } from '../../errors.js';
import { expectAlive, expectEnvelopes, expectError, expectNear, expectOk } from '../expect.js';
import { feature, mercator, PROJECTED_TOLERANCE, point } from '../geo.js';
import type { Cases } from '../scope.js';
import type { SocketIoClient } from '../socket-io-client.js';

const inside = feature('inside', point(5, 5));
const outside = feature('outside', point(50, 50));

/** Cases only for the socket.io transport. */
export const socketIoCases: Cases<SocketIoClient> = {
  async 'nothing arrives before a command is sent'(scope) {
    const client = await scope.connect();
    const reply = await client.emit('ping', {});
    assert.deepEqual(
      client.inbox.since(0).map(({ envelope }) => envelope),
      reply.envelopes,
    );
  },

  async 'a command accepts its arguments by position'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { a: 1 });
    expectEnvelopes((await client.emit('get', key)).envelopes, [
      { source: key, content: 1, client_reference: null },
    ]);
    expectEnvelopes((await client.emit('get', key, 'a', 'r1')).envelopes, [
      { source: `${key} a`, content: 1, client_reference: 'r1' },
    ]);
    expectOk(await client.emit('bbox', 0, 0, 10, 10), 'BBOX');
    expectOk(await client.emit('bbox', '0', '0', '10', '10', 'hint'), 'BBOX');
    expectOk(await client.emit('bbox'), 'BBOX');
    expectOk(await client.emit('sub', scope.channel), 'SUB');
    expectOk(await client.emit('projection', 'epsg:3857'), 'PROJECTION');
    expectOk(await client.emit('buffer', 10, 100), 'BUFFER');
    expectOk(await client.emit('buffer'), 'BUFFER');
    expectOk(await client.emit('reset'), 'RESET');
    expectOk(await client.emit('ping'), 'PING');
  },

  async 'the name of a channel may contain white space'(scope) {
    const client = await scope.connect();
    const channel = scope.name('two words');
    expectOk(await client.emit('sub', { channel }), 'SUB');
    const [arrivals] = await scope.arrivals([client], ['1'], channel);
    assert.deepEqual(
      arrivals?.map(({ envelope }) => envelope.source),
      [channel],
    );
  },

  async 'a command accepts its arguments as options, including numbers and booleans'(scope) {
    const client = await scope.connect();
    const { channel } = scope;
    expectOk(await client.emit('sub', { channel }), 'SUB');
    expectOk(
      await client.emit('bbox', {
        left: 0,
        bottom: 0,
        right: 10,
        top: 10,
        trim: true,
        zoom: 11,
        mots: 'rail',
      }),
      'BBOX',
    );
    const both = { type: 'FeatureCollection', features: [inside, outside] };
    assert.deepEqual(await scope.received(client, [both]), [{ ...both, features: [inside] }]);
    expectOk(await client.emit('bbox', {}), 'BBOX');
    assert.deepEqual(await scope.received(client, [both]), [both]);
    const projection = { projection: 'epsg:3857', axis_order: 'xy', precision: 0.001 };
    expectOk(await client.emit('projection', projection), 'PROJECTION');
    expectNear(
      await scope.received(client, [point(7.5, 47)]),
      [point(...mercator(7.5, 47))],
      PROJECTED_TOLERANCE,
    );
    expectOk(await client.emit('buffer', { size: 2, ms: 1000 }), 'BUFFER');
  },

  async 'numbers with an exponent are accepted as JavaScript writes them'(scope) {
    const client = await scope.connect();
    expectOk(await client.emit('bbox', 1e-7, -1e-7, 1e21, 2e21), 'BBOX');
  },

  async 'an argument of another type is refused as invalid_argument'(scope) {
    const client = await scope.connect();
    const bad: readonly [event: string, ...args: unknown[]][] = [
      ['get', { key: { nested: true } }],
      ['get', { key: ['a'] }],
      ['get', ['a']],
      ['get', 'a', { field: 'b' }, 'c'],
      ['bbox', [0, 0, 10, 10]],
      ['bbox', { left: [0], bottom: 0, right: 1, top: 1 }],
      ['sub', { channel: scope.channel, client_ref: { id: 1 } }],
      ['get', Buffer.from('a')],
      ['get', { key: Buffer.from('a') }],
    ];
    for (const [event, ...args] of bad) {
      expectError(await client.emit(event, ...args), 'invalid_argument');
      await expectAlive(client);
    }
  },

  async 'BBOX whose sides are not numbers or have other names is refused, and the old one stays'(scope) {
    const client = await scope.subscribed('BBOX 0 0 10 10');
    const { NaN: none, POSITIVE_INFINITY: infinity } = Number;
    const boxes: readonly Record<string, unknown>[] = [
      { left: none, bottom: none, right: none, top: none },
      { left: -infinity, bottom: -infinity, right: infinity, top: infinity },
      { left: 40, bottom: 40, right: 60, top: none },
      { left: null, bottom: null, right: null, top: null },
      { minX: 40, minY: 40, maxX: 60, maxY: 60 },
      { west: 40, south: 40, east: 60, north: 60 },
      { west: none, south: none, east: none, north: none },
      { zoom: 9 },
      { bbox: '40,40,60,60' },
    ];
    for (const box of boxes) {
      const { status } = await client.emit('bbox', box);
      assert.equal(status.status, 'error', JSON.stringify(box));
      assert.deepEqual(await scope.received(client, [inside, outside]), [inside], JSON.stringify(box));
    }
    expectOk(await client.emit('bbox', { left: 40, bottom: 40, right: 60, top: 60, zoom: null }), 'BBOX');
    assert.deepEqual(await scope.received(client, [inside, outside]), [outside]);
  },

  async 'a number that is null is refused, because NaN arrives as null'(scope) {
    const client = await scope.connect();
    expectError(await client.emit('buffer', { size: Number.NaN, ms: Number.NaN }), 'invalid_argument');
    const precise = { projection: 'epsg:3857', precision: Number.NaN };
    expectError(await client.emit('projection', precise), 'invalid_argument');
  },

  async 'an option that is null counts as missing'(scope) {
    const client = await scope.connect();
    const key = scope.name('nothing');
    const { envelopes } = await client.emit('get', { key, field: null, client_ref: null });
    expectEnvelopes(envelopes, [{ source: key, content: null, client_reference: null }]);
    expectError(await client.emit('get', { key: null }), 'missing_argument');
  },

  async 'a packet beyond the largest size ends the connection, and no other'(scope) {
    const [client, other] = [await scope.connect(), await scope.connect()];
    client.socket.emit('command', 'PING'.padEnd(2 * scope.conformance.maxFrameBytes));
    await scope.within('the connection to be closed', client.closed);
    await expectAlive(other);
  },

  async 'an unknown event is refused as unknown_command'(scope) {
    const client = await scope.connect();
    for (const event of ['frobnicate', 'subscribe', 'constructor', '__proto__', 'toString', 'valueOf', '']) {
      const reply = await client.emit(event, { a: 1 });
      expectError(reply, 'unknown_command');
      await expectAlive(client);
    }
  },

  async 'the event command accepts any command as a line of text'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, { a: 1 });
    const reply = await client.emit('command', `GET ${key} a client_ref=r1`);
    expectOk(reply, 'GET');
    expectEnvelopes(reply.envelopes, [{ source: `${key} a`, content: 1, client_reference: 'r1' }]);
    const refusals: readonly [argument: unknown, code: ErrorCode][] = [
      ['', 'empty_command'],
      ['  ', 'empty_command'],
      ['FROBNICATE', 'unknown_command'],
      ['BBOX 1 2 3', 'missing_argument'],
      [{ line: 'PING' }, 'invalid_argument'],
      [17, 'invalid_argument'],
    ];
    for (const [argument, code] of refusals) {
      expectError(await client.emit('command', argument), code);
      await expectAlive(client);
    }
  },

  async 'an error names the command that was refused'(scope) {
    const client = await scope.connect();
    const events: readonly [event: string, ...args: unknown[]][] = [
      ['frobnicate', 'a'],
      ['bbox', 1, 2, 3],
      ['get', { key: scope.conformance.forbidden }],
    ];
    for (const [event, ...args] of events) {
      const { status } = await client.emit(event, ...args);
      assert.equal(status.status, 'error');
      assert.match(status.command, new RegExp(`^${event}`, 'iu'));
    }
  },

  async 'an error is acknowledged and not sent as an envelope as well'(scope) {
    const client = await scope.connect();
    const mark = client.inbox.length;
    expectError(await client.emit('frobnicate'), 'unknown_command');
    const { envelopes } = await client.emit('ping', {});
    assert.deepEqual(
      client.inbox.since(mark).map(({ envelope }) => envelope),
      envelopes,
    );
  },

  async 'without an acknowledgement an error arrives as an envelope'(scope) {
    const client = await scope.connect();
    const mark = client.inbox.length;
    client.socket.emit('get', { key: scope.conformance.forbidden });
    const { envelope } = await client.inbox.first(
      'the error',
      ({ source }) => source === STATUS_SOURCE,
      mark,
    );
    const content = envelope.content as Record<string, unknown>;
    assert.deepEqual(Object.keys(content).sort(), ['code', 'command', 'message', 'status']);
    assert.deepEqual([content.status, content.code], ['error', 'not_allowed']);
    await expectAlive(client);
  },

  async 'without an acknowledgement a command that has no answer is silent'(scope) {
    const client = await scope.connect();
    const mark = client.inbox.length;
    client.socket.emit('sub', { channel: scope.channel });
    client.socket.emit('bbox', 0, 0, 1, 1);
    const { envelopes } = await client.emit('ping', {});
    assert.deepEqual(
      client.inbox.since(mark).map(({ envelope }) => envelope),
      envelopes,
    );
    assert.equal(envelopes.length, 1);
  },

  async 'a warning is part of the acknowledgement'(scope) {
    const client = await scope.connect();
    const { status, envelopes } = await client.emit('projection', { projection: 'epsg:23032' });
    assert.equal(status.status, 'ok');
    assert.deepEqual(Object.keys(status).sort(), ['command', 'status', 'warning']);
    assert.deepEqual(envelopes, []);
  },

  async 'messages of one flush arrive as one event for a client that asks for batches'(scope) {
    const client = await scope.connect({ auth: { batch: true } });
    await client.run(`SUB ${scope.channel}`);
    const [arrivals] = await scope.arrivals(
      [client],
      Array.from({ length: 100 }, (_, i) => String(i)),
    );
    assert.deepEqual(
      arrivals?.map(({ envelope }) => envelope.content),
      Array.from({ length: 100 }, (_, i) => i),
    );
    assert.ok(
      arrivals?.every(({ batch }) => batch !== null),
      'every message arrives in a messages event',
    );
    const key = scope.name('hash');
    await scope.hset(key, { a: 1, b: 2 });
    const mark = client.inbox.length;
    const reply = await client.emit('get', { key, client_ref: 'r1' });
    expectOk(reply, 'GET');
    expectEnvelopes(
      reply.envelopes,
      [1, 2].map((content) => ({ source: key, content, client_reference: 'r1' })),
    );
    assert.ok(client.inbox.since(mark).every(({ batch }) => batch !== null));
  },

  async 'a client that does not ask for batches receives none'(scope) {
    const client = await scope.subscribed();
    const [arrivals] = await scope.arrivals([client], ['1', '2', '3']);
    assert.deepEqual(
      arrivals?.map(({ batch }) => batch),
      [null, null, null],
    );
  },
};
