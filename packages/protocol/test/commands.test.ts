import { fc } from '@viaduct/testkit/properties';
import { describe, expect, it } from 'vitest';
import {
  COMMANDS,
  CommandError,
  type CommandName,
  type ErrorCode,
  MAX_ARGUMENT_LENGTH,
  MAX_HINTS,
  namedArgs,
  namedClientRef,
  parseCommandLine,
  type Slot,
} from '../src/index.js';

const names = Object.keys(COMMANDS) as CommandName[];

/** Parses a line as the command that it names. */
function parse(line: string): unknown {
  const { name, ...args } = parseCommandLine(line);
  return COMMANDS[name as CommandName].parse(args);
}

/** The error with which a line is refused. */
function refusal(line: string): CommandError {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
  throw new Error(`${line} was not refused`);
}

/** A value that an argument takes. */
function sampleOf({ spec }: Slot): string {
  if (spec.type === 'choice') return spec.choices[0] ?? '';
  if (spec.type === 'integer') return String(spec.min);
  return { text: 'a', number: '1', boolean: 'true', stream_id: '1-0', json: '1' }[spec.type];
}

const argument = fc.oneof(
  fc.constantFrom('', '0', '-0', '1e1', '1e400', 'nan', '0x10', '1_0', 'true', 'epsg:3857', '__proto__'),
  fc.double().map(String),
  fc.string({ unit: 'binary' }),
);
const argumentName = fc.oneof(
  fc.constantFrom('key', 'field', 'ref', 'client_ref', 'clientRef', 'channel', 'channel_name', 'projection'),
  fc.constantFrom('left', 'bottom', 'right', 'top', 'trim', 'size', 'ms', 'axis_order', 'precision', 'mots'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'),
  fc.string(),
);
const anyArgs = fc.record({
  positional: fc.array(argument, { maxLength: 8 }),
  named: fc.array(fc.tuple(argumentName, argument), { maxLength: 6 }).map(namedArgs),
});

describe.each(names)('%s', (name) => {
  it('throws nothing but CommandError, whatever the arguments', () => {
    const { parse: detached } = COMMANDS[name];
    fc.assert(
      fc.property(anyArgs, (args) => {
        try {
          detached(args);
        } catch (error) {
          expect(error).toBeInstanceOf(CommandError);
          expect((error as CommandError).message.length).toBeLessThan(300);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is written as its usage says', () => {
    const { usage, summary, name: own } = COMMANDS[name];
    expect(own).toBe(name);
    expect(usage.split(' ')[0]).toBe(name);
    expect(summary).toMatch(/^[A-Z].*\.$/);
  });

  it('does not mistake a name of Object.prototype for an argument', () => {
    for (const argument of ['__proto__=1', 'constructor=1', 'toString=1', 'hasOwnProperty=1']) {
      if (name === 'BBOX') {
        const hints = COMMANDS.BBOX.parse(parseCommandLine(`BBOX 0 0 1 1 ${argument}`)).namedHints;
        expect(Object.entries(hints)).toEqual([argument.split('=')]);
      } else if (name === 'PING') {
        expect(parse(`PING ${argument}`)).toEqual({ clientRef: null });
      } else {
        expect(refusal(`${name} ${argument}`)).toMatchObject({ code: 'unknown_argument' });
      }
    }
  });

  it('refuses a reference that is too long to be repeated in every answer', () => {
    // The order of the slots keeps JSON, which is the rest of a line, at the end.
    const needed = COMMANDS[name].slots
      .filter(({ spec }) => spec.required === true)
      .map((slot) => `${slot.name}=${sampleOf(slot)}`)
      .join(' ');
    const line = (length: number) => `${name} client_ref=${'x'.repeat(length)} ${needed}`;
    expect(parse(line(MAX_ARGUMENT_LENGTH))).toMatchObject({ clientRef: 'x'.repeat(MAX_ARGUMENT_LENGTH) });
    const error = refusal(line(MAX_ARGUMENT_LENGTH + 1));
    expect(error.code).toBe('invalid_argument');
    expect(error.message).toBe('client_ref is 1025 characters long; it may have at most 1024');
  });
});

describe('the forms of each command', () => {
  it.each<[line: string, expected: object]>([
    ['GET trains', { key: 'trains', field: null, clientRef: null }],
    ['GET trains 17', { key: 'trains', field: '17', clientRef: null }],
    ['GET trains 17 r1', { key: 'trains', field: '17', clientRef: 'r1' }],
    ['GET trains client_ref=r1', { key: 'trains', field: null, clientRef: 'r1' }],
    ['GET trains clientRef=r1', { key: 'trains', field: null, clientRef: 'r1' }],
    ['GET key=trains field=17', { key: 'trains', field: '17', clientRef: null }],
    ['GET channel_name=trains ref=17', { key: 'trains', field: '17', clientRef: null }],
    ['GET field=17 trains', { key: 'trains', field: '17', clientRef: null }],
    ['GET trains field=', { key: 'trains', field: '', clientRef: null }],
    ['PGET trains', { key: 'trains', field: null, projection: null, clientRef: null }],
    ['PGET trains 17 r1', { key: 'trains', field: '17', projection: null, clientRef: 'r1' }],
    ['PGET trains 17 r1 epsg:3857', { key: 'trains', field: '17', clientRef: 'r1', projection: 'epsg:3857' }],
    ['PGET trains projection=epsg:3857', { key: 'trains', projection: 'epsg:3857' }],
    ['SUB trains', { channel: 'trains', clientRef: null }],
    ['SUB trains r1', { channel: 'trains', clientRef: 'r1' }],
    ['SUB channel=trains client_ref=r1', { channel: 'trains', clientRef: 'r1' }],
    ['SUB channel_name=trains', { channel: 'trains', clientRef: null }],
    ['DEL trains', { channel: 'trains', clientRef: null }],
    ['DEL clientRef=r1 trains', { channel: 'trains', clientRef: 'r1' }],
    ['PING', { clientRef: null }],
    ['PING r1', { clientRef: 'r1' }],
    ['PING client_ref=r1', { clientRef: 'r1' }],
    ['PING r1 and any=other words', { clientRef: 'r1' }],
    ['RESET', { clientRef: null }],
    ['RESET clientRef=r1', { clientRef: 'r1' }],
    ['PUB trains {"a": [1,  2]} ', { channel: 'trains', message: '{"a": [1,  2]}', clientRef: null }],
    ['pub  trains client_ref=r1 "x=y  z"', { channel: 'trains', message: '"x=y  z"', clientRef: 'r1' }],
    ['PUB channel=a=b message=1', { channel: 'a=b', message: '1', clientRef: null }],
    [
      'PUB trains message={"a": 1} client_ref=r1',
      { channel: 'trains', message: '{"a": 1} client_ref=r1', clientRef: null },
    ],
    ['TOKEN a.b.c', { token: 'a.b.c', clientRef: null }],
    ['TOKEN a.b=.c= r1', { token: 'a.b=.c=', clientRef: 'r1' }],
    ['PROJECTION epsg:3857', { projection: 'epsg:3857', axisOrder: 'xy', precision: null, clientRef: null }],
    ['PROJECTION projection=epsg:2056 axis_order=crs', { projection: 'epsg:2056', axisOrder: 'crs' }],
    ['PROJECTION epsg:2056 r1 axisOrder=xy precision=0.01', { precision: 0.01, clientRef: 'r1' }],
    ['PROJECTION epsg:2056 precision=1e-9', { precision: 1e-9 }],
    ['BUFFER 100 250', { list: { size: 100, ms: 250 }, clientRef: null }],
    ['BUFFER size=100 ms=250 client_ref=r1', { list: { size: 100, ms: 250 }, clientRef: 'r1' }],
    ['BUFFER 100 250 r1', { list: { size: 100, ms: 250 }, clientRef: 'r1' }],
    ['BUFFER 10000 60000', { list: { size: 10_000, ms: 60_000 } }],
    ['BUFFER 1e2 0.5e1', { list: { size: 100, ms: 5 } }],
    ['BUFFER 0 0', { list: { size: 0, ms: 0 } }],
    ['BUFFER', { list: null, clientRef: null }],
    ['BUFFER client_ref=r1', { list: null, clientRef: 'r1' }],
  ])('%s', (line, expected) => {
    expect(parse(line)).toMatchObject(expected);
  });
});

describe('BBOX', () => {
  const box = { minX: -1, minY: 2, maxX: 3.5, maxY: 4 };
  const none = { trim: false, hints: [], namedHints: {}, clientRef: null };

  it.each<[line: string, expected: object]>([
    ['BBOX -1 2 3.5 4', { ...none, bbox: box }],
    ['BBOX left=-1 bottom=2 right=3.5 top=4', { ...none, bbox: box }],
    ['BBOX -1 2 right=3.5 top=4', { ...none, bbox: box }],
    ['BBOX -1 +2 35e-1 4.', { ...none, bbox: box }],
    ['BBOX -1 2 3.5 4 11', { ...none, bbox: box, hints: ['11'] }],
    [
      'BBOX -1 2 3.5 4 11 mots=rail gen_level=5',
      { ...none, bbox: box, hints: ['11'], namedHints: { mots: 'rail', gen_level: '5' } },
    ],
    ['BBOX -1 2 3.5 4 trim=true', { ...none, bbox: box, trim: true }],
    ['BBOX -1 2 3.5 4 trim=0', { ...none, bbox: box }],
    ['BBOX -1 2 3.5 4 client_ref=r1', { ...none, bbox: box, clientRef: 'r1' }],
    ['BBOX -1 2 3.5 4 clientRef=r1', { ...none, bbox: box, clientRef: 'r1' }],
    ['BBOX 170 -10 -170 10', { ...none, bbox: { minX: 170, minY: -10, maxX: -170, maxY: 10 } }],
    ['BBOX 5 5 5 5', { ...none, bbox: { minX: 5, minY: 5, maxX: 5, maxY: 5 } }],
    ['BBOX', { ...none, bbox: null }],
    ['BBOX client_ref=r1', { ...none, bbox: null, clientRef: 'r1' }],
    ['BBOX trim=true', { ...none, bbox: null, trim: true }],
    ['BBOX -1 2 3.5 4 trim', { ...none, bbox: box, hints: ['trim'] }],
    ['BBOX -1 2 3.5 4 minX=7', { ...none, bbox: box, namedHints: { minX: '7' } }],
  ])('%s', (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });

  it('accepts any four finite numbers as JavaScript writes them', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(number, number, number, number, (left, y1, right, y2) => {
        const [bottom, top] = y1 <= y2 ? [y1, y2] : [y2, y1];
        const written = [left, bottom, right, top].map(String);
        const expected = { minX: left + 0, minY: bottom + 0, maxX: right + 0, maxY: top + 0 };
        const { bbox } = COMMANDS.BBOX.parse({ positional: written, named: {} });
        expect(bbox && Object.fromEntries(Object.entries(bbox).map(([k, v]) => [k, v + 0]))).toEqual(
          expected,
        );
      }),
    );
  });

  it(`keeps ${MAX_HINTS} hints and refuses more`, () => {
    const hints = Array.from({ length: MAX_HINTS }, (_, i) => (i % 2 === 0 ? `h${i}` : `n${i}=v`)).join(' ');
    const parsed = COMMANDS.BBOX.parse(parseCommandLine(`BBOX 0 0 1 1 ${hints}`));
    expect(parsed.hints.length + Object.keys(parsed.namedHints).length).toBe(MAX_HINTS);
    expect(refusal(`BBOX 0 0 1 1 ${hints} one`).code).toBe('too_many_arguments');
    expect(refusal(`BBOX 0 0 1 1 ${hints} one=more`).message).toMatch(/^33 hints given, at most 32 accepted/);
  });
});

describe('refusals say what is wrong and what is valid', () => {
  it.each<[line: string, code: ErrorCode, message: string]>([
    ['GET', 'missing_argument', 'key is missing; usage: GET key [field [client_ref]]'],
    ['GET client_ref=r', 'missing_argument', 'key is missing; usage: GET key'],
    ['GET a b c d', 'too_many_arguments', '4 arguments given, at most 3 accepted; usage: GET key'],
    ['GET a colour=red', 'unknown_argument', 'there is no argument "colour"; usage: GET key'],
    ['GET a key=b', 'invalid_argument', 'key is given twice; usage: GET key'],
    ['GET a key=a', 'invalid_argument', 'key is given twice'],
    ['GET key=a channel_name=b', 'invalid_argument', 'key is given twice'],
    ['GET a b r1 client_ref=r2', 'invalid_argument', 'client_ref is given twice'],
    ['PGET', 'missing_argument', 'key is missing; usage: PGET key'],
    [
      'PGET a b c epsg:3857 d',
      'too_many_arguments',
      '5 arguments given, at most 4 accepted; usage: PGET key',
    ],
    ['SUB channel=a r1', 'invalid_argument', 'channel is given twice; usage: SUB channel [client_ref]'],
    ['SUB', 'missing_argument', 'channel is missing; usage: SUB channel [client_ref]'],
    ['SUB a b c', 'too_many_arguments', '3 arguments given, at most 2 accepted; usage: SUB channel'],
    ['DEL', 'missing_argument', 'channel is missing; usage: DEL channel [client_ref]'],
    ['DEL a key=b', 'unknown_argument', 'there is no argument "key"; usage: DEL channel'],
    ['PING a client_ref=b', 'invalid_argument', 'client_ref is given twice; usage: PING [client_ref]'],
    ['PUB', 'missing_argument', 'channel is missing; usage: PUB channel [client_ref=ref] json'],
    ['PUB trains', 'missing_argument', 'message is missing'],
    ['PUB trains colour=red 1', 'unknown_argument', 'there is no argument "colour"'],
    ['TOKEN client_ref=a', 'missing_argument', 'token is missing; usage: TOKEN jwt [client_ref]'],
    [`TOKEN ${'x'.repeat(8193)}`, 'invalid_argument', 'token is 8193 characters long'],
    ['RESET a b', 'too_many_arguments', 'usage: RESET [client_ref]'],
    ['PROJECTION', 'missing_argument', 'projection is missing; usage: PROJECTION epsg:n'],
    ['PROJECTION a b c', 'too_many_arguments', 'at most 2 accepted; usage: PROJECTION epsg:n'],
    ['PROJECTION a axis_order=yx', 'invalid_argument', 'axis_order is "yx"; it must be xy or crs'],
    ['PROJECTION a precision=fine', 'invalid_argument', 'precision is "fine"; it must be a plain decimal'],
    ['PROJECTION a precision=0', 'invalid_argument', 'precision is 0; it must be above zero'],
    ['PROJECTION a precision=-1', 'invalid_argument', 'precision is -1; it must be above zero'],
    ['BUFFER 1', 'missing_argument', 'ms is missing; usage: BUFFER [size ms [client_ref]]'],
    ['BUFFER ms=1', 'missing_argument', 'size is missing; usage: BUFFER'],
    ['BUFFER 1.5 10', 'invalid_argument', 'size is "1.5"; it must be a whole number from 0 to 10000'],
    ['BUFFER -1 10', 'invalid_argument', 'size is "-1"; it must be a whole number from 0 to 10000'],
    ['BUFFER 10001 10', 'invalid_argument', 'size is "10001"; it must be a whole number from 0 to 10000'],
    ['BUFFER 1 60001', 'invalid_argument', 'ms is "60001"; it must be a whole number from 0 to 60000'],
    ['BUFFER ten 10', 'invalid_argument', 'size is "ten"; it must be a plain decimal number'],
    ['BBOX 1', 'missing_argument', 'bottom is missing; usage: BBOX [left bottom right top'],
    ['BBOX 10 10 20', 'missing_argument', 'top is missing; usage: BBOX [left bottom right top'],
    ['BBOX left=1 top=2', 'missing_argument', 'bottom is missing'],
    ['BBOX minX=7 minY=46 maxX=8 maxY=47', 'missing_argument', 'left is missing; usage: BBOX [left'],
    ['BBOX zoom=9', 'missing_argument', 'left is missing; usage: BBOX [left'],
    ['BBOX left=NaN bottom=NaN right=NaN top=NaN', 'invalid_argument', 'left is "NaN"'],
    ['BBOX 0 0 1 1 left=2', 'invalid_argument', 'left is given twice'],
    ['BBOX 10,10,20,20', 'invalid_argument', 'left is "10,10,20,20"; it must be a plain decimal number'],
    ['BBOX a b c d', 'invalid_argument', 'left is "a"; it must be a plain decimal number'],
    ['BBOX nan 10 20 20', 'invalid_argument', 'left is "nan"'],
    ['BBOX 10 10 Infinity 20', 'invalid_argument', 'right is "Infinity"'],
    ['BBOX -inf -inf inf inf', 'invalid_argument', 'left is "-inf"'],
    ['BBOX 0x0A 10 20 20', 'invalid_argument', 'left is "0x0A"'],
    ['BBOX 1_0 10 20 20', 'invalid_argument', 'left is "1_0"'],
    ['BBOX 1e400 0 1 1', 'invalid_argument', 'left is "1e400"; it must be a plain decimal number'],
    ['BBOX . 0 1 1', 'invalid_argument', 'left is "."'],
    ['BBOX 1e 0 1 1', 'invalid_argument', 'left is "1e"'],
    ['BBOX 10 20 20 10', 'invalid_argument', 'bottom 20 is above top 10; usage: BBOX'],
    ['BBOX 0 0 1 1 trim=maybe', 'invalid_argument', 'trim is "maybe"; it must be true or false'],
  ])('%s', (line, code, message) => {
    const error = refusal(line);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it.each(['GET', 'SUB', 'PROJECTION'])('%s refuses a name that is too long', (name) => {
    const error = refusal(`${name} ${'x'.repeat(MAX_ARGUMENT_LENGTH + 1)}`);
    expect(error.code).toBe('invalid_argument');
    expect(error.message).toMatch(/is 1025 characters long; it may have at most 1024$/);
  });

  it('repeats only the beginning of an invalid value', () => {
    expect(refusal(`BBOX ${'x'.repeat(1e5)} 0 1 1`).message).toBe(
      `left is "${'x'.repeat(40)}…"; it must be a plain decimal number`,
    );
    expect(refusal(`GET a ${'n'.repeat(1e5)}=1`).message.length).toBeLessThan(120);
    expect(refusal(`BBOX 0 0 1 1 ${'h'.repeat(1e5)}`).code).toBe('invalid_argument');
    expect(refusal(`BBOX 0 0 1 1 ${'h'.repeat(1e5)}=1`).message.length).toBeLessThan(120);
  });
});

describe('namedClientRef', () => {
  it.each<[line: string, expected: string | null]>([
    ['BBOX 1 client_ref=r1', 'r1'],
    ['BBOX 1 clientRef=r1', 'r1'],
    ['FROBNICATE client_ref=', ''],
    ['GET a b r1', null],
    ['PING', null],
    ['PING constructor=r1', null],
    [`PING client_ref=${'x'.repeat(MAX_ARGUMENT_LENGTH)}`, 'x'.repeat(MAX_ARGUMENT_LENGTH)],
    [`PING client_ref=${'x'.repeat(MAX_ARGUMENT_LENGTH + 1)}`, null],
  ])('%s', (line, expected) => {
    expect(namedClientRef(parseCommandLine(line))).toBe(expected);
  });
});

describe('numbers', () => {
  // A pattern that can match one digit in two ways would take hours over each of these.
  it.each([
    ['overflows', '1'.repeat(2 ** 20)],
    ['ends in a letter', `${'1'.repeat(2 ** 20)}x`],
    ['has a long fraction', `1.${'0'.repeat(2 ** 20)}x`],
  ])('a megabyte that %s is refused in a time that grows with its length alone', (_what, text) => {
    expect(refusal(`BBOX ${text} 0 1 1`).message).toBe(
      `left is "${text.slice(0, 40)}…"; it must be a plain decimal number`,
    );
  });
});
