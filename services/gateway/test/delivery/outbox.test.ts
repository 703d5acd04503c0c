import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LIMITS, makeOutbox as make, message, newFlusher } from '../support/outbox-harness.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'setImmediate', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Lets time pass. */
function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
}

test('the list that begins with a message is kept for other sessions, unless it is of no use to them', () => {
  const first = message('a', false, true);
  const second = message('b', false, true);
  const write = (isOwn: boolean) => {
    const { outbox, writer } = make();
    outbox.answer(first, isOwn);
    outbox.answer(second, isOwn);
    pass(0);
    return writer.writes[0]?.queue;
  };
  const own = write(true);
  const shared = write(false);
  expect(own?.toArray()).toEqual([first, second]);
  expect(shared?.toArray()).toEqual([first, second]);
  expect(shared).toBe(first.head.append(second));
  expect(own).not.toBe(shared);
  expect(write(false)).toBe(shared);
});

describe('without BUFFER', () => {
  test('a single message leaves at once, after the turn in which it arrived', () => {
    const { writer, ...harness } = make();
    harness.push('a');
    expect(writer.writes).toHaveLength(0);
    pass(0);
    expect(writer.texts).toEqual([['a']]);
    pass(100);
    harness.push('b');
    pass(0);
    expect(writer.texts).toEqual([['a'], ['b']]);
  });

  test('messages of one turn leave in one write', () => {
    const { writer, push } = make();
    push('a');
    push('b');
    pass(0);
    expect(writer.texts).toEqual([['a', 'b']]);
  });

  test('a steady stream leaves in one write every flushMs, and no message later', () => {
    const { writer, push } = make();
    for (let i = 0; i < 200; i++) {
      push(String(i));
      pass(1);
    }
    pass(20);
    expect(writer.texts.flat()).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
    const burst = 4;
    expect(writer.writes.length).toBeLessThanOrEqual(200 / 20 + 1 + burst);
    for (const { at, queue } of writer.writes)
      expect(at - (queue.first.arrivedAt ?? 0)).toBeLessThanOrEqual(21);
  });

  test('any number of answers delays a pushed message by at most flushMs', () => {
    const { writer, push, answer } = make();
    for (let i = 0; i < 200; i++) {
      answer(`answer ${i}`, true);
      pass(1);
    }
    push('pushed');
    pass(LIMITS.flushMs);
    expect(writer.texts.flat().at(-1)).toBe('pushed');
  });

  test('two messages that arrive close together both leave at once, again and again', () => {
    const { writer, push } = make();
    for (let i = 0; i < 20; i++) {
      push(`${i} first`);
      pass(5);
      push(`${i} second`);
      pass(95);
    }
    expect(writer.writes).toHaveLength(40);
    for (const { at, queue } of writer.writes) expect(at).toBe(queue.first.arrivedAt);
  });

  test('without congestion, gathered messages never end the session', () => {
    const { writer, push, ...harness } = make({ maxMessages: 10 });
    const texts = Array.from({ length: 35 }, (_, i) => String(i));
    for (const text of texts) push(text);
    pass(LIMITS.flushMs);
    expect(harness.overflows()).toBe(0);
    expect(writer.texts.flat()).toEqual(texts);
    for (const { queue } of writer.writes) expect(queue.count).toBeLessThanOrEqual(11);
  });

  test('with flushMs 0 every turn makes one write', () => {
    const { writer, push } = make({ flushMs: 0 });
    for (const text of ['a', 'b', 'c']) {
      push(text);
      pass(0);
    }
    expect(writer.texts).toEqual([['a'], ['b'], ['c']]);
  });

  test('an answer leaves at once, together with the messages queued before it', () => {
    const { writer, push, answer } = make();
    push('a');
    pass(0);
    push('b');
    answer('pong', true);
    pass(0);
    expect(writer.texts).toEqual([['a'], ['b', 'pong']]);
  });

  test('sessions that received the same messages write the same queue', () => {
    const flusher = newFlusher();
    const harnesses = [make({}, flusher), make({}, flusher), make({}, flusher)];
    for (let i = 0; i < 5; i++) {
      const shared = message(String(i));
      for (const { outbox } of harnesses) outbox.push(shared);
    }
    pass(0);
    const queues = harnesses.map(({ writer }) => writer.writes[0]?.queue);
    expect(queues[0]?.count).toBe(5);
    expect(queues[1]).toBe(queues[0]);
    expect(queues[2]).toBe(queues[0]);
  });
});

describe('with BUFFER', () => {
  test('pushed messages leave when the requested number is queued', () => {
    const { writer, outbox, push } = make();
    outbox.buffer(3, 1000);
    push('a');
    push('b');
    pass(0);
    expect(writer.writes).toHaveLength(0);
    push('c');
    pass(0);
    expect(writer.received).toEqual([['a', 'b', 'c']]);
  });

  test('or when the time since the first of them has passed, and no earlier', () => {
    const { writer, outbox, push } = make();
    outbox.buffer(100, 1000);
    push('a');
    pass(900);
    push('b');
    pass(99);
    expect(writer.writes).toHaveLength(0);
    pass(2);
    expect(writer.received).toEqual([['a', 'b']]);
    push('c');
    pass(999);
    expect(writer.writes).toHaveLength(1);
    pass(2);
    expect(writer.received).toEqual([['a', 'b'], ['c']]);
  });

  test('the timer of a list that filled up early does not affect the next list', () => {
    const { writer, outbox, push } = make();
    outbox.buffer(2, 1000);
    push('a');
    push('b');
    pass(900);
    push('c');
    pass(999);
    expect(writer.received).toEqual([['a', 'b']]);
    pass(2);
    expect(writer.received).toEqual([['a', 'b'], ['c']]);
  });

  test('queued messages leave before an end, and no more are accepted', () => {
    const { writer, outbox, push, answer } = make();
    outbox.buffer(10, 1000);
    push('a');
    outbox.leave();
    expect(writer.received).toEqual([['a']]);
    push('b');
    answer('pong', true);
    expect([outbox.count, outbox.bytes, outbox.closed]).toEqual([0, 0, true]);
    pass(1001);
    expect(writer.received).toEqual([['a']]);
  });

  test('lists are never longer than the size, even if many messages arrive in one turn', () => {
    const { writer, outbox, push } = make();
    outbox.buffer(2, 1000);
    for (const text of ['a', 'b', 'c', 'd', 'e']) push(text);
    pass(0);
    expect(writer.received).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  test('a direct answer leaves at once, outside of lists, after the messages before it', () => {
    const { writer, outbox, push, answer } = make();
    outbox.buffer(10, 1000);
    push('a');
    answer('pong', true);
    push('b');
    pass(0);
    expect(writer.received).toEqual([['a'], 'pong', ['b']]);
  });

  test('other answers are gathered', () => {
    const { writer, outbox, push, answer } = make();
    outbox.buffer(3, 1000);
    push('a');
    answer('value 1');
    pass(10);
    expect(writer.writes).toHaveLength(0);
    answer('value 2');
    pass(0);
    expect(writer.received).toEqual([['a', 'value 1', 'value 2']]);
  });

  test.each([
    [0, 0],
    [0, 1000],
    [5, 0],
  ])('BUFFER %i %i ends it, and gathered messages leave at once as a list', (size, ms) => {
    const { writer, outbox, push } = make();
    outbox.buffer(10, 1000);
    push('a');
    outbox.buffer(size, ms);
    push('b');
    pass(20);
    expect(writer.received).toEqual([['a'], 'b']);
  });

  test('a smaller size replaces a larger one at once', () => {
    const { writer, outbox, push } = make();
    outbox.buffer(100, 60_000);
    outbox.buffer(2, 50);
    push('a');
    pass(51);
    expect(writer.received).toEqual([['a']]);
  });

  test('messages past the limit of the queue leave earlier than requested', () => {
    const { writer, outbox, push, ...harness } = make({ maxBytes: 1000 });
    outbox.buffer(10_000, 60_000);
    for (let i = 0; i < 30; i++) push(String(i).padStart(100, '0'));
    pass(60_000);
    expect(harness.overflows()).toBe(0);
    expect(writer.texts.flat().map(Number)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(writer.writes.length).toBeGreaterThan(1);
  });

  test('dropped messages do not delay later ones', () => {
    const { writer, outbox, push } = make();
    outbox.buffer(100, 60_000);
    push('dropped');
    outbox.drop();
    outbox.buffer(0, 0);
    push('a');
    pass(20);
    expect(writer.received).toEqual(['a']);
  });
});

test('drop forgets pushed messages and keeps answers, in order', () => {
  const { writer, outbox, push, answer } = make();
  push('a');
  answer('first', true);
  push('b');
  answer('second', false);
  outbox.drop();
  pass(0);
  expect(writer.received).toEqual(['first', 'second']);
});

test('after close nothing leaves', () => {
  const { writer, outbox, push, answer } = make();
  push('a');
  outbox.close();
  push('b');
  answer('c', true);
  outbox.resume();
  pass(1000);
  expect(writer.writes).toHaveLength(0);
  expect(outbox.bytes).toBe(0);
});

test('the observer is called for every write, with its queue', () => {
  const { writer, flushes, push } = make();
  push('a');
  pass(0);
  push('b');
  push('c');
  pass(20);
  expect(flushes).toEqual(writer.writes.map(({ queue }) => queue));
  expect(flushes.map(({ count }) => count)).toEqual([1, 2]);
});
