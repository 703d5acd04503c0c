import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  CLIENT_REF,
  type ClientToServerEvents,
  CommandError,
  type CommandSpec,
  defineSpec,
  parseCommandLine,
} from '../src/index.js';

const text = { type: 'text', doc: 'a word' } as const;

const SPEC = defineSpec({
  name: 'track',
  summary: 'Follows a ship.',
  arguments: {
    ship: { ...text, required: true, aliases: ['vessel'] },
    span: {
      type: 'group',
      members: { from: { type: 'integer', min: 0, max: 9, doc: '' }, to_end: { type: 'number', doc: '' } },
    },
    client_ref: CLIENT_REF,
    line_style: { type: 'choice', choices: ['solid', 'dotted'], default: 'solid', named: true, doc: '' },
    fresh: { type: 'boolean', named: true, doc: '' },
  },
});

/** Reads a line as TRACK. */
function parse(line: string) {
  return SPEC.parse(parseCommandLine(line));
}

describe('a specification', () => {
  it('gives the usage line', () => {
    expect(SPEC.name).toBe('TRACK');
    expect(SPEC.usage).toBe('TRACK ship [from to_end [client_ref]] [line_style=solid|dotted] [fresh=true]');
  });

  it('gives the types of the arguments', () => {
    expectTypeOf(SPEC.parse).returns.toEqualTypeOf<{
      readonly ship: string;
      readonly span: { readonly from: number; readonly toEnd: number } | null;
      readonly clientRef: string | null;
      readonly lineStyle: 'solid' | 'dotted';
      readonly fresh: boolean | null;
    }>();
  });

  it('gives the parser: absent values are null, names of two words are in camel case', () => {
    const absent = { span: null, clientRef: null, lineStyle: 'solid', fresh: null };
    expect(parse('TRACK a')).toEqual({ ...absent, ship: 'a' });
    expect(parse('TRACK vessel=a line_style=dotted fresh=1')).toEqual({
      ...absent,
      ship: 'a',
      lineStyle: 'dotted',
      fresh: true,
    });
    expect(parse('TRACK a 3 4.5 r lineStyle=dotted')).toEqual({
      ship: 'a',
      span: { from: 3, toEnd: 4.5 },
      clientRef: 'r',
      lineStyle: 'dotted',
      fresh: null,
    });
  });

  it.each([
    ['TRACK', 'missing_argument', 'ship is missing; usage: TRACK ship'],
    ['TRACK a 3', 'missing_argument', 'to_end is missing'],
    ['TRACK a toEnd=3', 'missing_argument', 'from is missing'],
    ['TRACK a 10 3', 'invalid_argument', 'from is "10"; it must be a whole number from 0 to 9'],
    ['TRACK a line_style=bold', 'invalid_argument', 'line_style is "bold"; it must be solid or dotted'],
    ['TRACK a line_style=solid lineStyle=solid', 'invalid_argument', 'line_style is given twice'],
    ['TRACK a 1 2 r s', 'too_many_arguments', '5 arguments given, at most 4 accepted'],
    ['TRACK a colour=red', 'unknown_argument', 'there is no argument "colour"'],
  ])('refuses %s', (line, code, message) => {
    expect(() => parse(line)).toThrow(CommandError);
    expect(() => parse(line)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it('accepts client_ref by name even if it does not list it', () => {
    const bare = defineSpec({ name: 'BARE', summary: '', arguments: {} });
    expect(bare.usage).toBe('BARE [client_ref=ref]');
    expect(bare.parse(parseCommandLine('BARE clientRef=r'))).toEqual({ clientRef: 'r' });
    expect(() => bare.parse(parseCommandLine('BARE r'))).toThrow('1 arguments given, at most 0 accepted');
  });

  it('of a custom command makes JSON the rest of the line', () => {
    const note = defineSpec({
      name: 'NOTE',
      summary: '',
      arguments: { key: { ...text, required: true }, body: { type: 'json', required: true, doc: '' } },
    });
    expect(note.usage).toBe('NOTE key [client_ref=ref] body');
    const line = parseCommandLine('NOTE a client_ref=r {"b": "c  d"}', (name) =>
      name === 'NOTE' ? note : undefined,
    );
    expect(note.parse(line)).toEqual({ key: 'a', body: '{"b": "c  d"}', clientRef: 'r' });
  });

  it('may refine what it read', () => {
    const pair = defineSpec({
      name: 'PAIR',
      summary: '',
      arguments: {
        a: { type: 'number', required: true, doc: '' },
        b: { type: 'number', required: true, doc: '' },
      },
      refine({ a, b }, usage) {
        if (a > b) throw new CommandError('invalid_argument', `a is above b; usage: ${usage}`);
        return { sum: a + b };
      },
    });
    expectTypeOf(pair.parse).returns.toEqualTypeOf<{ sum: number }>();
    expect(pair.parse(parseCommandLine('PAIR 1 2'))).toEqual({ sum: 3 });
    expect(() => pair.parse(parseCommandLine('PAIR 2 1'))).toThrow('a is above b; usage: PAIR a b');
  });

  it.each<[what: string, spec: CommandSpec, message: string]>([
    ['a bad name', { name: 'A B', summary: '', arguments: {} }, "cannot be a command's name"],
    [
      'a bad argument',
      { name: 'A', summary: '', arguments: { 'a b': text } },
      "cannot be an argument's name",
    ],
    [
      'a required argument behind an optional one',
      { name: 'A', summary: '', arguments: { a: text, b: { ...text, required: true } } },
      'b is required, but a before it is not',
    ],
    [
      'two arguments of one name',
      { name: 'A', summary: '', arguments: { a: text, b: { ...text, aliases: ['a'] } } },
      'two arguments are called "a"',
    ],
  ])('with %s is refused', (_what, spec, message) => {
    expect(() => defineSpec(spec)).toThrow(RangeError);
    expect(() => defineSpec(spec)).toThrow(message);
  });
});

describe('the types of socket.io events', () => {
  type Options<Event extends keyof ClientToServerEvents> = Parameters<ClientToServerEvents[Event]>[0];

  it('follow from the specifications', () => {
    expectTypeOf<Options<'get'>>().toEqualTypeOf<{ key: string; field?: string; client_ref?: string }>();
    expectTypeOf<Options<'projection'>>().toEqualTypeOf<{
      projection: string;
      axis_order?: 'xy' | 'crs';
      precision?: number;
      client_ref?: string;
    }>();
    expectTypeOf<{ left: 1; bottom: 2; right: 3; top: 4; zoom: 9; trim: true }>().toExtend<Options<'bbox'>>();
    expectTypeOf<{ trim: true }>().toExtend<Options<'bbox'>>();
    // @ts-expect-error a box needs all four sides
    const box: Options<'bbox'> = { left: 1, bottom: 2, right: 3 };
    // @ts-expect-error these are not the names of the sides
    const named: Options<'bbox'> = { west: 1, south: 2, east: 3, north: 4 };
    expect([box, named]).toHaveLength(2);
  });
});
