// Writes features into Redis, for Viaduct: npm install ioredis, then
//
//   node node.js trains < features.jsonl            a hash and a channel
//   node node.js --stream ships < features.jsonl    a stream, and the hash ships:state
//
// Each line is a GeoJSON Feature with an id. One whose geometry is null removes the feature with its id.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';

/**
 * The new state into the hash, and the change to everybody who watches: both or neither.
 *
 * @type {(redis: Redis, channel: string, feature: { id: string | number }) => Promise<void>}
 */
async function put(redis, channel, feature) {
  const text = JSON.stringify(feature);
  await all(redis.multi().hset(channel, String(feature.id), text).publish(channel, text));
}

/**
 * Removes a feature from the hash, and from every map.
 *
 * @type {(redis: Redis, channel: string, id: string | number) => Promise<void>}
 */
async function remove(redis, channel, id) {
  const gone = JSON.stringify({ type: 'Feature', id, geometry: null, properties: null });
  await all(redis.multi().hdel(channel, String(id)).publish(channel, gone));
}

/**
 * The same for a stream: its entries are the changes, and the hash beside it is the state.
 *
 * @type {(redis: Redis, channel: string, feature: { id: string | number }) => Promise<void>}
 */
async function putEntry(redis, stream, feature) {
  const text = JSON.stringify(feature);
  const state = redis.multi().hset(`${stream}:state`, String(feature.id), text);
  await all(state.xadd(stream, 'MAXLEN', '~', 10_000, '*', 'data', text));
}

/** @type {(redis: Redis, channel: string, id: string | number) => Promise<void>} */
async function removeEntry(redis, stream, id) {
  const gone = JSON.stringify({ type: 'Feature', id, geometry: null, properties: null });
  const state = redis.multi().hdel(`${stream}:state`, String(id));
  await all(state.xadd(stream, 'MAXLEN', '~', 10_000, '*', 'data', gone));
}

/**
 * Runs a transaction. ioredis reports the error of a single command only in the results.
 *
 * @param {import('ioredis').ChainableCommander} transaction
 */
async function all(transaction) {
  for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
}

/**
 * The feature in a line of the input.
 *
 * @type {(line: string) => { id: string | number, geometry: object | null } | null}
 */
function featureOf(line) {
  try {
    const feature = JSON.parse(line);
    return feature?.type === 'Feature' && ['string', 'number'].includes(typeof feature.id) ? feature : null;
  } catch {
    return null;
  }
}

const { values, positionals } = parseArgs({
  options: {
    stream: { type: 'boolean', default: false },
    redis: { type: 'string', default: 'redis://localhost:6379' },
  },
  allowPositionals: true,
});
const [channel] = positionals;
if (channel === undefined) {
  console.error('usage: node node.js [--stream] [--redis URL] CHANNEL < features.jsonl');
  process.exit(2);
}
const redis = new Redis(values.redis);
redis.on('error', ({ message }) => console.error(`Redis: ${message}; --redis names another one`));
const [write, drop] = values.stream ? [putEntry, removeEntry] : [put, remove];
for await (const line of createInterface(process.stdin)) {
  const feature = featureOf(line);
  if (feature === null) {
    console.error(`Not a GeoJSON Feature with an id: "${line.slice(0, 200)}"`);
    process.exitCode = 1;
    break;
  }
  if ((feature.geometry ?? null) === null) await drop(redis, channel, feature.id);
  else await write(redis, channel, feature);
}
await redis.quit();
