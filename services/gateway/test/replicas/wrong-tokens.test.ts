import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WrongTokens } from '../../src/replicas/wrong-tokens.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

test('a wrong token is answered after half a second', async () => {
  const answered = vi.fn();
  const answer = new WrongTokens().delay('192.0.2.1').then(answered);
  await vi.advanceTimersByTimeAsync(499);
  expect(answered).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await answer;
  expect(answered).toHaveBeenCalledWith(true);
});

test('an address may have ten answers delayed; meanwhile it may not try, and others may', async () => {
  const wrong = new WrongTokens();
  const answers = times(10, () => {
    expect(wrong.mayTry('192.0.2.1')).toBe(true);
    return wrong.delay('192.0.2.1');
  });
  expect(wrong.mayTry('192.0.2.1')).toBe(false);
  // The same address in IPv6 (RFC 4291, section 2.5.5.2).
  expect(wrong.mayTry('::ffff:192.0.2.1')).toBe(false);
  expect(wrong.mayTry('192.0.2.2')).toBe(true);
  await vi.advanceTimersByTimeAsync(500);
  expect(await Promise.all(answers)).toEqual(times(10, () => true));
  expect(wrong.mayTry('192.0.2.1')).toBe(true);
});

test('the addresses of one IPv6 network count as one', () => {
  const wrong = new WrongTokens();
  times(10, (i) => void wrong.delay(`2001:db8::${i + 1}`));
  expect(wrong.mayTry('2001:db8::99')).toBe(false);
  expect(wrong.mayTry('2001:db8:0:1::1')).toBe(true);
});

test('at most a thousand answers are delayed; further ones are refused at once', async () => {
  const wrong = new WrongTokens();
  const answers = times(1000, (i) => wrong.delay(`10.0.${Math.floor(i / 250)}.${i % 250}`));
  expect(await wrong.delay('192.0.2.1')).toBe(false);
  expect(wrong.mayTry('192.0.2.1')).toBe(true);
  await vi.advanceTimersByTimeAsync(500);
  expect(await Promise.all(answers)).toEqual(times(1000, () => true));
  const later = wrong.delay('192.0.2.1');
  await vi.advanceTimersByTimeAsync(500);
  expect(await later).toBe(true);
});
