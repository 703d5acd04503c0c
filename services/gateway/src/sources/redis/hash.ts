import type { RedisCommander } from 'ioredis';
import { type HashEntries, HashMeter, UNLIMITED } from '../source.js';
import { textOf } from './text.js';

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
  // By field, because HSCAN may return a field several times while Redis resizes the hash; by its bytes, because
  // names that are not UTF-8 would look alike.
  const entries = new Map<string, string>();
  let [cursor, count] = ['0', FIRST_COUNT];
  while (size > 0) {
    const [next, portion] = await client.hscanBuffer(key, cursor, 'COUNT', count);
    const added: string[] = [];
    let bytes = 0;
    for (const [field, value] of pairs(portion)) {
      const name = field.toString('latin1');
      const text = textOf(value);
      if (!entries.has(name)) added.push(text);
      entries.set(name, text);
      bytes += field.length + value.length;
    }
    meter.add(added);
    cursor = next.toString();
    if (cursor === '0') break;
    count = nextCount(count, bytes);
  }
  const fields = [...entries.keys()].map((name) => Buffer.from(name, 'latin1').toString());
  return { fields, values: [...entries.values()] };
}

function* pairs(portion: readonly Buffer[]): Generator<[field: Buffer, value: Buffer]> {
  for (let i = 0; i + 1 < portion.length; i += 2) {
    const [field, value] = [portion[i], portion[i + 1]];
    if (field !== undefined && value !== undefined) yield [field, value];
  }
}

/** How many fields to ask for, if `count` of them gave so many bytes. */
function nextCount(count: number, bytes: number): number {
  const fitting = Math.floor((count * PORTION_BYTES) / Math.max(bytes, 1));
  return Math.min(Math.max(fitting, 1), MAX_COUNT);
}
