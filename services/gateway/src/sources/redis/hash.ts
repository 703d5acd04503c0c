import type { RedisCommander } from 'ioredis';
import { type HashEntries, HashMeter, UNLIMITED } from '../source.js';

/** Fields that are asked for first, before it is known how large they are. */
const FIRST_COUNT = 20;

/** Most fields that are asked for at once: Redis serves nobody else meanwhile, for about a millisecond. */
const MAX_COUNT = 2_000;

/** Size that a portion should have: whoever asks for little waits behind at most one of them. */
const PORTION_BYTES = 256 * 1024;

/**
 * A whole hash, read in portions between which Redis and the connection serve others. If the hash changes meanwhile,
 * every field that is there throughout is in the answer once, with a value that it has during the read.
 *
 * @throws SourceError `snapshot_too_big`; before anything is read if the hash has too many values
 */
export async function readHash(
  client: RedisCommander,
  key: string,
  limits = UNLIMITED,
): Promise<HashEntries> {
  const size = await client.hlen(key);
  const meter = new HashMeter(limits);
  meter.expect(size);
  // By field, because HSCAN may return a field several times while Redis resizes the hash.
  const entries = new Map<string, string>();
  let [cursor, count] = ['0', FIRST_COUNT];
  while (size > 0) {
    const [next, portion] = await client.hscan(key, cursor, 'COUNT', count);
    const added: string[] = [];
    let length = 0;
    for (let i = 0; i + 1 < portion.length; i += 2) {
      const field = String(portion[i]);
      const value = String(portion[i + 1]);
      if (!entries.has(field)) added.push(value);
      entries.set(field, value);
      length += field.length + value.length;
    }
    meter.add(added);
    if (next === '0') break;
    cursor = next;
    count = nextCount(count, length);
  }
  return { fields: [...entries.keys()], values: [...entries.values()] };
}

/** How many fields to ask for, if `count` of them gave so many characters. */
function nextCount(count: number, length: number): number {
  const fitting = Math.floor((count * PORTION_BYTES) / Math.max(length, 1));
  return Math.min(Math.max(fitting, 1), MAX_COUNT);
}
