import { randomUUID } from 'node:crypto';
import { eventually } from '@viaduct/testkit/wait';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  memoryKind,
  Recorder,
  type SourceKind,
  type SourceUnderTest,
  untilReady,
} from '../support/source-harness.js';
import { clusterKind, sentinelKind, serverKind } from '../support/source-kinds.js';

describe.each([
  ['one server', 'redis', serverKind],
  ['one server, sharded', 'redis', () => serverKind('sharded')],
  ['Sentinels', 'redis', sentinelKind],
  ['a Redis Cluster', 'redis', () => clusterKind('plain')],
  ['a Redis Cluster, sharded', 'redis', () => clusterKind('sharded')],
  ['memory', 'memory', memoryKind],
] as const)('a source of %s', (_, name, start) => {
  let kind: SourceKind;
  let under: SourceUnderTest;
  let recorder: Recorder;
  let prefix: string;

  beforeAll(async () => {
    kind = await start();
  });

  afterAll(() => kind.end());

  beforeEach(async () => {
    // In a Redis Cluster, channels with the same text in braces are on one node, and keep their order.
    prefix = `{${randomUUID()}}:`;
    recorder = new Recorder();
    under = kind.make();
    await under.source.start(recorder);
    await untilReady(under.source);
  });

  afterEach(() => under.source.close());

  test('names its kind, and reports once that it is ready', async () => {
    expect(under.source.kind).toBe(name);
    await eventually(() => expect(recorder.changes).toEqual(['ready']));
  });

  test('is not ready before it is started, and cannot be started twice', async () => {
    const { source } = kind.make();
    expect(source.ready).toBe(false);
    await expect(source.hashEntries('key')).rejects.toMatchObject({ code: 'source_unavailable' });
    await source.close();
    await expect(source.start(new Recorder())).rejects.toThrow('started only once');
    await expect(under.source.start(new Recorder())).rejects.toThrow('started only once');
  });

  test('can be closed right after it was started', async () => {
    const early = new Recorder();
    const { source } = kind.make();
    await source.start(early);
    await source.close();
    expect(source.ready).toBe(false);
    await expect(source.subscribe(`${prefix}a`)).rejects.toMatchObject({ code: 'source_unavailable' });
    expect(early.changes).toEqual([]);
  });

  test('reads the fields of a hash with their values', async () => {
    const values = Array.from({ length: 1_200 }, (_, i) => `{"type":"Feature","id":${i}}`);
    await Promise.all(values.map((value, i) => under.set(`${prefix}hash`, `field ${i}`, value)));
    const { fields, values: read } = await under.source.hashEntries(`${prefix}hash`);
    expect(new Map(fields.map((field, i) => [field, read[i]]))).toEqual(
      new Map(values.map((value, i) => [`field ${i}`, value])),
    );
    expect(fields).toHaveLength(values.length);
    expect(read).toHaveLength(values.length);
  });

  test('a field is replaced and removed, and a hash ends with its last field', async () => {
    const key = `${prefix}hash`;
    await under.set(key, 'a', 'old');
    await under.set(key, 'a', 'new');
    await under.set(key, 'b', 'other');
    expect((await under.source.hashEntries(key)).values.sort()).toEqual(['new', 'other']);
    await under.remove(key, 'a');
    await under.remove(key, 'missing');
    expect((await under.source.hashEntries(key)).values).toEqual(['other']);
    await under.remove(key, 'b');
    expect((await under.source.hashEntries(key)).values).toEqual([]);
  });

  test('a hash beyond the limits of a read is refused, one at the limits is not', async () => {
    const key = `${prefix}hash`;
    for (const field of ['a', 'b', 'c']) await under.set(key, field, '\u{e9}\u{e9}');
    const tooBig = { name: 'SourceError', code: 'snapshot_too_big' };
    expect((await under.source.hashEntries(key, { maxValues: 3, maxBytes: 12 })).values).toHaveLength(3);
    for (const limits of [
      { maxValues: 2, maxBytes: 12 },
      { maxValues: 3, maxBytes: 11 },
    ]) {
      await expect(under.source.hashEntries(key, limits)).rejects.toMatchObject(tooBig);
    }
    expect(under.source.ready).toBe(true);
  });

  test('a missing key has no values', async () => {
    expect((await under.source.hashEntries(`${prefix}missing`)).values).toEqual([]);
  });

  test('reads one field, or null if the field or the key is missing', async () => {
    await under.set(`${prefix}hash`, 'field', 'value');
    await under.set(`${prefix}hash`, 'empty', '');
    expect(await under.source.hashField(`${prefix}hash`, 'field')).toBe('value');
    expect(await under.source.hashField(`${prefix}hash`, 'empty')).toBe('');
    expect(await under.source.hashField(`${prefix}hash`, 'missing')).toBeNull();
    expect(await under.source.hashField(`${prefix}missing`, 'field')).toBeNull();
  });

  test('a subscription is in place when subscribe resolves', async () => {
    const channel = `${prefix}channel`;
    expect(await under.publish(channel, 'too early')).toBe(0);
    await under.source.subscribe(channel);
    expect(await under.publish(channel, 'in time')).toBe(1);
    await eventually(() => expect(recorder.messages).toEqual([[channel, 'in time']]));
  });

  test('only messages of subscribed channels arrive', async () => {
    await under.source.subscribe(`${prefix}a`);
    await under.source.subscribe(`${prefix}b`);
    await under.publish(`${prefix}c`, 'not wanted');
    await under.publish(`${prefix}*`, 'not a pattern');
    await under.publish(`${prefix}a`, 'first');
    await under.publish(`${prefix}b`, 'second');
    await eventually(() =>
      expect(recorder.messages).toEqual([
        [`${prefix}a`, 'first'],
        [`${prefix}b`, 'second'],
      ]),
    );
  });

  test('messages arrive in the order of publishing, and never before the publishing call returns', async () => {
    const channels = [`${prefix}a`, `${prefix}b`];
    await Promise.all(channels.map((channel) => under.source.subscribe(channel)));
    const sent = Array.from({ length: 2_000 }, (_, i): [string, string] => [
      `${prefix}${i % 3 === 0 ? 'a' : 'b'}`,
      String(i),
    ]);
    const receivers = sent.map(([channel, text]) => under.publish(channel, text));
    expect(recorder.messages).toEqual([]);
    await Promise.all(receivers);
    await eventually(() => expect(recorder.messages).toHaveLength(sent.length));
    expect(recorder.messages).toEqual(sent);
  });

  test('keys, fields, values, channels and messages are Unicode', async () => {
    const text = 'Zürich \u{1F68B} 駅 \u0000 "\r\n" e\u0301';
    await under.set(`${prefix}${text}`, text, text);
    expect((await under.source.hashEntries(`${prefix}${text}`)).values).toEqual([text]);
    expect(await under.source.hashField(`${prefix}${text}`, text)).toBe(text);
    await under.source.subscribe(`${prefix}${text}`);
    await under.publish(`${prefix}${text}`, text);
    await under.publish(`${prefix}${text}`, '');
    await eventually(() => expect(recorder.texts(`${prefix}${text}`)).toEqual([text, '']));
  });

  test('names of properties that all objects have are ordinary names', async () => {
    const names = ['__proto__', 'constructor', 'toString'];
    await Promise.all(names.map((field) => under.set(`${prefix}hash`, field, field)));
    expect((await under.source.hashEntries(`${prefix}hash`)).values.sort()).toEqual(names.sort());
    await under.source.subscribe('__proto__');
    await under.publish('__proto__', prefix);
    await eventually(() => expect(recorder.texts('__proto__')).toEqual([prefix]));
  });

  test('unsubscribe ends one subscription, and no other', async () => {
    await under.source.subscribe(`${prefix}a`);
    await under.source.subscribe(`${prefix}b`);
    await under.source.unsubscribe(`${prefix}a`);
    expect(await under.publish(`${prefix}a`, 'too late')).toBe(0);
    expect(await under.publish(`${prefix}b`, 'in time')).toBe(1);
    await eventually(() => expect(recorder.messages).toEqual([[`${prefix}b`, 'in time']]));
  });

  test('a channel that is not subscribed can be unsubscribed', async () => {
    await expect(under.source.unsubscribe(`${prefix}a`)).resolves.toBeUndefined();
  });

  test('a second subscribe to a channel changes nothing', async () => {
    await under.source.subscribe(`${prefix}a`);
    await under.source.subscribe(`${prefix}a`);
    expect(await under.publish(`${prefix}a`, 'once')).toBe(1);
    // In a cluster it may still be on its way between nodes.
    await eventually(() => expect(recorder.texts(`${prefix}a`)).toEqual(['once']));
    await under.source.unsubscribe(`${prefix}a`);
    expect(await under.publish(`${prefix}a`, 'too late')).toBe(0);
    expect(recorder.texts(`${prefix}a`)).toEqual(['once']);
  });

  test('the last of simultaneous calls for one channel decides', async () => {
    const { source } = under;
    const channel = `${prefix}a`;
    await Promise.all([source.subscribe(channel), source.unsubscribe(channel), source.subscribe(channel)]);
    expect(await under.publish(channel, 'heard')).toBe(1);
    await eventually(() => expect(recorder.texts(channel)).toEqual(['heard']));
    await Promise.all([source.unsubscribe(channel), source.subscribe(channel), source.unsubscribe(channel)]);
    expect(await under.publish(channel, 'not heard')).toBe(0);
    expect(recorder.texts(channel)).toEqual(['heard']);
  });

  test('can publish', async () => {
    await under.source.subscribe(`${prefix}a`);
    await under.source.publish(`${prefix}a`, 'ein \u{1F686} \u00e4');
    await eventually(() => expect(recorder.texts(`${prefix}a`)).toEqual(['ein \u{1F686} \u00e4']));
    await under.source.close();
    await expect(under.source.publish(`${prefix}a`, 'too late')).rejects.toMatchObject({
      code: 'source_unavailable',
    });
  });

  test('close ends everything', async () => {
    const { source } = under;
    await under.set(`${prefix}hash`, 'field', 'value');
    await source.subscribe(`${prefix}a`);
    await eventually(() => expect(recorder.changes).toEqual(['ready']));
    await source.close();
    expect(source.ready).toBe(false);
    await eventually(async () => expect(await under.publish(`${prefix}a`, 'too late')).toBe(0));
    const away = { name: 'SourceError', code: 'source_unavailable' };
    await expect(source.hashEntries(`${prefix}hash`)).rejects.toMatchObject(away);
    await expect(source.hashField(`${prefix}hash`, 'field')).rejects.toMatchObject(away);
    await expect(source.subscribe(`${prefix}b`)).rejects.toMatchObject(away);
    await expect(source.unsubscribe(`${prefix}a`)).resolves.toBeUndefined();
    await expect(source.close()).resolves.toBeUndefined();
    expect(recorder.messages).toEqual([]);
    expect(recorder.changes).toEqual(['ready']);
  });
});
