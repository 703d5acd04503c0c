import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lag } from '../src/lag.js';
import { Ledger, type PublishedMessage } from '../src/ledger.js';

let at = 0;
let lag: Lag;

beforeEach(() => {
  at = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => at);
  lag = new Lag();
});

afterEach(() => {
  lag.stop();
  vi.restoreAllMocks();
});

/** Messages 0, 1, 2 ... published every 100 ms from the start, which everybody else has 5 ms later. */
function messages(count: number): PublishedMessage[] {
  return Array.from({ length: count }, (_, number) => ({
    number,
    begun: number * 100,
    arrived: number * 100 + 5,
  }));
}

/** A client that is subscribed from the start and gets some of the messages. */
function subscriberOf(numbers: readonly number[]): Ledger {
  const ledger = new Ledger();
  ledger.subscribed();
  for (const number of numbers) {
    at = number * 100 + 5;
    ledger.received(number);
  }
  return ledger;
}

describe('the ledger of a client', () => {
  it('reports nothing missed if everything arrived', () => {
    const report = subscriberOf([0, 1, 2, 3, 4]).report(0, 500, messages(5), lag);
    expect(report).toMatchObject({ missed: 0, missedWhileSubscribed: 0, losses: 0 });
  });

  it('counts a gap as missed while subscribed', () => {
    const report = subscriberOf([0, 1, 3, 4]).report(0, 500, messages(5), lag);
    expect(report).toMatchObject({ missed: 1, missedWhileSubscribed: 1 });
  });

  it('counts what was published between two connections as missed, but not as a fault', () => {
    const ledger = subscriberOf([0, 1]);
    at = 120;
    ledger.lost();
    at = 380;
    ledger.subscribed();
    at = 405;
    ledger.received(4);
    expect(ledger.report(0, 500, messages(5), lag)).toMatchObject({
      missed: 2,
      missedWhileSubscribed: 0,
      losses: 1,
    });
  });

  it('counts as a fault what others had well before the end of the connection', () => {
    const ledger = subscriberOf([0, 1]);
    at = 900;
    ledger.lost();
    // Everybody else had 2 to 6 at least a quarter of a second before the end; 7 and 8 are too close to it.
    expect(ledger.report(0, 900, messages(9), lag)).toMatchObject({ missed: 7, missedWhileSubscribed: 5 });
  });

  it('counts nothing before the subscription as a fault', () => {
    const ledger = new Ledger();
    at = 250;
    ledger.subscribed();
    at = 305;
    ledger.received(3);
    expect(ledger.report(0, 400, messages(4), lag)).toMatchObject({ missed: 3, missedWhileSubscribed: 0 });
  });

  it('measures the longest time without data, from the start and to the end too', () => {
    const ledger = subscriberOf([3, 4]);
    expect(ledger.report(0, 500, messages(5), lag).secondsWithoutData).toBeCloseTo(0.305);
    expect(ledger.report(300, 1200, messages(5), lag).secondsWithoutData).toBeCloseTo(0.795);
  });

  it('counts the commands of the period and those without an answer', () => {
    const ledger = new Ledger();
    for (const [sentAt, reference] of [
      [100, 'a'],
      [200, 'b'],
      [900, 'c'],
    ] as const) {
      at = sentAt;
      ledger.asked(reference);
    }
    ledger.answered('a');
    expect(ledger.report(0, 500, [], lag)).toMatchObject({ commands: 2, unanswered: 1 });
  });
});
