import type { RedisCommander } from 'ioredis';
import { HashMeter, UNLIMITED } from '../source.js';

/**
 * Most fields of a hash that are read in one command. Redis serves nobody else meanwhile: some 10 ms for
 * this many GeoJSON features.
 */
const ONE_COMMAND_LIMIT = 20_000;

/** About how many fields one step of a longer read takes. */
const SCAN_COUNT = 1_000;

/**
 * All values of a hash, read so that Redis is never blocked for long. Where the hash is larger than one command
 * may read and changes meanwhile, every field that was there throughout is in the answer once, with a value that
 * it had during the read.
 *
 * @throws SourceError `snapshot_too_big`; before anything is read where the hash has too many values
 */
export async function readHashValues(
  client: RedisCommander,
  key: string,
  limits = UNLIMITED,
): Promise<string[]> {
  const size = await client.hlen(key);
  if (size === 0) return [];
  const meter = new HashMeter(limits);
  meter.expect(size);
  if (size > ONE_COMMAND_LIMIT) return scanHashValues(client, key, meter);
  const values = await client.hvals(key);
  meter.add(values);
  return values;
}

async function scanHashValues(client: RedisCommander, key: string, meter: HashMeter): Promise<string[]> {
  // By field, because HSCAN may return a field several times while Redis resizes the hash.
  const values = new Map<string, string>();
  let cursor = '0';
  do {
    const [next, entries] = await client.hscan(key, cursor, 'COUNT', SCAN_COUNT);
    const page: string[] = [];
    for (let i = 0; i + 1 < entries.length; i += 2) {
      const field = String(entries[i]);
      const value = String(entries[i + 1]);
      if (!values.has(field)) page.push(value);
      values.set(field, value);
    }
    meter.add(page);
    cursor = next;
  } while (cursor !== '0');
  return [...values.values()];
}
