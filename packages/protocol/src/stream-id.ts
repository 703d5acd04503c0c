import { CommandError } from './errors.js';
import { quote } from './text.js';

/** Milliseconds and a sequence number, which is 0 by default: both unsigned 64-bit numbers. */
const STREAM_ID = /^(\d{1,20})(?:-(\d{1,20}))?$/u;

const LARGEST_PART = 2n ** 64n - 1n;

/**
 * Parses the id of an entry of a Redis Stream, such as `1753100000000-0`, and returns it as Redis writes it.
 *
 * @param name of the argument, for the error
 * @throws CommandError `invalid_argument`
 */
export function parseStreamId(text: string, name: string): string {
  const match = STREAM_ID.exec(text);
  const parts = [BigInt(match?.[1] ?? 0), BigInt(match?.[2] ?? 0)];
  if (match !== null && parts.every((part) => part <= LARGEST_PART)) return parts.join('-');
  throw new CommandError(
    'invalid_argument',
    `${name} is ${quote(text)}; it must be the id of an entry, such as 1753100000000-0`,
  );
}

/** Compares two ids as Redis writes them by age: negative if `a` is older, 0 if they are the same. */
export function compareStreamIds(a: string, b: string): number {
  const [aMs = '', aSequence = ''] = a.split('-');
  const [bMs = '', bSequence = ''] = b.split('-');
  return compareNumerals(aMs, bMs) || compareNumerals(aSequence, bSequence);
}

/** Compares whole numbers of any length without leading zeros. */
function compareNumerals(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}
