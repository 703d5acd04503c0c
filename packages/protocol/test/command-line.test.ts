import { fc } from '@viaduct/testkit/properties';
import { describe, expect, it } from 'vitest';
import {
  CommandError,
  type CommandLine,
  encodeCommandLine,
  MAX_WORDS,
  namedArgs,
  parseCommandLine,
} from '../src/index.js';

/** Words that stress the syntax: white space of many kinds, equals signs, names from Object.prototype. */
const fragment = fc.oneof(
  fc.constantFrom(' ', '\t', '\n', '\u00a0', '\ufeff', '\u2028', '=', '==', '__proto__=1', 'constructor=x'),
  fc.constantFrom('GET', 'bbox', 'a=b', '_=', '-a=b', '9=9', 'ß', '\ud800', '1e400', 'client_ref='),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const anyLine = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(''));

const word = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => !/\s/u.test(text));
const name = fc.stringMatching(/^[A-Za-z_][\w-]{0,12}$/u);
const upperCaseWord = word.map((text) => text.toUpperCase()).filter((text) => text.toUpperCase() === text);
const command: fc.Arbitrary<CommandLine> = fc.record({
  name: upperCaseWord,
  positional: fc.array(
    word.filter((text) => !/^[A-Za-z_][\w-]*=/u.test(text)),
    { maxLength: 6 },
  ),
  named: fc
    .array(
      fc.tuple(
        fc.oneof(name, fc.constantFrom('__proto__', 'constructor', 'toString')),
        fc.oneof(word, fc.constant('')),
      ),
      {
        maxLength: 6,
      },
    )
    .map(namedArgs),
});

describe('parseCommandLine', () => {
  it('throws nothing but empty_command, and only if there is no word', () => {
    fc.assert(
      fc.property(fc.oneof(anyLine, fc.string({ unit: 'binary' })), (line) => {
        try {
          const parsed = parseCommandLine(line);
          expect(parsed.name).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(CommandError);
          expect((error as CommandError).code).toBe('empty_command');
          expect(line.trim()).toBe('');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['', ' ', '\n', '\t \r\n', '\u00a0'])('refuses %j as empty and says what to send', (line) => {
    expect(() => parseCommandLine(line)).toThrow(/empty frame: send a command, such as PING/);
  });

  it.each([
    ['words', 'BBOX', 'x'],
    ['named arguments', 'BBOX', 'a=b'],
    ['words before JSON', 'PUB', 'a=b'],
  ])(`reads ${MAX_WORDS} %s and refuses more`, (_kind, name, further) => {
    const line = (words: number): string => [name, ...Array(words - 1).fill(further)].join(' ');
    expect(parseCommandLine(` ${line(MAX_WORDS)} `).name).toBe(name);
    for (const words of [MAX_WORDS + 1, MAX_WORDS + 2, 50_000]) {
      expect(() => parseCommandLine(` ${line(words)} `)).toThrow(/more than 256 words/);
    }
  });

  it('counts JSON with spaces as one word', () => {
    const message = `[${Array(1000).fill('1').join(', ')}]`;
    expect(parseCommandLine(`PUB trains ${message}`).named).toEqual({ message });
  });

  it.each<[line: string, expected: CommandLine]>([
    ['PING', { name: 'PING', positional: [], named: {} }],
    ['ping', { name: 'PING', positional: [], named: {} }],
    ['  GET\ttrains \n 17 ', { name: 'GET', positional: ['trains', '17'], named: {} }],
    ['GET trains client_ref=a', { name: 'GET', positional: ['trains'], named: { client_ref: 'a' } }],
    ['GET client_ref=a trains', { name: 'GET', positional: ['trains'], named: { client_ref: 'a' } }],
    ['GET key=a=b', { name: 'GET', positional: [], named: { key: 'a=b' } }],
    ['GET key=', { name: 'GET', positional: [], named: { key: '' } }],
    ['GET a client_ref=1 client_ref=2', { name: 'GET', positional: ['a'], named: { client_ref: '2' } }],
    ['GET =a 1=2 -x=y a.b=c', { name: 'GET', positional: ['=a', '1=2', '-x=y', 'a.b=c'], named: {} }],
    ['a=b c', { name: 'A=B', positional: ['c'], named: {} }],
    ['BBOX -1 +2 .5 1e3', { name: 'BBOX', positional: ['-1', '+2', '.5', '1e3'], named: {} }],
  ])('reads %j', (line, expected) => {
    expect(parseCommandLine(line)).toEqual(expected);
  });

  it('keeps names of Object.prototype as plain data', () => {
    const { named } = parseCommandLine('GET a __proto__=1 constructor=2 hasOwnProperty=3');
    expect(Object.entries(named)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['hasOwnProperty', '3'],
    ]);
    expect(parseCommandLine('GET a').named.constructor).toBeUndefined();
    expect(parseCommandLine('GET a').named.toString).toBeUndefined();
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });
});

describe('encodeCommandLine', () => {
  it('and parseCommandLine agree on commands with JSON', () => {
    const word = fc.stringMatching(/^[a-z]{1,5}$/u);
    fc.assert(
      fc.property(word, fc.json(), fc.option(word), (channel, message, ref) => {
        const named = { ...(ref !== null && { client_ref: ref }), message: message.trim() };
        const line = encodeCommandLine({ name: 'PUB', positional: [channel], named });
        expect(parseCommandLine(line)).toEqual({ name: 'PUB', positional: [channel], named });
        const bare = parseCommandLine(`PUB ${channel} ${message}`);
        expect(bare).toEqual({ name: 'PUB', positional: [channel], named: { message: message.trim() } });
      }),
    );
  });

  it.each([
    [{ name: 'PUB', positional: ['a', '{}'], named: {} }, 'message of PUB needs its name'],
    [{ name: 'PUB', positional: ['a'], named: { message: ' 1' } }, 'white space'],
  ])('refuses %j', (bad, message) => {
    expect(() => encodeCommandLine(bad)).toThrow(message);
  });

  it('writes what parseCommandLine reads back', () => {
    fc.assert(
      fc.property(command, (original) => {
        expect(parseCommandLine(encodeCommandLine(original))).toEqual(original);
      }),
      { numRuns: 1000 },
    );
  });

  it('writes the name in upper case, positions before names', () => {
    expect(encodeCommandLine({ name: 'get', positional: ['a', 'b'], named: { client_ref: 'c' } })).toBe(
      'GET a b client_ref=c',
    );
  });

  it.each<[what: string, command: CommandLine, message: RegExp]>([
    ['an empty name', { name: '', positional: [], named: {} }, /"" is not one word/],
    ['a space in a word', { name: 'GET', positional: ['a b'], named: {} }, /"a b" is not one word/],
    ['an empty position', { name: 'GET', positional: [''], named: {} }, /"" is not one word/],
    ['a line break in a value', { name: 'GET', positional: [], named: { a: 'b\nc' } }, /is not one word/],
    ['a position like a name', { name: 'GET', positional: ['a=b'], named: {} }, /"a=b" would be read as a/],
    ['a name with an equals sign', { name: 'GET', positional: [], named: { 'a=b': 'c' } }, /"a=b" is not a/],
    ['an empty argument name', { name: 'GET', positional: [], named: { '': 'c' } }, /"" is not a name/],
    ['a name that starts with a digit', { name: 'GET', positional: [], named: { '1a': 'c' } }, /"1a" is not/],
  ])('refuses %s', (_what, bad, message) => {
    expect(() => encodeCommandLine(bad)).toThrow(RangeError);
    expect(() => encodeCommandLine(bad)).toThrow(message);
  });
});
