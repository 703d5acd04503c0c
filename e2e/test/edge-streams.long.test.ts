import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { EndlessAnswer } from '@viaduct/testkit/endless-answer';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEdge } from './support/edge.js';

const HEARTBEAT_MS = 500;
/** Between the two, there is room for heartbeats that come late. */
const READ_TIMEOUT_MS = 12_000;
/** They last longer than the timeout. */
const HEARTBEATS = 26;

const ITEMS = '/ogc/collections/trains/items';

const FEATURES = Array.from({ length: 20 }, (_, i) => featureAt(`train ${i}`, 6 + i / 10));

let redis: Redis;
let redisUrl: string;
let edge: string;

beforeAll(async () => {
  const world = await startWorld();
  redis = world.redis;
  redisUrl = world.server.url;
  for (const feature of FEATURES) await redis.hset('trains', feature.id, JSON.stringify(feature));
  edge = await edgeOf(await start({ HEARTBEAT_MS: String(HEARTBEAT_MS) }));
});

function featureAt(id: string, longitude: number) {
  return {
    type: 'Feature',
    id,
    properties: null,
    geometry: { type: 'Point', coordinates: [longitude, 47] },
  };
}

function start(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: redisUrl, CHANNELS: '*', ...env });
}

function edgeOf(gateway: GatewayProcess): Promise<string> {
  return startEdge(new URL(gateway.url).host, { NGINX_READ_TIMEOUT: `${READ_TIMEOUT_MS}ms` });
}

function stream(base: string, type: string, query: string): EndlessAnswer {
  return new EndlessAnswer(`${base}${ITEMS}${query}`, { accept: type, 'accept-encoding': 'gzip, br' });
}

/** An answer as it is on the line. */
function plain(path: string, method: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(edge + path, { method, headers, agent: false }, resolve);
    asked.on('error', reject).end();
  });
}

describe.each([
  { kind: 'event stream', type: 'text/event-stream', query: '', beat: '\n:\n' },
  { kind: 'sequence', type: 'application/geo+json-seq', query: '?live=true', beat: '\x1e' },
])('through the deployed nginx, an endless $kind', ({ type, query, beat }) => {
  test('brings its view and each change at once, and outlasts the timeout of nginx by its heartbeats', async () => {
    const answer = stream(edge, type, query);
    for (const { id } of FEATURES) await answer.has(`"id":"${id}"`);
    expect(answer.head?.headers).toMatchObject({ 'content-type': type, 'cache-control': 'no-store' });
    // A buffer or a compressor would hold back this little data.
    expect(answer.head?.headers['content-encoding']).toBeUndefined();
    // Nothing else comes meanwhile.
    const beats = (): number => answer.text.split(beat).length;
    const before = beats();
    await until(() => answer.hasEnded || beats() - before >= HEARTBEATS, `${HEARTBEATS} heartbeats`);
    expect(answer.hasEnded).toBe(false);
    await redis.publish('trains', JSON.stringify(featureAt('a new one', 8)));
    await answer.has('"id":"a new one"');
  });

  test('is cut if there are no heartbeats', async () => {
    const silent = await edgeOf(await start({ HEARTBEAT_MS: '60000' }));
    const answer = stream(silent, type, query);
    for (const { id } of FEATURES) await answer.has(`"id":"${id}"`);
    await until(() => answer.hasEnded, 'the end of the stream');
  });
});

describe('through the deployed nginx, the HTTP API', () => {
  test('answers HEAD as GET, without the body', async () => {
    const asked = await plain(ITEMS, 'GET');
    const body = await buffer(asked);
    const head = await plain(ITEMS, 'HEAD');
    expect((await buffer(head)).length).toBe(0);
    expect(head.statusCode).toBe(200);
    expect(Number(head.headers['content-length'])).toBe(body.length);
    for (const name of ['etag', 'content-type', 'cache-control', 'content-crs', 'vary'])
      expect([name, head.headers[name]]).toEqual([name, asked.headers[name]]);
  });

  test('compresses once, and answers 304 to a client that has the answer', async () => {
    const asked = await plain(ITEMS, 'GET', { 'accept-encoding': 'gzip' });
    expect(asked.headers['content-encoding']).toBe('gzip');
    const page = JSON.parse(gunzipSync(await buffer(asked)).toString()) as { features: unknown[] };
    expect(page.features.length).toBeGreaterThanOrEqual(FEATURES.length);
    const again = await plain(ITEMS, 'GET', { 'if-none-match': asked.headers.etag ?? '' });
    expect([again.statusCode, (await buffer(again)).length]).toEqual([304, 0]);
  });
});
