import { Area } from '@viaduct/geo-worker';
import { eventually } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';
import { gone, point } from '../../support/live-client.js';
import { LiveHarness, LiveHarnessClient } from '../../support/live-harness.js';

/** A client that has a view without the features, and whose next view, with all of them, waits for room. */
async function waitingForRoom() {
  const harness = new LiveHarness();
  const channel = await harness.open('trains');
  for (const id of ['a', 'b']) harness.publish(point(id, 7.5, 46.5));
  const client = new LiveHarnessClient(channel);
  client.setBox(0, 0, 1, 1);
  await eventually(() => expect(client.statuses.at(-1)?.status).toBe('view'));
  client.fill();
  client.setBox(7, 46, 8, 47);
  const marks = client.statuses.length;
  // The walk has its first turn, and the first feature does not fit.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const marked = () => eventually(() => expect(client.statuses.length).toBeGreaterThan(marks));
  return { harness, client, marked };
}

describe('a feature that waits for room in the queue', () => {
  test('is sent although the view changes meanwhile', async () => {
    const { client, marked } = await waitingForRoom();
    client.setBox(7, 46, 8.1, 47);
    client.drain();
    await marked();
    expect(client.ids).toEqual(['a', 'b']);
  });

  test('is not sent after its removal', async () => {
    const { harness, client, marked } = await waitingForRoom();
    for (const id of ['a', 'b']) harness.publish(gone(id));
    client.drain();
    await marked();
    expect(client.ids).toEqual([]);
  });
});

test('a feature whose field is not its id stays, also if it is published while the hash is read', async () => {
  const harness = new LiveHarness();
  const release = harness.holdUpRead();
  const opening = harness.open('trains');
  await eventually(() => expect(harness.reads).toBe(1));
  harness.hash.set('train:17', point('17', 7, 46));
  harness.publish(point('17', 7, 46));
  release();
  const channel = await opening;
  // A comparison does not find the field by the id, and leads to another read.
  await eventually(() => expect(harness.reads).toBe(2));
  expect(channel.index.size).toBe(1);
});

test('an id that is text in a message and a number in the hash is reported, also if the message comes before the read', async () => {
  const harness = new LiveHarness();
  harness.hash.set('17', point(17, 7, 46));
  const release = harness.holdUpRead();
  const opening = harness.open('trains');
  await eventually(() => expect(harness.reads).toBe(1));
  harness.publish(point('17', 7, 46));
  expect(harness.mixedIds).toEqual([]);
  release();
  await opening;
  harness.publish(point('17', 7.1, 46));
  expect(harness.mixedIds).toEqual([['17', '"17"']]);
});

test('a gap during the first read leaves no older value', async () => {
  const harness = new LiveHarness();
  harness.hash.set('a', point('a', 1, 1));
  const release = harness.holdUpRead();
  const opening = harness.open('trains');
  await eventually(() => expect(harness.reads).toBe(1));
  harness.live.resumed();
  harness.hash.set('a', point('a', 2, 2));
  harness.publish(point('a', 2, 2));
  release();
  const channel = await opening;
  await eventually(() => expect(harness.reads).toBeGreaterThanOrEqual(2));
  await eventually(() => expect(channel.index.get('"a"')?.text).toBe(point('a', 2, 2)));
});

describe('the hash has the last word about', () => {
  test('a message that waited behind a big one while the hash was read after a gap', async () => {
    const harness = new LiveHarness();
    harness.hash
      .set('a', point('a', 1, 1))
      .set('b', point('b', 1, 1))
      .set('c', point('c', 1, 1));
    const channel = await harness.open('trains');
    const arrivedAt = performance.now();
    // Their messages are lost in the gap.
    harness.hash.set('a', point('a', 3, 3)).set('c', point('c', 3, 3));
    harness.hash.delete('b');
    harness.live.resumed();
    await eventually(() => expect(channel.index.get('"a"')?.text).toBe(point('a', 3, 3)));
    harness.publish(point('a', 2, 2), arrivedAt);
    harness.publish(point('b', 2, 2), arrivedAt);
    harness.publish(gone('c'), arrivedAt);
    await eventually(() => {
      expect(channel.index.get('"a"')?.text).toBe(point('a', 3, 3));
      expect(channel.index.get('"b"')).toBeUndefined();
      expect(channel.index.get('"c"')?.text).toBe(point('c', 3, 3));
    });
  });

  test('a feature that is published after a gap and before it is in the hash, which is read in between', async () => {
    const harness = new LiveHarness();
    harness.hash.set('a', point('a', 1, 1)).set('b', point('b', 1, 1));
    const channel = await harness.open('trains');
    const release = harness.holdUpRead();
    harness.hash.set('c', point('c', 1, 1));
    harness.live.resumed();
    harness.publish(point('a', 2, 2));
    harness.publish(gone('b'));
    await eventually(() => expect(harness.reads).toBe(2));
    harness.hash.set('a', point('a', 2, 2)).delete('b');
    release();
    // It is the last one in the hash, so the others have been applied.
    await eventually(() => expect(channel.index.get('"c"')).toBeDefined());
    expect(channel.index.get('"a"')?.text).toBe(point('a', 2, 2));
    expect(channel.index.get('"b"')).toBeUndefined();
  });

  test('a feature that is published while it moves to another field', async () => {
    const harness = new LiveHarness();
    harness.hash.set('north', point('a', 1, 1));
    const channel = await harness.open('trains');
    const release = harness.holdUpRead();
    harness.live.resumed();
    await eventually(() => expect(harness.reads).toBe(2));
    harness.hash.delete('north');
    harness.hash.set('south', point('a', 2, 2));
    harness.publish(point('a', 2, 2));
    release();
    const isDecided = (): boolean => harness.reads === 3 || channel.index.get('"a"') === undefined;
    await eventually(() => expect(isDecided()).toBe(true));
    expect(channel.index.get('"a"')?.text).toBe(point('a', 2, 2));
  });

  test('a feature that is published before it is in the hash, which is read for another one in between', async () => {
    const harness = new LiveHarness();
    harness.hash.set('a', point('a', 1, 1));
    const channel = await harness.open('trains');
    const release = harness.holdUpRead();
    harness.hash.set('c', point('c', 1, 1));
    harness.live.resumed();
    await eventually(() => expect(harness.reads).toBe(2));
    // Its field is not its id, so only another read can find it.
    harness.hash.set('train:b', point('b', 1, 1));
    harness.publish(point('b', 1, 1));
    release();
    await eventually(() => expect(channel.index.get('"c"')).toBeDefined());
    const releaseNext = harness.holdUpRead();
    harness.hash.set('d', point('d', 1, 1));
    harness.publish(point('a', 2, 2));
    await eventually(() => expect(harness.reads).toBe(3));
    harness.hash.set('a', point('a', 2, 2));
    releaseNext();
    // It is the last one in the hash, so the others have been applied.
    await eventually(() => expect(channel.index.get('"d"')).toBeDefined());
    expect(channel.index.get('"a"')?.text).toBe(point('a', 2, 2));
  });
});

test('a collection in the hash that is larger than the memory leaves none of it in use', async () => {
  const harness = new LiveHarness();
  const filler = 'x'.repeat(10_000);
  const features = Array.from({ length: 400 }, (_, i) => point(`f${i}`, 7, 46, { filler }));
  harness.hash.set('all', `{"type":"FeatureCollection","features":[${features.join(',')}]}`);
  await expect(harness.open('trains')).rejects.toMatchObject({ code: 'live_too_big' });
  expect(harness.live.bytes).toBe(0);
});

test('a session with an area gets no member by a walk that it would not get by a message', async () => {
  const harness = new LiveHarness();
  const channel = await harness.open('trains');
  const twice = '"properties":{"secret":1},"properties":{}';
  harness.publish(`{"type":"Feature","id":1,${twice},"geometry":{"type":"Point","coordinates":[7.5,46.5]}}`);
  const client = new LiveHarnessClient(channel);
  const texts: string[] = [];
  const push = client.push.bind(client);
  client.push = (message) => {
    texts.push(message.json);
    push(message);
  };
  client.view.setArea(Area.of([7, 46, 8, 47]));
  client.live.changed();
  client.live.sendAll('subscribed');
  await eventually(() => expect(client.ids).toEqual([1]));
  expect(texts.join()).not.toContain('secret');
});
