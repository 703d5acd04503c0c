import { eventually } from '@viaduct/testkit/wait';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemorySource } from '../../src/sources/memory/source.js';
import { Recorder } from '../support/source-harness.js';

let source: MemorySource;
let recorder: Recorder;

beforeEach(async () => {
  source = new MemorySource();
  recorder = new Recorder();
  await source.start(recorder);
});

afterEach(() => source.close());

test('can be filled before it is started', async () => {
  const filled = new MemorySource();
  filled.hset('key', 'field', 'value');
  await filled.start(new Recorder());
  expect((await filled.hashEntries('key')).values).toEqual(['value']);
  await filled.close();
});

test('a listener that publishes in response is not called from inside its own call', async () => {
  await source.subscribe('a');
  const order: string[] = [];
  recorder.message = (channel, text) => {
    order.push(`begin ${text}`);
    if (text === 'question') void source.publish(channel, 'answer');
    order.push(`end ${text}`);
  };
  void source.publish('a', 'question');
  await eventually(() => expect(order).toHaveLength(4));
  expect(order).toEqual(['begin question', 'end question', 'begin answer', 'end answer']);
});

test('a listener that keeps publishing does not block the event loop', async () => {
  await source.subscribe('a');
  let received = 0;
  recorder.message = (channel, text) => {
    received += 1;
    void source.publish(channel, text);
  };
  void source.publish('a', 'again');
  await eventually(() => expect(received).toBeGreaterThan(3));
});

test('messages published before an unsubscribe arrive before it resolves', async () => {
  await source.subscribe('a');
  void source.publish('a', 'in time');
  await source.unsubscribe('a');
  expect(recorder.messages).toEqual([['a', 'in time']]);
});

test('close drops undelivered messages, even if a listener calls it', async () => {
  await source.subscribe('a');
  recorder.message = (channel, text) => {
    recorder.messages.push([channel, text]);
    void source.close();
  };
  void source.publish('a', 'delivered');
  void source.publish('a', 'dropped');
  await source.unsubscribe('a');
  expect(recorder.messages).toEqual([['a', 'delivered']]);
});
