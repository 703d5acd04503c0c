import { fc } from '@viaduct/testkit/properties';
import { describe, expect, it } from 'vitest';
import { withSingleMembers } from '../src/single-members.js';

describe('a text without repeated members', () => {
  it.each([
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"a":{"b":1,"b":2},"c":[{"d":3,"d":4}],"a":{"b":5,"b":6}}', '{"c":[{"d":4}],"a":{"b":6}}'],
    ['{"a":1,"b":2,"a":3,"b":4,"a":5}', '{"b":4,"a":5}'],
    // The same name with an escape (RFC 8259, section 7).
    ['{"type":1,"t\\u0079pe":2}', '{"t\\u0079pe":2}'],
    ['{"\\\\":1,"\\"":2,"\\\\":3}', '{"\\"":2,"\\\\":3}'],
    ['{"__proto__":1,"constructor":2,"__proto__":3}', '{"constructor":2,"__proto__":3}'],
    // Braces, quotes and names within strings are not structure.
    ['{"a":"{\\"b\\":1,\\"b\\":2}","b":"]\\\\"}', '{"a":"{\\"b\\":1,\\"b\\":2}","b":"]\\\\"}'],
    // The rest is not written again: numbers keep their digits.
    [
      ' { "a" : 0 , "n" : 1565578836000000123 , "a" : 1.50 } ',
      ' { "n" : 1565578836000000123 , "a" : 1.50 } ',
    ],
    ['["a","a"]', '["a","a"]'],
    ['"a"', '"a"'],
  ])('%s is %s', (text, single) => {
    expect(withSingleMembers(text)).toBe(single);
    expect(JSON.parse(single)).toEqual(JSON.parse(text));
  });

  it('has the same value for readers that use the last member, and has each name once', () => {
    const name = fc.constantFrom('a', 'b', '"', '\\', '__proto__');
    const literal = fc.constantFrom('0', '-1.5e3', 'true', 'null', '"{\\"a\\":0}"', '""');
    const { text } = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { maxDepth: 4 },
        literal,
        fc.array(tie('text'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
        fc
          .array(fc.tuple(name, tie('text')), { maxLength: 5 })
          .map(
            (members) => `{${members.map(([key, value]) => `${JSON.stringify(key)} :${value}`).join(' , ')}}`,
          ),
      ),
    }));
    fc.assert(
      fc.property(text, (json) => {
        const single = withSingleMembers(json);
        const value = JSON.parse(json);
        expect(JSON.parse(single)).toEqual(value);
        // The text has as many names as the value: no repeated one is left.
        const names = single.replace(/"(?:[^"\\]|\\.)*"(\s*:)?/gu, (_, colon) =>
          colon === undefined ? '' : '@',
        );
        expect(names.split('@').length - 1).toBe(countNames(value));
      }),
    );
  });
});

function countNames(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + countNames(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum, item) => sum + 1 + countNames(item), 0);
}
