import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Flushable, Flusher } from '../../src/delivery/flusher.js';
import { newFlusher } from '../support/outbox-harness.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'setImmediate'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Records when it is flushed. */
class Recorder implements Flushable {
  readonly flushes: number[] = [];

  flush(now: number): void {
    this.flushes.push(now);
  }
}

test('soon: all requests of one turn of the event loop are flushed after it, with the same time', () => {
  const flusher = newFlusher();
  const recorders = [new Recorder(), new Recorder()];
  for (const recorder of recorders) flusher.soon(recorder);
  expect(recorders.map(({ flushes }) => flushes)).toEqual([[], []]);
  vi.advanceTimersByTime(0);
  expect(recorders.map(({ flushes }) => flushes.length)).toEqual([1, 1]);
  expect(recorders[0]?.flushes).toEqual(recorders[1]?.flushes);
});

test('soon: a request during a flush is flushed after the next turn', () => {
  const flusher = newFlusher();
  const later = new Recorder();
  flusher.soon({ flush: () => flusher.soon(later) });
  vi.advanceTimersToNextTimer();
  expect(later.flushes).toHaveLength(0);
  vi.advanceTimersToNextTimer();
  expect(later.flushes).toHaveLength(1);
});

test('at: a flush happens once, at its time and not before', () => {
  const flusher = newFlusher();
  const recorder = new Recorder();
  const due = performance.now() + 19.3;
  flusher.at(due, recorder);
  vi.advanceTimersByTime(19);
  expect(recorder.flushes).toHaveLength(0);
  vi.advanceTimersByTime(1);
  expect(recorder.flushes).toHaveLength(1);
  expect(recorder.flushes[0]).toBeGreaterThanOrEqual(due);
  vi.advanceTimersByTime(1000);
  expect(recorder.flushes).toHaveLength(1);
});

test('at: flushes in the same millisecond share one timer and one time', () => {
  const flusher = newFlusher();
  const recorders = [new Recorder(), new Recorder(), new Recorder()];
  const tick = Math.ceil(performance.now()) + 5;
  for (const [i, recorder] of recorders.entries()) flusher.at(tick - i / 10, recorder);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(6);
  expect(new Set(recorders.flatMap(({ flushes }) => flushes)).size).toBe(1);
  expect(recorders.map(({ flushes }) => flushes.length)).toEqual([1, 1, 1]);
});

test('at: a time in the past means now', () => {
  const flusher = newFlusher();
  const recorder = new Recorder();
  flusher.at(performance.now() - 100, recorder);
  vi.advanceTimersByTime(1);
  expect(recorder.flushes).toHaveLength(1);
});

test('no timer remains', () => {
  const flusher = newFlusher();
  const recorder = new Recorder();
  flusher.soon(recorder);
  flusher.at(performance.now() + 3, recorder);
  vi.advanceTimersByTime(10);
  expect(vi.getTimerCount()).toBe(0);
});

test('a flush that fails is reported, and the others that are due still happen', () => {
  const failures: unknown[] = [];
  const flusher = new Flusher((error) => failures.push(error));
  const broken: Flushable = {
    flush() {
      throw new Error('broken');
    },
  };
  const recorder = new Recorder();
  flusher.soon(broken);
  flusher.soon(recorder);
  flusher.at(performance.now() + 5, broken);
  flusher.at(performance.now() + 5, recorder);
  vi.advanceTimersByTime(10);
  expect(failures).toEqual([new Error('broken'), new Error('broken')]);
  expect(recorder.flushes).toHaveLength(2);
});
