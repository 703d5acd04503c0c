import { fc } from '@viaduct/testkit/properties';
import { expect, test } from 'vitest';
import { createAllowlist } from '../../src/auth/allowlist.js';

const LINE_FEED = '\n';

test.each([
  { pattern: 'trains', allows: ['trains'], refuses: ['train', 'trains2', 'TRAINS', '', ' trains'] },
  { pattern: 'trains_*', allows: ['trains_', 'trains_zh', 'trains_a b'], refuses: ['trains', 'xtrains_zh'] },
  { pattern: '*', allows: ['', 'anything', `two${LINE_FEED}lines`, '\u{1F68B}'], refuses: [] },
  { pattern: '*_live', allows: ['_live', 'buses_live'], refuses: ['buses_live2', 'live'] },
  { pattern: 'a**b', allows: ['ab', 'axb', 'a*b'], refuses: ['a', 'b'] },
  { pattern: 'a*b*c', allows: ['abc', 'a1b2c', 'abbcc'], refuses: ['acb', 'ab', 'xabc'] },
  { pattern: 'a*b?c*d', allows: ['ab1cd', 'abbcbxc-d'], refuses: ['abcd', 'ab1c', 'xab1cd'] },
  { pattern: '*1*2*', allows: ['12', 'x1y2z'], refuses: ['21', '1'] },
  { pattern: 'line?', allows: ['line1', 'line?', 'line\u{1F68B}'], refuses: ['line', 'line12'] },
  { pattern: 'line[123]', allows: ['line1', 'line3'], refuses: ['line', 'line4', 'line[123]', 'line12'] },
  { pattern: 'line[0-9]', allows: ['line0', 'line9'], refuses: ['line-', 'linea'] },
  { pattern: 'line[a-f0-9_]x', allows: ['linecx', 'line7x', 'line_x'], refuses: ['linegx', 'line-x'] },
  { pattern: 'line[^0-9]', allows: ['linea', 'line^'], refuses: ['line0', 'line'] },
  { pattern: 'a[.]b', allows: ['a.b'], refuses: ['axb'] },
  { pattern: 'a[*]b', allows: ['a*b'], refuses: ['ab', 'axb'] },
  { pattern: 'a\\*b', allows: ['a*b'], refuses: ['axb', 'a\\*b', 'a\\xb'] },
  { pattern: 'a\\?b', allows: ['a?b'], refuses: ['axb'] },
  { pattern: 'a\\[b]', allows: ['a[b]'], refuses: ['ab', 'a\\b'] },
  { pattern: 'a\\\\b', allows: ['a\\b'], refuses: ['a\\\\b', 'ab'] },
  { pattern: 'a\\', allows: ['a\\'], refuses: ['a'] },
  { pattern: 'a[b', allows: ['a[b'], refuses: ['ab'] },
  { pattern: 'a]b*', allows: ['a]b', 'a]bc'], refuses: ['ab'] },
  { pattern: 'deep-sea.cables:v1/*', allows: ['deep-sea.cables:v1/x'], refuses: ['deep-seaxcables:v1/x'] },
])('the glob $pattern allows the names that it matches, and no others', ({ pattern, allows, refuses }) => {
  const allowed = createAllowlist([pattern]);
  for (const name of allows) expect([name, allowed(name)]).toEqual([name, true]);
  for (const name of refuses) expect([name, allowed(name)]).toEqual([name, false]);
});

test('the time for a name grows with its length alone, however many wildcards there are', () => {
  const allowed = createAllowlist([`${'*_'.repeat(20)}x`]);
  // A search that went back would try more ways than there are atoms.
  expect(allowed('_'.repeat(1024))).toBe(false);
  expect(allowed(`${'_'.repeat(1023)}x`)).toBe(true);
});

test('nothing is allowed by default', () => {
  const allowed = createAllowlist([]);
  fc.assert(fc.property(text, (name) => !allowed(name)));
});

test.each(['websocket', 'buffer', 'viaduct:replicas:x'])(
  '%s, whose messages would look like those of gateways, is never allowed',
  (name) => {
    for (const pattern of [name, '*', `${name.slice(0, 3)}*`]) {
      const allowed = createAllowlist([pattern]);
      expect([pattern, allowed(name)]).toEqual([pattern, false]);
    }
    expect(createAllowlist(['*'])(`${name}s`)).toBe(!name.startsWith('viaduct:'));
  },
);

test('a name is allowed if it matches any of the patterns', () => {
  const allowed = createAllowlist(['trains', 'buses_*', 'line[12]']);
  expect(['trains', 'buses_1', 'line2', 'ferries', 'line3'].map(allowed)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

/** Any text, with many characters that have a meaning in regular expressions. */
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii' }));

/** Any text without characters that have a meaning in a glob. */
const plain = text.map((any) => any.replace(/[*?[\]\\]/gu, '.'));

test('a pattern without wildcards allows only itself, whatever characters it has', () => {
  fc.assert(
    fc.property(plain, plain, (name, other) => {
      const allowed = createAllowlist([name]);
      expect(allowed(name)).toBe(true);
      expect(allowed(other)).toBe(name === other);
    }),
  );
});

test('text around wildcards is literal, whatever characters it has', () => {
  fc.assert(
    fc.property(plain, plain, text, (start, end, middle) => {
      const allowed = createAllowlist([`${start}*${end}`]);
      expect(allowed(start + middle + end)).toBe(true);
      expect(allowed(`${start}${middle}${end}!`)).toBe(`${middle}${end}!`.endsWith(end));
      expect(allowed(`!${start}${middle}${end}`)).toBe(`!${start}${middle}`.startsWith(start));
    }),
  );
});

test('a backslash before every character makes a name literal', () => {
  fc.assert(
    fc.property(text, text, (name, other) => {
      const allowed = createAllowlist([Array.from(name, (character) => `\\${character}`).join('')]);
      expect(allowed(name)).toBe(true);
      expect(allowed(other)).toBe(name === other);
    }),
  );
});

test('every pattern is either understood or refused with a reason', () => {
  const letters = fc.string({
    unit: fc.constantFrom('[', ']', '^', '-', '\\', '*', '?', 'a', 'z', '&', '\u{1F68B}'),
  });
  fc.assert(
    fc.property(letters, letters, (pattern, name) => {
      try {
        expect(typeof createAllowlist([pattern])(name)).toBe('boolean');
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        expect((error as RangeError).message).toContain(
          `the glob ${pattern} has a range that runs backwards`,
        );
      }
    }),
    { numRuns: 1000 },
  );
});

test('a reversed range is refused with the right one', () => {
  expect(() => createAllowlist(['line[z-a]'])).toThrow(/line\[z-a\].*a-z/u);
});
