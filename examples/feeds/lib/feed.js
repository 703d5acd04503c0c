// What the feeds share: their command line, and the loop that writes their reports.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { FeatureWriter } from './feature-writer.js';
import { replay } from './replay.js';

/** If no vehicle comes within this time, in seconds, the program asks whether it is the right source. */
const MOST_WAIT = 30;

/**
 * Features that a source has reported together, and when: in seconds, by the source's clock.
 *
 * @typedef {{ at: number, features: import('./feature-writer.js').Vehicle[] }} Report
 */

/**
 * A feed. `read` yields the reports of a source, live or recorded; `sample` is a recording beside this folder.
 *
 * @typedef {object} Feed
 * @property {string} name of its file
 * @property {string} channel where it writes, unless the command line names another one
 * @property {string} sources what its first argument may be
 * @property {string} sample
 * @property {number} silence seconds after which a vehicle that has fallen silent is removed
 * @property {(source: string, ...more: string[]) => AsyncIterable<Report>} read
 */

/**
 * Writes a feed into Redis until it ends.
 *
 * @param {Feed} feed
 */
export async function runFeed(feed) {
  const { values, positionals } = readCommandLine(feed);
  // A feed waits for Redis, however long that takes.
  const redis = new Redis(values.redis, { maxRetriesPerRequest: null });
  redis.on('error', (error) => console.error(`Redis: ${error.message}`));
  const silence = Number(values.silence ?? feed.silence);
  const writer = await FeatureWriter.open(redis, values.channel ?? feed.channel, silence * 1000);
  const [source, ...more] = positionals;
  const sample = fileURLToPath(new URL(`../data/${feed.sample}`, import.meta.url));
  const reports = source === undefined ? replay(feed.read(sample)) : feed.read(source, ...more);
  const wait = Math.min(silence, MOST_WAIT);
  const complain = () =>
    console.error(`${source}: no vehicle with a recent position within ${wait} s; is it the right source?`);
  const complaint = source === undefined ? undefined : setTimeout(complain, wait * 1000);
  for await (const { features } of reports) {
    if (features.length > 0) clearTimeout(complaint);
    await writer.write(features);
  }
  clearTimeout(complaint);
  writer.close();
  await redis.quit();
}

/** @param {Feed} feed */
function readCommandLine({ name, channel, sources, sample, silence }) {
  const command = parseArgs({
    options: {
      channel: { type: 'string' },
      redis: { type: 'string', default: process.env.REDIS_URL ?? 'redis://localhost:6379' },
      silence: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (command.values.help) {
    console.log(`usage: node ${name} [options] [SOURCE]

  SOURCE             ${sources}; data/${sample} in an endless loop if left out
  --channel NAME     hash and channel in Redis (${channel})
  --redis URL        REDIS_URL, or redis://localhost:6379
  --silence SECONDS  a vehicle that is silent for longer is removed (${silence})`);
    process.exit();
  }
  if (command.values.silence !== undefined && !(Number(command.values.silence) > 0))
    throw new Error(`--silence is "${command.values.silence}"; it must be a number of seconds above 0`);
  return command;
}
