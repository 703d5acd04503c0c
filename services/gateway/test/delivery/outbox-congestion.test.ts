import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeOutbox as make } from '../support/outbox-harness.js';

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

/** Whether a promise has resolved after everything due has happened. */
async function resolved(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  return done;
}

describe('while the connection is congested', () => {
  test('all messages wait, and leave in order when it accepts data again', () => {
    const { writer, push, answer, congest } = make();
    congest(true);
    push('a');
    answer('pong', true);
    push('b');
    pass(5000);
    expect(writer.writes).toHaveLength(0);
    congest(false);
    pass(0);
    expect(writer.texts).toEqual([['a', 'pong', 'b']]);
  });

  test('the write after the one that congested the connection waits for its resume', () => {
    const { writer, push, congest } = make();
    writer.congestedAfterWrite = true;
    push('a');
    pass(0);
    push('b');
    pass(5000);
    expect(writer.texts).toEqual([['a']]);
    congest(false);
    pass(0);
    expect(writer.texts).toEqual([['a'], ['b']]);
  });

  test('a new BUFFER command loses no message', () => {
    const { writer, outbox, push, congest } = make();
    congest(true);
    push('a');
    outbox.buffer(2, 1000);
    push('b');
    push('c');
    congest(false);
    pass(0);
    expect(writer.texts.flat()).toEqual(['a', 'b', 'c']);
  });

  test('past the limit of messages the session ends once, and nothing more is queued', () => {
    const harness = make({ maxMessages: 10 });
    harness.congest(true);
    for (let i = 0; i < 10; i++) harness.push('x');
    expect(harness.overflows()).toBe(0);
    harness.push('one too many');
    expect(harness.overflows()).toBe(1);
    expect(harness.outbox.bytes).toBe(0);
    harness.push('x');
    harness.congest(false);
    pass(1000);
    expect(harness.overflows()).toBe(1);
    expect(harness.writer.writes).toHaveLength(0);
  });

  test('past the limit of bytes the session ends too', () => {
    const harness = make({ maxBytes: 1000 });
    harness.congest(true);
    harness.push('x'.repeat(990));
    expect([harness.overflows(), harness.outbox.bytes > 900]).toEqual([0, true]);
    harness.push('x'.repeat(20));
    expect(harness.overflows()).toBe(1);
  });
});

describe('drained', () => {
  test('resolves at once if the queue is empty', async () => {
    expect(await resolved(make().outbox.drained())).toBe(true);
  });

  test('sends the queued messages, then resolves', async () => {
    const { writer, outbox, push } = make();
    outbox.buffer(100, 60_000);
    push('a');
    const drained = outbox.drained();
    expect(writer.writes).toHaveLength(0);
    expect(await resolved(drained)).toBe(true);
    expect(writer.received).toEqual([['a']]);
  });

  test('waits for a congested connection', async () => {
    const { writer, outbox, congest } = make();
    congest(true);
    const drained = outbox.drained();
    expect(await resolved(drained)).toBe(false);
    congest(false);
    expect(await resolved(drained)).toBe(true);
    expect(writer.writes).toHaveLength(0);
  });

  test('waits for queued messages while the connection is congested', async () => {
    const { writer, outbox, push, congest } = make();
    congest(true);
    push('a');
    const drained = outbox.drained();
    expect(await resolved(drained)).toBe(false);
    congest(false);
    expect(await resolved(drained)).toBe(true);
    expect(writer.texts).toEqual([['a']]);
  });

  test('resolves in the end, even if a stream congests the connection again and again', async () => {
    const { writer, outbox, push, congest } = make();
    writer.congestedAfterWrite = true;
    push('a');
    const drained = outbox.drained();
    let rounds = 0;
    for (; rounds < 10 && !(await resolved(drained)); rounds++) {
      push('more');
      congest(false);
    }
    expect(rounds).toBeLessThan(10);
  });

  test('resolves if the queued messages are dropped', async () => {
    const { outbox, push, congest } = make();
    congest(true);
    push('a');
    const drained = outbox.drained();
    outbox.drop();
    congest(false);
    expect(await resolved(drained)).toBe(true);
  });

  test('resolves for every caller if the outbox closes or overflows', async () => {
    const { outbox, push, congest } = make();
    congest(true);
    push('a');
    const both = Promise.all([outbox.drained(), outbox.drained()]).then(() => {});
    expect(await resolved(both)).toBe(false);
    outbox.close();
    expect(await resolved(both)).toBe(true);
    expect(await resolved(outbox.drained())).toBe(true);

    const full = make({ maxMessages: 100 });
    full.congest(true);
    full.push('x');
    const drained = full.outbox.drained();
    for (let i = 0; i < 100; i++) full.push('x');
    expect(await resolved(drained)).toBe(true);
  });
});
