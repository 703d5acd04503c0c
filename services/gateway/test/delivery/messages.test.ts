import { parseEnvelope } from '@viaduct/protocol';
import { fc } from '@viaduct/testkit/properties';
import { describe, expect, test } from 'vitest';
import {
  answerMessage,
  envelopesOf,
  HEADROOM,
  OutMessage,
  Queue,
  statusMessage,
} from '../../src/delivery/messages.js';

function message(text: string, direct = false): OutMessage {
  return new OutMessage(JSON.stringify(text), 0, { direct });
}

describe('a message', () => {
  test('is encoded once for all receivers', () => {
    const one = message('a');
    const encoder = { encode: ({ json }: OutMessage) => Buffer.from(json) };
    expect(one.encodedBy(encoder)).toBe(one.encodedBy(encoder));
    expect(one.encodedBy(encoder).toString()).toBe('"a"');
  });

  test('can have an encoder that uses the result of another', () => {
    const calls: string[] = [];
    const inner = {
      encode({ json }: OutMessage) {
        calls.push('inner');
        return [json];
      },
    };
    const outer = {
      encode(what: OutMessage) {
        calls.push('outer');
        return { wrapped: what.encodedBy(inner) };
      },
    };
    const one = message('a');
    expect(one.encodedBy(outer)).toBe(one.encodedBy(outer));
    expect(one.encodedBy(outer).wrapped).toBe(one.encodedBy(inner));
    expect(calls).toEqual(['outer', 'inner']);
  });

  test('counts its bytes in UTF-8, if given as text and if given as bytes', () => {
    expect(message('\u00fc\u{1F68B}').bytes).toBe(8);
    const utf8 = new Uint8Array(HEADROOM + 3);
    utf8.set(Buffer.from('"a"'), HEADROOM);
    const ready = new OutMessage(utf8, 0);
    expect(ready).toMatchObject({ bytes: 3, json: '"a"' });
  });

  test('that answers a client with a reference is direct, and so is a status', () => {
    expect(answerMessage('key', '1', null).direct).toBe(false);
    expect(answerMessage('key', '1', 'ref').direct).toBe(true);
    expect(statusMessage({ status: 'ok', command: 'SUB' }, null).direct).toBe(true);
  });

  test('that answers a command is an envelope', () => {
    expect(parseEnvelope(answerMessage('key', '{"a":1}', 'ref').json)).toMatchObject({
      source: 'key',
      content: { a: 1 },
      client_reference: 'ref',
    });
    expect(parseEnvelope(statusMessage({ status: 'ok', command: 'SUB' }, null).json)).toMatchObject({
      source: 'websocket',
      content: { status: 'ok' },
      client_reference: null,
    });
  });
});

describe('a queue', () => {
  const [a, b, c] = [message('a'), message('b'), message('c')];

  test('of one message is the same object for all sessions', () => {
    expect(a.head).toBe(a.head);
    expect(a.head).not.toBe(b.head);
    expect(a.head.toArray()).toEqual([a]);
  });

  test('that grows by the same messages is still one shared object', () => {
    expect(a.head.append(b)).toBe(a.head.append(b));
    expect(a.head.append(b).append(c)).toBe(a.head.append(b).append(c));
    expect(a.head.append(c)).not.toBe(a.head.append(b));
    expect(b.head.append(c)).not.toBe(a.head.append(c));
  });

  test('does not change when a longer one is made from it', () => {
    const queue = a.head.append(b);
    queue.append(c);
    queue.append(a);
    expect(queue.toArray()).toEqual([a, b]);
    expect(queue).toMatchObject({ count: 2, first: a, last: b, bytes: a.bytes + b.bytes });
  });

  test('is encoded once by each encoder', () => {
    const encoded: string[] = [];
    const encoderFor = (name: string) => ({
      encode(what: Queue): string[] {
        encoded.push(name);
        return [name, ...what.toArray().map(({ json }) => json)];
      },
    });
    const [raw, packets] = [encoderFor('raw'), encoderFor('packets')];
    const queue = a.head.append(b);
    expect(queue.encodedBy(raw)).toBe(queue.encodedBy(raw));
    expect(queue.encodedBy(raw)).toEqual(['raw', '"a"', '"b"']);
    expect(encoded).toEqual(['raw']);
    expect(queue.encodedBy(packets)).toEqual(['packets', '"a"', '"b"']);
    expect(a.head.append(b).encodedBy(packets)).toBe(queue.encodedBy(packets));
    expect(encoded).toEqual(['raw', 'packets']);
  });

  test('keeps the result of every encoder, in any order of calls', () => {
    const calls: string[] = [];
    const encoders = ['plain', 'deflated', 'lists'].map((name) => ({
      encode(): { name: string } {
        calls.push(name);
        return { name };
      },
    }));
    const queue = message('a').head.append(b);
    for (let round = 0; round < 3; round++) {
      const names = encoders.map((encoder) => queue.encodedBy(encoder).name);
      expect(names).toEqual(['plain', 'deflated', 'lists']);
    }
    expect(calls).toEqual(['plain', 'deflated', 'lists']);
  });

  test('reports its first flush', () => {
    const queue = message('a').head.append(b);
    expect([queue.firstFlush(), queue.firstFlush(), queue.firstFlush()]).toEqual([true, false, false]);
  });

  test('can be very long', () => {
    const messages = Array.from({ length: 100_000 }, (_, i) => message(String(i)));
    let queue: Queue = new Queue(a, null);
    for (const each of messages) queue = queue.append(each);
    expect(queue.count).toBe(100_001);
    expect(queue.toArray()).toEqual([a, ...messages]);
  });
});

describe('envelopes', () => {
  test('are those of the messages if nothing is buffered', () => {
    expect(envelopesOf([message('a'), message('b', true)], 0)).toEqual(['"a"', '"b"']);
    expect(envelopesOf([], 0)).toEqual([]);
    expect(envelopesOf([], 3)).toEqual([]);
  });

  test('of a buffer are lists of the size that the client requested, and direct answers stay outside', () => {
    const messages = ['a', 'b', 'c', 'd'].map((text) => message(text));
    messages.splice(1, 0, message('direct', true));
    const envelopes = envelopesOf(messages, 2).map((json) => JSON.parse(json));
    expect(envelopes).toMatchObject([
      { source: 'buffer', content: ['a'], client_reference: null },
      'direct',
      { source: 'buffer', content: ['b', 'c'] },
      { source: 'buffer', content: ['d'] },
    ]);
    expect(Date.now() - envelopes[0].timestamp).toBeGreaterThanOrEqual(0);
  });

  test('hold every message once, in order, in lists up to the size, and direct messages outside of lists', () => {
    const queue = fc.array(fc.record({ text: fc.string(), direct: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(queue, fc.integer({ min: 1, max: 10 }), (messages, size) => {
        const envelopes = envelopesOf(
          messages.map(({ text, direct }) => message(text, direct)),
          size,
        ).map((json): unknown => JSON.parse(json));
        const flat = envelopes.flatMap((envelope) => {
          if (typeof envelope === 'string') return [{ text: envelope, direct: true }];
          const { content } = envelope as { content: string[] };
          expect(content.length).toBeGreaterThan(0);
          expect(content.length).toBeLessThanOrEqual(size);
          return content.map((text) => ({ text, direct: false }));
        });
        expect(flat).toEqual(messages);
      }),
    );
  });
});
