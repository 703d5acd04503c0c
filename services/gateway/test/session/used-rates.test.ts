import { expect, test } from 'vitest';
import { SessionRates } from '../../src/commands/session-rates.js';
import { UsedRates } from '../../src/session/used-rates.js';

const LIMITS = { commandsPerSecond: 10, viewChangesPerSecond: 10, publishesPerSecond: 1 };

function clockAt(start: number): { now: number; read: () => number } {
  const clock = { now: start, read: () => clock.now };
  return clock;
}

/** Rates with which a client has just sent one command. */
function used(now: number): SessionRates {
  const rates = new SessionRates(LIMITS);
  rates.commands.judge(now, 1);
  return rates;
}

test('the next session of an address continues with the rates of one that has ended, and each only once', () => {
  const kept = new UsedRates(() => 0);
  const rates = used(0);
  kept.leave('203.0.113.7', rates);
  expect(kept.take('203.0.113.8')).toBeNull();
  expect(kept.take('203.0.113.7')).toBe(rates);
  expect(kept.take('203.0.113.7')).toBeNull();
  expect(kept.size).toBe(0);
});

test('an IPv6 network counts as one address', () => {
  const kept = new UsedRates(() => 0);
  const rates = used(0);
  kept.leave('2001:db8:1:2::1', rates);
  expect(kept.take('2001:db8:1:2:ffff::2')).toBe(rates);
});

test('rates that are as good as new are not kept', () => {
  const clock = clockAt(0);
  const kept = new UsedRates(clock.read);
  kept.leave('203.0.113.7', new SessionRates(LIMITS));
  expect(kept.size).toBe(0);
  kept.leave('203.0.113.7', used(0));
  clock.now = 5000;
  kept.leave('203.0.113.8', used(5000));
  expect(kept.size).toBe(1);
});

test('however many addresses there are, a bounded number is kept', () => {
  const kept = new UsedRates(() => 0);
  for (let i = 0; i < 30_000; i++) kept.leave(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, used(0));
  for (let i = 0; i < 30_000; i++) kept.leave('203.0.113.7', used(0));
  expect(kept.size).toBe(10_000);
});
