import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Pace } from '../../src/delivery/pace.js';
import { type OutboxHarness, OutboxHarness as Session } from '../support/outbox-harness.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'setImmediate', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
}

/** A text whose message has 100 bytes: with its quotes. */
function text(name: string): string {
  return name.padEnd(98, '.');
}

function namesOf({ writer }: OutboxHarness): string[] {
  return writer.texts.flat().map((message) => message.replace(/\.+$/u, ''));
}

function bytesOf({ writer }: OutboxHarness): number {
  return writer.writes.reduce((sum, { queue }) => sum + queue.bytes, 0);
}

/** Sessions that share a number of bytes per second. */
function share(bytesPerSecond: number, count: number, limits: ConstructorParameters<typeof Session>[0] = {}) {
  const seen = { sent: 0, held: 0 };
  const pace = new Pace(bytesPerSecond, {
    sent: (bytes) => {
      seen.sent += bytes;
    },
    held: () => {
      seen.held++;
    },
  });
  const sessions = Array.from({ length: count }, () => new Session(limits));
  for (const { outbox } of sessions) outbox.paceBy(pace);
  return { pace, seen, sessions };
}

function only<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error('there is none');
  return first;
}

describe('sessions that share bytes per second', () => {
  test('are sent everything at once below the rate, and after a pause the bytes of one second', () => {
    const { seen, sessions } = share(1000, 2);
    for (const session of sessions) for (let i = 0; i < 4; i++) session.push(text(`${i}`));
    pass(20);
    for (const session of sessions) expect(namesOf(session)).toEqual(['0', '1', '2', '3']);
    expect(seen).toEqual({ sent: 800, held: 0 });
  });

  test('are sent as many bytes as the rate allows in the long run, with a second and a turn in advance', () => {
    const { seen, sessions } = share(10_000, 3, { maxMessages: 10_000 });
    let first: number[] = [];
    for (let s = 0; s < 20; s++) {
      if (s === 1) first = sessions.map(bytesOf);
      for (const session of sessions) for (let i = 0; i < 100; i++) session.push(text(`${s} ${i}`));
      pass(1000);
      const upTo = 10_000 * (s + 1);
      expect(seen.sent).toBeGreaterThanOrEqual(upTo);
      // The last message of a turn may be more than its portion.
      expect(seen.sent).toBeLessThanOrEqual(upTo + 10_000 + 2_500 + 100);
    }
    // After the advance, which the first one has used, none has more than another, but for a turn.
    const each = sessions.map((session, i) => bytesOf(session) - (first[i] ?? 0));
    expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(2_500);
  });

  test('receive something in every turn, while another one has much to send', () => {
    const { sessions } = share(1000, 2);
    const [busy, calm] = sessions;
    for (let i = 0; i < 100; i++) busy?.push(text(`${i}`));
    pass(2000);
    calm?.push(text('a'));
    calm?.push(text('b'));
    // A turn of each, of a message that is more than its portion.
    pass(1000);
    expect(calm === undefined ? [] : namesOf(calm)).toEqual(['a', 'b']);
    pass(10_000);
    expect(busy === undefined ? [] : namesOf(busy)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
  });

  test('get the newest of each feature when their turn comes, even if little is queued', () => {
    const { sessions } = share(1000, 1, { conflates: true });
    const session = only(sessions);
    for (let i = 0; i < 20; i++) session.push(text(`first ${i}`));
    pass(0);
    expect(session.isConflating).toBe(true);
    for (let i = 0; i < 100; i++) session.pushOf(i % 2, text(`feature ${i % 2}, ${i}`));
    pass(30_000);
    expect(namesOf(session).slice(20)).toEqual(['feature 0, 98', 'feature 1, 99']);
    expect(session.isConflating).toBe(false);
    expect(session.overflows).toBe(0);
  });

  test('let long answers continue in every turn, although the stream always exceeds the rate', async () => {
    const { sessions } = share(5_000, 1, { conflates: true, maxMessages: 10_000 });
    const session = only(sessions);
    const push = (): void => {
      for (let i = 0; i < 100; i++) session.pushOf(i, text(`${i}`));
    };
    for (let s = 0; s < 5; s++, pass(1000)) push();
    let drained = 0;
    for (let s = 0; s < 5; s++) {
      void session.outbox.drained().then(() => drained++);
      push();
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(session.outbox.count).toBeGreaterThan(0);
    expect(drained).toBe(5);
  });

  test('keep the order without conflation, and end past the hard limit', () => {
    const { sessions } = share(1000, 1, { maxBytes: 5_000 });
    const session = only(sessions);
    const names = Array.from({ length: 60 }, (_, i) => `${i}`);
    for (const name of names.slice(0, 40)) session.push(text(name));
    pass(10_000);
    expect(namesOf(session)).toEqual(names.slice(0, 40));
    for (const name of names) session.push(text(name));
    pass(0);
    for (const name of names) session.push(text(name));
    expect(session.overflows).toBe(1);
  });

  test('also wait for their own connections', () => {
    const { seen, sessions } = share(1000, 2);
    const [stalled, other] = sessions;
    stalled?.congest(true);
    for (const session of sessions) for (let i = 0; i < 30; i++) session.push(text(`${i}`));
    pass(10_000);
    expect(seen.sent).toBe(3000);
    expect(other === undefined ? 0 : bytesOf(other)).toBe(3000);
    stalled?.congest(false);
    pass(10_000);
    expect(seen.sent).toBe(6000);
  });

  test('leave their turns to the others when they end', () => {
    const { seen, sessions } = share(1000, 3);
    for (const session of sessions) for (let i = 0; i < 30; i++) session.push(text(`${i}`));
    pass(0);
    sessions[0]?.outbox.close();
    sessions[1]?.outbox.close();
    const before = seen.sent;
    pass(10_000);
    expect(seen.sent - before).toBeGreaterThanOrEqual(2000);
    expect(sessions[2] === undefined ? 0 : bytesOf(sessions[2])).toBe(3000);
  });

  test('a long answer waits for its turns, and is complete', async () => {
    const { sessions } = share(1000, 2);
    const [session, other] = sessions;
    for (let i = 0; i < 50; i++) other?.push(text(`${i}`));
    const sent: string[] = [];
    const sending = (async () => {
      for (let i = 0; i < 50; i++) {
        if (session?.outbox.needsDrain === true) await session.outbox.drained();
        session?.answer(text(`${i}`));
        sent.push(`${i}`);
      }
    })();
    await vi.advanceTimersByTimeAsync(15_000);
    await sending;
    expect(session === undefined ? [] : namesOf(session)).toEqual(sent);
    expect(sent).toHaveLength(50);
  });
});

describe('another rate', () => {
  test('applies at once to queued messages', () => {
    const { pace, seen, sessions } = share(1000, 1);
    for (let i = 0; i < 300; i++) only(sessions).push(text(`${i}`));
    pass(5000);
    expect(seen.sent).toBeLessThan(7000);
    pace.bytesPerSecond = 100_000;
    pass(500);
    expect(seen.sent).toBe(30_000);
  });

  test('of no limit sends queued messages, and counts bytes from then on', () => {
    const { pace, seen, sessions } = share(1000, 1);
    for (let i = 0; i < 300; i++) only(sessions).push(text(`${i}`));
    pass(100);
    pace.bytesPerSecond = Number.POSITIVE_INFINITY;
    pass(10);
    expect(seen.sent).toBe(30_000);
    const { held } = seen;
    for (let i = 0; i < 300; i++) only(sessions).push(text(`${i}`));
    pass(100);
    expect(seen).toEqual({ sent: 60_000, held });
  });

  test('none at all lets a session continue at once', () => {
    const { seen, sessions } = share(1000, 1);
    for (let i = 0; i < 300; i++) only(sessions).push(text(`${i}`));
    pass(100);
    const { sent } = seen;
    only(sessions).outbox.paceBy(null);
    pass(0);
    expect(namesOf(only(sessions))).toHaveLength(300);
    expect(seen.sent).toBe(sent);
  });
});

test('a pace is as good as new a second after all that was sent is paid for', () => {
  const pace = new Pace(1000, { sent: () => {}, held: () => {} });
  expect(pace.isUnused).toBe(true);
  pace.spend(3000);
  expect([pace.isUnused, pace.isUsedUp]).toEqual([false, true]);
  pass(2000);
  expect([pace.isUnused, pace.isUsedUp]).toEqual([false, false]);
  pass(1000);
  expect(pace.isUnused).toBe(true);
});
