import { randomUUID } from 'node:crypto';
import { compareStreamIds } from '@viaduct/protocol';
import { eventually } from '@viaduct/testkit/wait';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  memoryStreamsKind,
  recover,
  redisStreamsKind,
  type StoreKind,
  type StoreUnderTest,
  StreamRecorder,
} from '../support/stream-harness.js';

describe.each([
  ['Redis', redisStreamsKind],
  ['memory', memoryStreamsKind],
] as const)('streams in %s', (_name, start) => {
  let kind: StoreKind;
  let under: StoreUnderTest;
  let recorder: StreamRecorder;
  let stream: string;

  beforeAll(async () => {
    kind = await start();
  });

  afterAll(() => kind.end());

  beforeEach(async () => {
    stream = `${randomUUID()}:Zürich 駅`;
    recorder = new StreamRecorder();
    under = kind.make();
    under.store.start(recorder);
    await eventually(() => {
      expect(under.store.ready).toBe(true);
      expect(recorder.changes).toBe(1);
    });
  });

  afterEach(() => under.store.close());

  const untilReceived = (...texts: string[]): Promise<void> =>
    eventually(() => expect(recorder.texts(stream)).toEqual(texts));

  test('entries added after follow arrive in order, with their ids, and no others', async () => {
    await under.add(stream, 'early');
    await under.store.follow(stream);
    const ids: string[] = [];
    for (const text of ['a', 'b', 'c']) ids.push(await under.add(stream, text));
    await under.add(`${stream} other`, 'not followed');
    await untilReceived('a', 'b', 'c');
    expect(recorder.received.map(([, { id }]) => id)).toEqual(ids);
    expect(under.store.position(stream)).toBe(ids.at(-1));
    expect(recorder.losses).toEqual([]);
  });

  test('a stream that does not exist yet can be followed', async () => {
    await under.store.follow(stream);
    expect(under.store.position(stream)).toBe('0-0');
    await under.add(stream, 'first');
    await untilReceived('first');
    expect(recorder.losses).toEqual([]);
  });

  test('a second follow changes nothing, and other streams join during a waiting read', async () => {
    await under.store.follow(stream);
    await under.store.follow(stream);
    await under.add(stream, 'a');
    await untilReceived('a');
    const others = Array.from({ length: 5 }, (_, i) => `${stream} ${i}`);
    for (const other of others) {
      await under.store.follow(other);
      await under.add(other, 'hello');
      await eventually(() => expect(recorder.texts(other)).toEqual(['hello']));
    }
    await under.add(stream, 'b');
    await untilReceived('a', 'b');
  });

  test('no entry arrives after unfollow, and another follow begins at the end', async () => {
    await under.store.follow(stream);
    await under.add(stream, 'a');
    await untilReceived('a');
    under.store.unfollow(stream);
    expect(under.store.position(stream)).toBeNull();
    await under.add(stream, 'unheard');
    await under.store.follow(stream);
    await under.add(stream, 'b');
    await untilReceived('a', 'b');
  });

  test('5,000 entries at full speed arrive once each, in order', async () => {
    await under.store.follow(stream);
    const texts = Array.from({ length: 5000 }, (_, i) => String(i));
    await Promise.all(texts.map((text) => under.add(stream, text)));
    await eventually(() => expect(recorder.received).toHaveLength(texts.length));
    expect(recorder.texts(stream)).toEqual(texts);
    const ids = recorder.received.map(([, { id }]) => id);
    expect(ids.every((id, i) => i === 0 || compareStreamIds(ids[i - 1] ?? '', id) < 0)).toBe(true);
    expect(recorder.losses).toEqual([]);
  });

  test('the entries after an id can be read', async () => {
    const ids = [await under.add(stream, 'a'), await under.add(stream, 'b'), await under.add(stream, 'c')];
    const [a = '', b = '', c = ''] = ids;
    const after = (id: string, limit = 10, maxBytes?: number) =>
      recover(under.store, stream, id, limit, maxBytes);
    expect(await after(a)).toEqual({
      complete: true,
      entries: [
        { id: b, text: 'b' },
        { id: c, text: 'c' },
      ],
    });
    expect(await after('0-0')).toMatchObject({ complete: true, entries: { length: 3 } });
    expect(await after(c)).toEqual({ complete: true, entries: [] });
    expect(await after(a, 2)).toMatchObject({ complete: true, entries: { length: 2 } });
    expect(await after(a, 1)).toEqual({ complete: false, reason: 'too_many' });
    expect(await after(a, 10, 2)).toMatchObject({ complete: true, entries: { length: 2 } });
    expect(await after(a, 10, 1)).toEqual({ complete: false, reason: 'too_many' });
  });

  test('many entries after an id are all read, in order', async () => {
    const texts = Array.from({ length: 600 }, (_, i) => String(i));
    for (const text of texts) await under.add(stream, text);
    for (const limit of [600, 1000]) {
      const after = await recover(under.store, stream, '0-0', limit);
      expect(after.complete && after.entries.map(({ text }) => text)).toEqual(texts);
    }
    expect(await recover(under.store, stream, '0-0', 599)).toEqual({ complete: false, reason: 'too_many' });
  });

  test('entries that a stream has lost or never had are not mistaken for an empty stream', async () => {
    const after = (id: string) => recover(under.store, stream, id, 10);
    const unknown = { complete: false, reason: 'unknown_id' };
    const trimmed = { complete: false, reason: 'trimmed' };
    expect(await after('0-0')).toEqual(unknown);
    expect(await after('1753100000000-0')).toEqual(unknown);
    const ids: string[] = [];
    for (const text of ['a', 'b', 'c', 'd']) ids.push(await under.add(stream, text, 2));
    const [a = '', b = '', c = '', d = ''] = ids;
    expect(await after('0-0')).toEqual(trimmed);
    expect(await after(a)).toEqual(trimmed);
    expect(await after(c)).toEqual({ complete: true, entries: [{ id: d, text: 'd' }] });
    expect(await after(d)).toEqual({ complete: true, entries: [] });
    expect(await after(`${d}0`)).toEqual(unknown);
    // Nothing after it is missing, but the server does not say so.
    expect(await after(b)).toEqual(trimmed);
  });

  test('close ends everything', async () => {
    await under.store.follow(stream);
    await under.store.close();
    expect(under.store.ready).toBe(false);
    const away = { name: 'SourceError', code: 'source_unavailable' };
    await expect(under.store.follow(`${stream} other`)).rejects.toMatchObject(away);
    await expect(under.store.after(stream, '0-0', 1)).rejects.toMatchObject(away);
    expect(under.store.position(stream)).toBeNull();
    expect(recorder.received).toEqual([]);
  });
});
