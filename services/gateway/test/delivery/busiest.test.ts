import { fc } from '@viaduct/testkit/properties';
import { describe, expect, test } from 'vitest';
import { busiest } from '../../src/delivery/busiest.js';
import { Traffic } from '../../src/delivery/traffic.js';

const channel = (name: string, traffic: Traffic) => ({ name, subscribers: 1, traffic });

describe('the rates of a channel', () => {
  test('are those of a steady stream, once it has flowed for some minutes', () => {
    const traffic = new Traffic(0);
    for (let at = 0; at <= 300_000; at += 100) traffic.add(250, at);
    const { messages, bytes } = traffic.rates(300_000);
    // One message of 250 bytes each tenth of a second.
    expect(messages).toBeCloseTo(10, 1);
    expect(bytes).toBeCloseTo(2500, -2);
    expect(traffic.messages).toBe(3001);
  });

  test('approach zero when the stream ends, and follow a stream that has become faster', () => {
    const traffic = new Traffic(0);
    for (let at = 0; at <= 300_000; at += 100) traffic.add(250, at);
    expect(traffic.rates(600_000).messages).toBeLessThan(0.001);
    for (let at = 600_000; at <= 900_000; at += 10) traffic.add(100, at);
    expect(traffic.rates(900_000).messages).toBeCloseTo(100, 0);
  });

  test('are zero before the first message', () => {
    expect(new Traffic(0).rates(1000)).toEqual({ messages: 0, bytes: 0 });
  });
});

test('the busiest channels are the first ones of all, sorted by their rates', () => {
  const counts = fc.array(fc.record({ messages: fc.integer({ min: 0, max: 20 }), bytes: fc.nat(1000) }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(
      counts,
      fc.integer({ min: 1, max: 10 }),
      fc.constantFrom('messages', 'bytes'),
      (given, limit, by) => {
        const channels = given.map(({ messages, bytes }, i) => {
          const traffic = new Traffic(0);
          for (let n = 0; n < messages; n++) traffic.add(bytes, 0);
          return channel(String(i), traffic);
        });
        const found = busiest(channels, by as 'messages' | 'bytes', limit, 0);
        const rates = given.map(({ messages, bytes }) => (by === 'messages' ? messages : messages * bytes));
        const sorted = rates.sort((a, b) => b - a).slice(0, limit);
        // All at the moment 0, each weighs a thirtieth of a second.
        expect(found.map((row) => Math.round(row[by as 'messages' | 'bytes'] * 30))).toEqual(sorted);
        expect(new Set(found.map(({ name }) => name)).size).toBe(found.length);
      },
    ),
  );
});
