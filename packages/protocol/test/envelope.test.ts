import { fc } from '@viaduct/testkit/properties';
import { describe, expect, it } from 'vitest';
import {
  echo,
  encodeBufferEnvelope,
  encodeEnvelope,
  envelopeParts,
  MAX_ECHO,
  parseEnvelope,
  UNLOCATED_MEMBER,
} from '../src/index.js';

/** Text with lone surrogates, control characters and quotes. */
const anyText = fc.string({ unit: 'binary', maxLength: 30 });
const reference = fc.option(anyText, { nil: null });
const timestamp = fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e15 }));
const contentJson = fc.json({ stringUnit: 'binary' });

describe('encodeEnvelope', () => {
  it('writes what parseEnvelope reads back', () => {
    fc.assert(
      fc.property(anyText, contentJson, timestamp, reference, (source, json, time, ref) => {
        expect(parseEnvelope(encodeEnvelope(source, json, time, ref))).toEqual({
          source,
          content: JSON.parse(json),
          timestamp: time,
          client_reference: ref,
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('splices the content in byte for byte', () => {
    const published = '{"n": 1.0, "big":12345678901234567890,\n"s":"\\u00e9"}';
    expect(encodeEnvelope('trains', published, 1700000000000)).toBe(
      `{"source":"trains","content":${published},"timestamp":1700000000000,"client_reference":null}`,
    );
  });

  it('distinguishes a missing reference from an empty one', () => {
    expect(parseEnvelope(encodeEnvelope('a', 'null', 0)).client_reference).toBeNull();
    expect(parseEnvelope(encodeEnvelope('a', 'null', 0, '')).client_reference).toBe('');
    expect(parseEnvelope(encodeEnvelope('a', 'null', 0))).not.toHaveProperty('id');
    expect(parseEnvelope(encodeEnvelope('a', 'null', 0, null, '1-0')).id).toBe('1-0');
  });
});

describe('envelopeParts', () => {
  const events = fc.constantFrom('add', 'leave', null);
  const ids = fc.constantFrom('1753100000000-0', null);

  it('finds source, content, event and id of any envelope, with every character of the content', () => {
    const content = fc.json().map((json) => `${json}\n`);
    fc.assert(
      fc.property(fc.string(), content, events, ids, fc.boolean(), (source, json, event, id, isUnlocated) => {
        const written = isUnlocated ? json + UNLOCATED_MEMBER : json;
        const {
          event: found = null,
          id: foundId = null,
          ...parts
        } = envelopeParts(encodeEnvelope(source, written, 1, null, id, event));
        expect([parts, found, foundId]).toEqual([{ source, content: json }, event, id]);
      }),
    );
  });

  it('is not misled by members with the names of its own', () => {
    const content = '{"content":1,"timestamp":2,"a":{"source":"x","content":"y","timestamp":3}}';
    const source = 'a","content":"b","timestamp":';
    expect(envelopeParts(encodeEnvelope(source, content, 1))).toEqual({ source, content });
  });
});

describe('encodeBufferEnvelope', () => {
  it('keeps the order of the envelopes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, contentJson, timestamp)), timestamp, (messages, time) => {
        const envelopes = messages.map(([source, json, at]) => encodeEnvelope(source, json, at));
        expect(parseEnvelope(encodeBufferEnvelope(envelopes, time))).toEqual({
          source: 'buffer',
          content: envelopes.map((text) => JSON.parse(text)),
          timestamp: time,
          client_reference: null,
        });
      }),
    );
  });
});

describe('parseEnvelope', () => {
  it('throws nothing but SyntaxError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseEnvelope(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });

  it.each([
    '',
    '{',
    'null',
    '17',
    '"PONG"',
    '[]',
    '{}',
    '{"source":"a","timestamp":0,"client_reference":null}',
    '{"source":1,"content":null,"timestamp":0,"client_reference":null}',
    '{"source":"a","content":null,"timestamp":"0","client_reference":null}',
    '{"source":"a","content":null,"timestamp":0}',
    '{"source":"a","content":null,"timestamp":0,"client_reference":5}',
    '{"source":"a","timestamp":0,"client_reference":null,"__proto__":{"content":1}}',
  ])('refuses %j', (text) => {
    expect(() => parseEnvelope(text)).toThrow(SyntaxError);
  });
});

describe('echo', () => {
  it('repeats a short command whole and a long one up to its limit', () => {
    expect(echo('PING')).toBe('PING');
    expect(echo('x'.repeat(MAX_ECHO))).toBe('x'.repeat(MAX_ECHO));
    expect(echo('x'.repeat(MAX_ECHO + 1))).toBe(`${'x'.repeat(MAX_ECHO)}…`);
  });

  it.each([
    'TOKEN secret',
    '  token\tsecret client_ref=a',
    'Token token=secret',
    'token ["secret"]',
    'token [{"token":"secret"}]',
    `command ${JSON.stringify(['TOKEN secret'])}`,
    `command ${JSON.stringify([' \t\n\v\f\r\u00a0token secret'])}`,
  ])('repeats nothing of the token in %j', (command) => {
    expect(echo(command)).toBe('TOKEN');
  });

  it.each(['TOKENS a', 'SUB token', 'command ["SUB TOKEN"]'])('repeats %j, which has no token', (command) => {
    expect(echo(command)).toBe(command);
  });

  it('never cuts a character in two', () => {
    const command = `${'x'.repeat(MAX_ECHO - 1)}😀 rest`;
    expect(echo(command)).toBe(`${'x'.repeat(MAX_ECHO - 1)}…`);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: MAX_ECHO, maxLength: 2 * MAX_ECHO }), (text) => {
        expect(Buffer.from(echo(text)).toString()).toBe(echo(text));
        expect(echo(text).length).toBeLessThanOrEqual(MAX_ECHO + 1);
      }),
    );
  });
});
