import { parseEnvelope } from '@viaduct/protocol';
import { until } from '@viaduct/testkit/wait';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { InputKind, InputSender } from './input-kind.js';

const number = fc.oneof(
  fc.double({ min: -200, max: 200 }),
  fc.constantFrom(0, -0, 180, -180, 90, -90, 1e308, -1e308, 5e-324, 1e21, Number.MAX_SAFE_INTEGER),
);
const scalar = fc.oneof(number, fc.constantFrom(null, true, '8.5', '', {}, []));
const position = fc.oneof(
  { weight: 6, arbitrary: fc.array(number, { minLength: 2, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 5 }) },
);
const nested = (depth: number): fc.Arbitrary<unknown> =>
  depth === 0 ? position : fc.array(nested(depth - 1), { maxLength: 5 });
const coordinates = fc.oneof(nested(0), nested(1), nested(2), nested(3), scalar);
const type = fc.constantFrom(
  'Point',
  'MultiPoint',
  'LineString',
  'MultiLineString',
  'Polygon',
  'MultiPolygon',
  'GeometryCollection',
  'Feature',
  'FeatureCollection',
  'Circle',
  'point',
  '',
  '__proto__',
  7,
  null,
);
const { object } = fc.letrec<{ object: unknown }>((tie) => ({
  object: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({ type, coordinates }),
    fc.record(
      {
        type,
        coordinates: fc.option(coordinates),
        geometry: fc.option(tie('object')),
        geometries: fc.oneof(fc.array(tie('object'), { maxLength: 3 }), scalar),
        features: fc.oneof(fc.array(tie('object'), { maxLength: 3 }), scalar),
        id: fc.oneof(scalar, fc.string({ unit: 'binary', maxLength: 10 })),
        properties: fc.oneof(
          fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), scalar, { maxKeys: 3 }),
          scalar,
        ),
        bbox: fc.array(scalar, { maxLength: 6 }),
        crs: scalar,
      },
      { requiredKeys: ['type'] },
    ),
    scalar,
  ),
}));
const valid = object.map((value) => JSON.stringify(value));
const spaced = object.map((value) => JSON.stringify(value, null, '\t').replaceAll(':', ' : '));
const broken = fc.oneof(
  fc
    .tuple(valid, fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([text, cut]) => text.slice(0, text.length * cut)),
  fc
    .tuple(valid, fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }))
    .map(([text, extra]) => text + extra),
  fc.constantFrom(
    '',
    'NaN',
    '[1,]',
    '{"type":"Point","coordinates":[NaN,1]}',
    '{"a":1,"a":2}',
    '"\\ud800"',
    '['.repeat(5000),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const deep = fc.integer({ min: 1, max: 300 }).map((depth) => {
  const opening = '{"type":"GeometryCollection","geometries":['.repeat(depth);
  return `${opening}{"type":"Point","coordinates":[8,47]}${']}'.repeat(depth)}`;
});

const CHANNEL = 'fuzz';

/** Views that receive everything that is published. */
const VIEWS: readonly (readonly string[])[] = [
  [],
  ['BBOX 5 45 11 48'],
  ['BBOX 170 -30 -170 10 trim=true', 'PROJECTION epsg:3857'],
  ['PROJECTION epsg:3857', 'BBOX 0 0 2000000 7000000'],
  ['PROJECTION epsg:2056 axis_order=crs precision=10', 'BBOX 2400000 1000000 2900000 1400000 trim=true'],
  ['PROJECTION epsg:3413'],
  ['BUFFER 5 10'],
];

/** GeoJSON that is malformed in every way, published and stored in a hash, for sessions with all kinds of views. */
export const GEOJSON: InputKind<string> = {
  name: 'geojson',
  input: fc.oneof(
    { weight: 6, arbitrary: valid },
    { weight: 1, arbitrary: spaced },
    { weight: 3, arbitrary: broken },
    { weight: 1, arbitrary: deep },
  ),
  prepare: ({ gateway, redis }) => GeojsonSender.open(gateway.url, redis),
};

class GeojsonSender implements InputSender<string> {
  readonly #redis: Redis;
  readonly #readers: Reader[] = [];
  #mark = 0;

  private constructor(redis: Redis) {
    this.#redis = redis;
  }

  static async open(url: string, redis: Redis): Promise<GeojsonSender> {
    const sender = new GeojsonSender(redis);
    for (const commands of VIEWS) sender.#readers.push(await rawReader(url, commands));
    sender.#readers.push(await socketIoReader(url));
    return sender;
  }

  async send(text: string): Promise<void> {
    this.#mark += 1;
    await this.#redis.hset(CHANNEL, String(this.#mark % 50), text);
    await this.#redis.publish(CHANNEL, text);
    // Without a place, so it passes every box; when it arrives, everything before it has been processed.
    await this.#redis.publish(CHANNEL, JSON.stringify({ mark: this.#mark }));
    if (this.#mark % 25 === 0) for (const { get } of this.#readers) get();
    await until(() => {
      const problems = this.#readers.flatMap((reader) => reader.problems);
      if (problems.length > 0) throw new Error(problems.slice(0, 5).join('; '));
      return this.#readers.every(({ mark }) => mark === this.#mark);
    }, 'the message after the malformed one');
  }

  close(): void {
    for (const { close } of this.#readers) close();
  }
}

interface Reader {
  /** Number of the last marker that arrived. */
  mark: number;
  problems: string[];
  get(): void;
  close(): void;
}

async function rawReader(url: string, commands: readonly string[]): Promise<Reader> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  let subscribed = false;
  const reader: Reader = {
    mark: 0,
    problems: [],
    get: () => socket.send(`GET ${CHANNEL}`),
    close() {
      socket.removeAllListeners('close');
      socket.close();
    },
  };
  socket.on('message', (data) => {
    const envelope = parseEnvelope(String(data));
    if (envelope.client_reference === 'sub') subscribed = true;
    const list = envelope.source === 'buffer' ? (envelope.content as { content: unknown }[]) : [envelope];
    for (const { content } of list) note(reader, content);
  });
  socket.on('close', (code) => reader.problems.push(`a reader was closed with ${code}`));
  await until(() => socket.readyState === WebSocket.OPEN, 'a reader');
  for (const command of commands) socket.send(command);
  socket.send(`SUB ${CHANNEL} client_ref=sub`);
  await until(() => subscribed, "a reader's subscription");
  return reader;
}

async function socketIoReader(url: string): Promise<Reader> {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: { batch: true },
  });
  const reader: Reader = {
    mark: 0,
    problems: [],
    get: () => socket.emit('get', { key: CHANNEL }),
    close() {
      socket.off('disconnect');
      socket.disconnect();
    },
  };
  socket.on('messages', (envelopes: { content: unknown }[]) => {
    for (const { content } of envelopes) note(reader, content);
  });
  socket.on('disconnect', (reason) => reader.problems.push(`a reader was disconnected: ${reason}`));
  await until(() => socket.connected, 'a reader');
  await socket.timeout(10_000).emitWithAck('sub', { channel: CHANNEL });
  return reader;
}

function note(reader: Reader, content: unknown): void {
  const { mark } = (content ?? {}) as { mark?: unknown };
  if (typeof mark === 'number') reader.mark = mark;
}
