import { GeoMessage } from '@viaduct/geo-worker';
import { fc } from '@viaduct/testkit/properties';
import { eventually } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';
import { Conflation } from '../../src/delivery/conflation.js';
import { ConflationKey, featureKeys } from '../../src/delivery/conflation-key.js';
import { OutMessage, type Queue, statusMessage } from '../../src/delivery/messages.js';
import { outboxLimits } from '../../src/delivery/outbox-limits.js';
import { makeOutbox, message } from '../support/outbox-harness.js';

function about(id: string | number | null, text: string): OutMessage {
  const key = id === null ? null : new ConflationKey('live', id);
  return new OutMessage(JSON.stringify(text), 0, { key });
}

describe('the key of a message', () => {
  const feature = (members: object): object => ({
    type: 'Feature',
    geometry: null,
    properties: null,
    ...members,
  });
  const keyOf = featureKeys('train');
  const text = (channel: string, content: unknown): string | undefined =>
    keyOf(channel, GeoMessage.parse(JSON.stringify(content)))?.text;

  test('is its channel and the id of the Feature, also for a removal', () => {
    const moved = feature({ id: 'a', geometry: { type: 'Point', coordinates: [7, 47] } });
    expect(text('live', moved)).toBe(text('live', feature({ id: 'a' })));
    expect(text('live', moved)).not.toBe(text('live', feature({ id: 'b' })));
    expect(text('live', moved)).not.toBe(text('other', moved));
    expect(text('live', feature({ id: 7 }))).not.toBe(text('live', feature({ id: '7' })));
    expect(text('a","b', feature({ id: 'c' }))).not.toBe(text('a', feature({ id: 'b","c' })));
  });

  test.each([
    ['id', (id: string) => `{"type":"Feature","geometry":null,"properties":{"id":1,"train":1},"id":${id}}`],
    [
      'property',
      (id: string) => `{"type":"Feature","properties":{"x":{"train":1},"train":${id}},"geometry":null}`,
    ],
    [
      'repeated id',
      (id: string) => `{"type":"Feature","id":1,"i\\u0064":${id},"geometry":null,"properties":null}`,
    ],
  ])('distinguishes integers that JSON.parse rounds to the same number: %s', (_where, write) => {
    const ids = ['9007199254740992', '9007199254740993', '"9007199254740993"', '-9007199254740993', '1e400'];
    const keys = ids.map((id) => keyOf('live', GeoMessage.parse(write(id)))?.text);
    expect(new Set(keys).size).toBe(ids.length);
    expect(keys).toEqual(ids.map((id) => (id === '1e400' ? undefined : `${id} live`)));
  });

  test('has the configured property if the Feature has no id', () => {
    expect(text('live', feature({ properties: { train: 'a' } }))).toBe(text('live', feature({ id: 'a' })));
    expect(text('live', feature({ id: 'b', properties: { train: 'a' } }))).toBe(
      text('live', feature({ id: 'b' })),
    );
    const unnamed = GeoMessage.parse(JSON.stringify(feature({ properties: { '': 'a' } })));
    expect(featureKeys('')('live', unnamed)).toBeNull();
  });

  test.each([
    ['a collection', { type: 'FeatureCollection', id: 'a', features: [] }],
    ['plain JSON', { id: 'a' }],
    ['a bare geometry', { type: 'Point', id: 'a', coordinates: [7, 47] }],
    ['a list', ['Feature']],
    ['null', null],
    ['a Feature without id', feature({ properties: { toString: 1 } })],
    ['a Feature with an invalid id', feature({ id: { a: 1 } })],
    ['a Feature with a property that is not a valid id', feature({ properties: { train: null } })],
  ])('does not exist for %s', (_what, content) => {
    expect(text('live', content)).toBeUndefined();
  });
});

test('no message after a mark replaces a message before it', () => {
  const mark = statusMessage({ status: 'view', channel: 'live', entered: 1, left: [] }, null);
  const queue = [
    about('a', '1'),
    about('a', '2'),
    mark,
    about('a', '3'),
    about('a', '4'),
  ].reduce<Queue | null>((all, next) => all?.append(next) ?? next.head, null);
  const kept = new Conflation(queue as Queue, () => {}).toArray();
  expect(kept.map(({ json }) => (json.includes('view') ? 'mark' : JSON.parse(json)))).toEqual([
    '2',
    'mark',
    '4',
  ]);
});

test('a conflated queue is the queue without the messages that later ones replace', () => {
  const step = fc.option(fc.integer({ min: 0, max: 4 }), { nil: null });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1 }), fc.array(step), (before, after) => {
      const messages = [...before, ...after].map((id, i) => about(id, `${i} ${'x'.repeat(i % 7)}`));
      const [first, ...rest] = messages.slice(0, before.length);
      let queue = first?.head ?? message('').head;
      for (const next of rest) queue = queue.append(next);
      let superseded = 0;
      const conflation = new Conflation(queue, () => superseded++);
      for (const next of messages.slice(before.length)) conflation.append(next);

      const kept = messages.filter(
        ({ key }, i) => key === null || messages.findLastIndex((other) => other.key?.text === key.text) === i,
      );
      expect(conflation.toArray()).toEqual(kept);
      expect(conflation.toQueue()?.toArray()).toEqual(kept);
      expect(conflation.count).toBe(kept.length);
      expect(conflation.bytes).toBe(kept.reduce((sum, { bytes }) => sum + bytes, 0));
      expect(superseded).toBe(messages.length - kept.length);
    }),
  );
});

test('the same answer given twice is kept twice', () => {
  const answer = about(null, 'value');
  const conflation = new Conflation(answer.head, () => {});
  expect(conflation.append(answer).toArray()).toEqual([answer, answer]);
});

describe('an outbox', () => {
  const SOFT = { softMessages: 3, maxMessages: 10, conflates: true };

  test('keeps every message for a connection that is not congested', async () => {
    const harness = makeOutbox({ ...SOFT, flushMs: 1000 });
    for (let i = 0; i < 6; i++) harness.pushOf('a', `${i}`);
    expect(harness.isConflating()).toBe(false);
    await eventually(() => expect(harness.writer.texts.flat()).toHaveLength(6));
    expect(harness.supersessions()).toBe(0);
  });

  test('keeps every message up to the soft limit, then the newest of each feature, then every message again', async () => {
    const harness = makeOutbox(SOFT);
    harness.congest(true);
    for (const text of ['a1', 'a2', 'b1']) harness.pushOf(text.charAt(0), text);
    expect([harness.isConflating(), harness.outbox.bytes > 0]).toEqual([false, true]);
    harness.push('plain');
    expect([harness.isConflating(), harness.supersessions()]).toEqual([true, 1]);
    for (let i = 3; i < 100; i++) harness.pushOf('a', `a${i}`);
    harness.congest(false);
    await eventually(() => expect(harness.writer.texts).toEqual([['b1', 'plain', 'a99']]));
    expect([harness.isConflating(), harness.overflows(), harness.supersessions()]).toEqual([false, 0, 98]);
    harness.writer.writes.length = 0;
    harness.congest(true);
    for (const text of ['a1', 'a2']) harness.pushOf('a', text);
    harness.congest(false);
    await eventually(() => expect(harness.writer.texts.flat()).toEqual(['a1', 'a2']));
  });

  test('closes past the hard limit if its messages have no key', () => {
    const harness = makeOutbox(SOFT);
    harness.congest(true);
    harness.pushOf('a', 'a1');
    for (let i = 0; i < 9; i++) harness.push(`${i}`);
    expect([harness.isConflating(), harness.overflows()]).toEqual([true, 0]);
    harness.pushOf('a', 'a2');
    expect(harness.overflows()).toBe(0);
    harness.push('one too many');
    expect([harness.isConflating(), harness.overflows()]).toEqual([false, 1]);
  });

  test('conflates a queue past the hard limit in bytes before it ends the session', () => {
    const harness = makeOutbox({ ...SOFT, softMessages: 10, softBytes: 1000, maxBytes: 1000 });
    harness.congest(true);
    for (let i = 0; i < 9; i++) harness.pushOf('a', 'x'.repeat(300));
    expect([harness.isConflating(), harness.overflows()]).toEqual([true, 0]);
  });

  test('drops pushed messages and stops conflating after a RESET; answers stay', () => {
    const harness = makeOutbox(SOFT);
    harness.congest(true);
    harness.answer('answer');
    for (let i = 0; i < 4; i++) harness.pushOf('a', `${i}`);
    expect(harness.isConflating()).toBe(true);
    harness.outbox.drop();
    expect(harness.isConflating()).toBe(false);
    expect(harness.outbox.bytes).toBe(message('answer').bytes);
  });

  test('stops conflating when it closes', () => {
    const harness = makeOutbox(SOFT);
    harness.congest(true);
    for (let i = 0; i < 4; i++) harness.pushOf('a', `${i}`);
    harness.outbox.close();
    expect(harness.isConflating()).toBe(false);
  });
});

test.each([
  [
    { bytes: 0, messages: 0 },
    { softBytes: 1000, softMessages: 100, conflates: false },
  ],
  [
    { bytes: 10, messages: 0 },
    { softBytes: 10, softMessages: 100, conflates: true },
  ],
  [
    { bytes: 5000, messages: 500 },
    { softBytes: 1000, softMessages: 100, conflates: true },
  ],
])('soft limits of %j never exceed the hard ones', (conflate, expected) => {
  expect(outboxLimits(20, { bytes: 1000, messages: 100 }, conflate)).toMatchObject(expected);
});
