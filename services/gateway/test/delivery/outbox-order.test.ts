import { fc } from '@viaduct/testkit/properties';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LIMITS, makeOutbox } from '../support/outbox-harness.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'setImmediate', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

type Step =
  | { do: 'push' }
  | { do: 'answer'; direct: boolean }
  | { do: 'buffer'; size: number; ms: number }
  | { do: 'drop' }
  | { do: 'drained' }
  | { do: 'congest'; when: 'now' | 'after the next write' }
  | { do: 'resume' }
  | { do: 'pass'; ms: number };

/** Longest time that a client may request in these tests, in ms. */
const MAX_BUFFER_MS = 200;

const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  { weight: 10, arbitrary: fc.constant({ do: 'push' }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('answer'), direct: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('buffer'),
      size: fc.integer({ min: 0, max: 5 }),
      ms: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: MAX_BUFFER_MS })),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'drop' }) },
  { weight: 1, arbitrary: fc.constant({ do: 'drained' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('congest'),
      when: fc.constantFrom<'now' | 'after the next write'>('now', 'after the next write'),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'resume' }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.integer({ min: 0, max: 50 }) }) },
);

/** An outbox, with a list of the messages that it must send. */
class Model {
  readonly harness = makeOutbox();
  #next = 0;
  /** Texts in the order in which they should leave. */
  expected: string[] = [];
  readonly direct = new Set<string>();
  readonly #answers = new Set<string>();
  drained = 0;
  asked = 0;

  run(step: Step): void {
    const { outbox, writer } = this.harness;
    switch (step.do) {
      case 'push':
        this.harness.push(this.#text(false));
        break;
      case 'answer':
        this.harness.answer(this.#answer(step.direct), step.direct);
        break;
      case 'buffer':
        outbox.buffer(step.size, step.ms);
        break;
      case 'drop':
        outbox.drop();
        this.expected = [
          ...this.left,
          ...this.expected.slice(this.left.length).filter((text) => this.#answers.has(text)),
        ];
        break;
      case 'drained':
        this.asked++;
        void outbox.drained().then(() => this.drained++);
        break;
      case 'congest':
        if (step.when === 'now') writer.congested = true;
        else writer.congestedAfterWrite = true;
        break;
      case 'resume':
        writer.congestedAfterWrite = false;
        this.harness.congest(false);
        break;
      case 'pass':
        vi.advanceTimersByTime(step.ms);
        break;
    }
  }

  /** The texts that have left. */
  get left(): string[] {
    return this.harness.writer.texts.flat();
  }

  #answer(direct: boolean): string {
    const text = this.#text(direct);
    this.#answers.add(text);
    return text;
  }

  #text(direct: boolean): string {
    const text = String(this.#next++);
    this.expected.push(text);
    if (direct) this.direct.add(text);
    return text;
  }
}

test('every message leaves exactly once and in order, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const model = new Model();
      for (const each of steps) {
        model.run(each);
        expect(model.left).toEqual(model.expected.slice(0, model.left.length));
      }
      model.run({ do: 'resume' });
      await vi.advanceTimersByTimeAsync(MAX_BUFFER_MS + LIMITS.flushMs);
      expect(model.left).toEqual(model.expected);
      expect(model.drained).toBe(model.asked);
      expect(model.harness.outbox.bytes).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test('lists hold only pushed messages, and no more than the client requested', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (steps, size) => {
      const model = new Model();
      model.run({ do: 'buffer', size, ms: 100 });
      for (const each of steps) if (each.do !== 'buffer') model.run(each);
      model.run({ do: 'resume' });
      vi.advanceTimersByTime(MAX_BUFFER_MS);
      for (const item of model.harness.writer.received) {
        if (typeof item === 'string') expect(model.direct.has(item)).toBe(true);
        else {
          expect(item.filter((text) => model.direct.has(text))).toEqual([]);
          expect(item.length).toBeLessThanOrEqual(size);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('without congestion, no message waits longer than flushMs or the time that the client requested', () => {
  const calm = step.filter(({ do: what }) => what !== 'congest');
  fc.assert(
    fc.property(fc.array(calm, { maxLength: 60 }), (steps) => {
      const model = new Model();
      for (const each of steps) model.run(each);
      vi.advanceTimersByTime(MAX_BUFFER_MS);
      let longest: number = LIMITS.flushMs;
      for (const each of steps) if (each.do === 'buffer') longest = Math.max(longest, each.ms);
      for (const { at, queue } of model.harness.writer.writes) {
        // Timers have a resolution of one millisecond.
        expect(at - (queue.first.arrivedAt ?? 0)).toBeLessThanOrEqual(longest + 1);
      }
      expect(model.left).toEqual(model.expected);
    }),
    { numRuns: 300 },
  );
});
