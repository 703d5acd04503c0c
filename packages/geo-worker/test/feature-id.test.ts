import { expect, test } from 'vitest';
import { GeoMessage } from '../src/index.js';

function idOf(id: string): unknown {
  return GeoMessage.parse(
    `{"type":"Feature","id":${id},"geometry":null,"properties":{"number":${id}}}`,
  ).featureId('');
}

test.each([
  ['"17"', '17'],
  ['17', 17],
  ['1.5', 1.5],
  ['9007199254740993', 9007199254740993n],
  [`-1${'0'.repeat(308)}`, -(10n ** 308n)],
  ['1e20', 1e20],
])('the number or text %s is an id, with all digits', (written, id) => {
  expect(idOf(written)).toBe(id);
});

// The largest double is about 1.8e308 (IEEE 754).
test.each(['true', 'null', '[17]', '{}', '1e400', '2e308', `2${'0'.repeat(308)}`, '1'.repeat(60_000)])(
  'what is neither a text nor a number that a double can hold is not an id (case %#)',
  (written) => {
    expect(idOf(written)).toBe(null);
  },
);
