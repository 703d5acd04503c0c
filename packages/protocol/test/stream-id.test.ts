import { fc } from '@viaduct/testkit/properties';
import { describe, expect, it } from 'vitest';
import { CommandError, compareStreamIds, parseStreamId } from '../src/index.js';

const part = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const id = fc.tuple(part, part);

describe('the id of an entry', () => {
  it.each([
    ['1753100000000-0', '1753100000000-0'],
    ['1753100000000', '1753100000000-0'],
    ['0', '0-0'],
    ['007-01', '7-1'],
    ['18446744073709551615-18446744073709551615', '18446744073709551615-18446744073709551615'],
  ])('%s is read as %s', (text, expected) => {
    expect(parseStreamId(text, 'since')).toBe(expected);
  });

  it.each([
    '',
    '-',
    '1-',
    '-1',
    '1-2-3',
    '$',
    '1.5',
    '1e3',
    ' 1',
    '18446744073709551616',
    '1-18446744073709551616',
  ])('%j is refused, and the error says what is valid', (text) => {
    const read = () => parseStreamId(text, 'since');
    expect(read).toThrow(CommandError);
    expect(read).toThrow(/since .*1753100000000-0/u);
  });

  it('is ordered by its numbers', () => {
    const sign = (difference: bigint): number => (difference < 0n ? -1 : Number(difference > 0n));
    fc.assert(
      fc.property(id, id, (a, b) => {
        const expected = sign(a[0] - b[0]) || sign(a[1] - b[1]);
        expect(Math.sign(compareStreamIds(a.join('-'), b.join('-')))).toBe(expected);
      }),
    );
  });
});
