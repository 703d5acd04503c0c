import type { RedisCommander } from 'ioredis';
import { nextCount, PORTION_BYTES } from '../portion-size.js';
import { type HashEntries, HashMeter, UNLIMITED } from '../source.js';
import type { ReadPortion } from './portions.js';
import { textOf } from './text.js';

/** The number of fields in the first request if their size is unknown. */
const FIRST_COUNT = 10;

/** A field of geodata and its name have at least this many bytes, about. */
const MIN_FIELD_BYTES = 64;

/** The most fields in one request: it blocks Redis for about a millisecond. */
const MAX_COUNT = 1_000;

/**
 * Reads a whole hash in portions; between them, Redis and the connection serve other requests. If the hash changes
 * meanwhile, the answer has every field that exists throughout once, with a value that it has during the read.
 *
 * @throws SourceError `snapshot_too_big`; if a hash that was not small has too many values, before any of them is read
 */
export async function readHash(
  client: RedisCommander,
  readPortion: ReadPortion,
  key: string,
  limits = UNLIMITED,
): Promise<HashEntries> {
  // A hash that was small needs one answer for everything: it does not wait for each step on a busy gateway.
  const { likelyBytes = Number.POSITIVE_INFINITY } = limits;
  const wasSmall = likelyBytes <= PORTION_BYTES;
  let [cursor, count] = ['0', wasSmall ? likelyCount(likelyBytes) : FIRST_COUNT];
  const scan = (): Promise<[Buffer, Buffer[]]> => client.hscanBuffer(key, cursor, 'COUNT', count);
  const [size, early] = await Promise.all([client.hlen(key), wasSmall ? scan() : null]);
  const meter = new HashMeter(limits);
  meter.expect(size);
  const fields: string[] = [];
  const values: string[] = [];
  // The place of each field, because HSCAN may return a field several times while Redis resizes the hash. The key is
  // the field's bytes, because names that are not UTF-8 would look alike as text.
  const places = new Map<string, number>();
  let had = 0;
  // The first portion does not wait for its turn: it is small, and small hashes need only one.
  let answer = size === 0 ? null : (early ?? (await scan()));
  while (answer !== null) {
    const [next, portion] = answer;
    const added: string[] = [];
    let bytes = 0;
    for (const [field, value] of pairs(portion)) {
      const name = field.toString('latin1');
      const text = textOf(value);
      bytes += field.length + value.length;
      const place = places.get(name);
      if (place !== undefined) {
        values[place] = text;
        continue;
      }
      places.set(name, values.length);
      fields.push(field.toString());
      values.push(text);
      added.push(text);
    }
    meter.add(added);
    cursor = next.toString();
    had += bytes;
    count = nextCount(count, portion.length / 2, bytes, MAX_COUNT);
    answer = cursor === '0' ? null : await readPortion(scan, had);
  }
  return { fields, values };
}

/** Enough fields for all of a small hash, but few for one that was empty: it may have large fields by now. */
function likelyCount(bytes: number): number {
  return Math.min(Math.max(Math.ceil(bytes / MIN_FIELD_BYTES), FIRST_COUNT), MAX_COUNT);
}

function* pairs(portion: readonly Buffer[]): Generator<[field: Buffer, value: Buffer]> {
  for (let i = 0; i + 1 < portion.length; i += 2) {
    const [field, value] = [portion[i], portion[i + 1]];
    if (field !== undefined && value !== undefined) yield [field, value];
  }
}
