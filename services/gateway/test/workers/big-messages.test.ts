import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveCrs } from '@viaduct/geo-worker';
import { atEnd } from '@viaduct/testkit/teardown';
import { scaled } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';
import { BigHarness } from '../support/big-harness.js';
import type { FakeMember } from '../support/hub-harness.js';

const MERCATOR = await resolveCrs('epsg:3857');
const HERE = { minX: 6, minY: 46, maxX: 8, maxY: 48 };
const THERE = { minX: 100, minY: 0, maxX: 120, maxY: 20 };
const POINT = { type: 'Point', coordinates: [7, 47] };

/** The numbers of the messages that a member got. */
function numbers(member: FakeMember): unknown[] {
  return member.contents.map((content) => (content as { n?: unknown }).n);
}

function message(n: number, members: object = {}): string {
  return JSON.stringify({ n, ...members });
}

/** A file that does not exist yet; its existence tells a worker that it failed once. */
function marker(name: string): string {
  const file = join(tmpdir(), `viaduct-${process.pid}-${name}`);
  rmSync(file, { force: true });
  atEnd(() => rmSync(file, { force: true }));
  return file;
}

describe('order', () => {
  const LONG = 'x'.repeat(2000);

  test('small messages wait for the big one before them; messages of other channels do not', async () => {
    const harness = new BigHarness({ minBytes: 1000 });
    const [a, b] = [await harness.member('a'), await harness.member('b')];
    harness.hub.deliver('a', message(1, { LONG }));
    harness.hub.deliver('a', message(2));
    harness.hub.deliver('a', message(3, { LONG }));
    harness.hub.deliver('a', message(4));
    harness.hub.deliver('b', message(5));
    expect(numbers(b)).toEqual([5]);
    expect(numbers(a)).toEqual([]);
    await harness.done();
    expect(numbers(a)).toEqual([1, 2, 3, 4]);
    expect(harness.poolReports.tasks).toEqual(['message', 'message']);
    expect(harness.reports.deliveries.filter(([channel]) => channel === 'a')).toEqual(
      [1, 2, 3, 4].map(() => ['a', 1, 1]),
    );
    harness.hub.deliver('a', message(6));
    expect(numbers(a)).toEqual([1, 2, 3, 4, 6]);
  });

  test('a shorter message goes to the workers if many audiences need their own text; a short one never does', async () => {
    const harness = new BigHarness({ minBytes: 4000 });
    const crss = await Promise.all(Array.from({ length: 40 }, (_, i) => resolveCrs(`epsg:${32_601 + i}`)));
    const members = await Promise.all(crss.map(() => harness.member('many')));
    for (const [i, member] of members.entries()) {
      member.view.setProjection({ crs: crss[i] ?? MERCATOR, axisOrder: 'xy', precision: null });
      harness.hub.moved('many', member);
    }
    await harness.member('few');
    harness.hub.deliver('few', message(1, { pad: 'x'.repeat(1000) }));
    harness.hub.deliver('many', message(1, { pad: 'x'.repeat(1000) }));
    harness.hub.deliver('many', message(2));
    await harness.done();
    expect(new Set(harness.poolReports.tasks)).toEqual(new Set(['message']));
    expect(harness.reports.deliveries).toEqual([
      ['few', 1, 1],
      ['many', 40, 40],
      ['many', 40, 40],
    ]);
    for (const member of members) expect(numbers(member)).toEqual([1, 2]);
    const before = harness.poolReports.tasks.length;
    harness.hub.deliver('many', message(3));
    expect(numbers(members[0] as FakeMember)).toEqual([1, 2, 3]);
    expect(harness.poolReports.tasks).toHaveLength(before);
  });

  test('a big Feature replaces an older one with its id for slow clients, whichever thread wrote it', async () => {
    const harness = new BigHarness({ minBytes: 1000 });
    const [plain, filtered] = [await harness.member('a'), await harness.member('a')];
    filtered.view.setFilter('f', () => true);
    harness.hub.moved('a', filtered);
    const feature = (id: string, properties: object): string =>
      JSON.stringify({ type: 'Feature', id, geometry: POINT, properties });
    harness.hub.deliver('a', feature('x', { LONG }));
    harness.hub.deliver('a', feature('x', {}));
    harness.hub.deliver('a', feature('y', { LONG }));
    harness.hub.deliver('a', message(1, { LONG }));
    await harness.done();
    for (const { messages } of [plain, filtered]) {
      const [big, small, other, none] = messages.map(({ key }) => key?.text);
      expect(big).toBe(small);
      expect(other).not.toBe(small);
      expect([typeof big, typeof other, none]).toEqual(['string', 'string', undefined]);
    }
  });

  test('a geometry that does not exist in the projection differs from one that is gone', async () => {
    const harness = new BigHarness();
    const a = await harness.member('a');
    a.view.setProjection({ crs: MERCATOR, axisOrder: 'xy', precision: null });
    harness.hub.moved('a', a);
    const beyond = {
      type: 'Feature',
      id: 1,
      geometry: { type: 'Point', coordinates: [0, 95] },
      properties: {},
    };
    harness.hub.deliver('a', JSON.stringify(beyond));
    harness.hub.deliver('a', JSON.stringify({ ...beyond, geometry: null }));
    await harness.done();
    const envelopes = a.messages.map(({ json }) => JSON.parse(json));
    expect(envelopes.map(({ content }) => content.geometry)).toEqual([null, null]);
    expect(envelopes.map(({ unlocated }) => unlocated)).toEqual([true, undefined]);
  });

  test('a message is big by its bytes in UTF-8', async () => {
    const harness = new BigHarness({ minBytes: 1000 });
    const a = await harness.member('a');
    harness.hub.deliver('a', JSON.stringify('€'.repeat(300)));
    expect(a.contents).toHaveLength(1);
    harness.hub.deliver('a', JSON.stringify('€'.repeat(400)));
    expect(a.contents).toHaveLength(1);
    await harness.done();
    expect(a.contents[1]).toBe('€'.repeat(400));
  });

  test('channels with big messages do not wait for each other', async () => {
    const harness = new BigHarness({ timeoutMs: scaled(2000) });
    const [a, b] = [await harness.member('a'), await harness.member('b')];
    harness.hub.deliver('a', message(1, { fault: 'hang' }));
    harness.hub.deliver('b', message(2));
    await expect.poll(() => numbers(b)).toEqual([2]);
    expect(numbers(a)).toEqual([]);
  });
});

describe('a session that changes while a worker processes a message', () => {
  test('gets it by the box and projection of the time when it is sent', async () => {
    const harness = new BigHarness();
    const [into, out, moved, held] = await Promise.all([1, 2, 3, 4].map(() => harness.member('a')));
    into?.view.setBox(THERE);
    out?.view.setBox(HERE);
    for (const member of [into, out]) if (member !== undefined) harness.hub.moved('a', member);
    harness.hub.deliver('a', message(1, POINT));
    into?.view.setBox(HERE);
    out?.view.setBox(THERE);
    moved?.view.setProjection({ crs: MERCATOR, axisOrder: 'xy', precision: 1 });
    held?.view.hold();
    for (const member of [into, out, moved, held]) {
      if (member !== undefined) harness.hub.moved('a', member);
    }
    await harness.done();
    expect(into?.contents).toEqual([{ n: 1, ...POINT }]);
    expect(out?.contents).toEqual([]);
    expect(moved?.contents).toEqual([{ n: 1, type: 'Point', coordinates: [779236, 5942074] }]);
    expect(held?.contents).toEqual([]);
    expect(harness.reports.deliveries).toEqual([['a', 2, 4]]);
  });

  test('gets nothing after it has unsubscribed, and nothing from before it subscribed', async () => {
    const harness = new BigHarness();
    const [stays, leaves] = [await harness.member('a'), await harness.member('a')];
    harness.hub.deliver('a', message(1));
    harness.hub.unsubscribe('a', leaves);
    const comes = await harness.member('a');
    await harness.done();
    expect([stays, leaves, comes].map(numbers)).toEqual([[1], [], []]);
    harness.hub.deliver('a', message(2));
    await harness.done();
    expect([stays, leaves, comes].map(numbers)).toEqual([[1, 2], [], [2]]);
  });

  test('is asked to keep its view until it has the message', async () => {
    const harness = new BigHarness();
    const member = await harness.member('a');
    let settled = 0;
    member.delayCommands = async (until) => {
      await until;
      settled = member.contents.length;
    };
    harness.hub.deliver('a', message(1, POINT));
    member.view.setBox(HERE);
    harness.hub.moved('a', member);
    await harness.done();
    await expect.poll(() => settled).toBe(1);
  });

  test('gets it even if it keeps changing', async () => {
    const harness = new BigHarness();
    const member = await harness.member('a');
    let moves = 0;
    const move = (): void => {
      member.view.setBox({ ...HERE, minX: HERE.minX - ++moves });
      harness.hub.moved('a', member);
    };
    member.delayCommands = () => setImmediate(move);
    harness.hub.deliver('a', message(1, POINT));
    move();
    await harness.done();
    expect(numbers(member)).toEqual([1]);
    expect(harness.poolReports.tasks).toHaveLength(2);
    expect(moves).toBeGreaterThan(1);
  });
});

describe('a worker that fails', () => {
  test.each(['exit', 'throw', 'exhaust'])(
    '%s: is replaced, and the message is tried again',
    async (fault) => {
      const harness = new BigHarness({ threads: 1 });
      const member = await harness.member('a');
      const file = marker(fault);
      harness.hub.deliver('a', message(1, { fault: `${fault} until ${file}` }));
      harness.hub.deliver('a', message(2));
      await harness.done();
      expect(numbers(member)).toEqual([1, 2]);
      expect(harness.poolReports.failures).toEqual([['crash', true]]);
      expect(harness.reports.drops).toEqual([]);
    },
  );

  test('hang: is replaced, and the message is tried again', async () => {
    const harness = new BigHarness({ threads: 1, timeoutMs: scaled(2000) });
    const member = await harness.member('a');
    harness.hub.deliver('a', message(1, { fault: `hang until ${marker('hang')}` }));
    harness.hub.deliver('a', message(2));
    await harness.done();
    expect(numbers(member)).toEqual([1, 2]);
    expect(harness.poolReports.failures).toEqual([['timeout', true]]);
  });

  test('twice with the same message: the message is dropped and counted, and the next ones arrive', async () => {
    const harness = new BigHarness({ threads: 1 });
    const member = await harness.member('a');
    harness.hub.deliver('a', message(1, { fault: 'exit' }));
    harness.hub.deliver('a', message(2));
    await harness.done();
    expect(numbers(member)).toEqual([2]);
    expect(harness.poolReports.failures).toEqual([
      ['crash', true],
      ['crash', false],
    ]);
    expect(harness.reports.drops).toEqual([['a', 'worker']]);
    expect(harness.reports.failures).toEqual([]);
  });
});

describe('the queue is bounded', () => {
  const PAD = 'x'.repeat(1000);

  test('beyond the limit in bytes, the oldest big messages of the channel are dropped for newer ones', async () => {
    const harness = new BigHarness({ minBytes: 500, maxBytes: 3500 });
    const member = await harness.member('a');
    for (let n = 1; n <= 6; n++) harness.hub.deliver('a', message(n, { PAD }));
    harness.hub.deliver('a', message(7));
    expect(harness.bigMessages.bytes).toBeLessThanOrEqual(3500);
    await harness.done();
    expect(numbers(member)).toEqual([1, 5, 6, 7]);
    expect(harness.reports.drops).toEqual([2, 3, 4].map(() => ['a', 'queue']));
    expect(harness.bigMessages.bytes).toBe(0);
  });

  test('beyond the limit in messages, a small one is dropped if there is no big one to drop', async () => {
    const harness = new BigHarness({ minBytes: 500, maxMessages: 3 });
    const member = await harness.member('a');
    harness.hub.deliver('a', message(1, { PAD }));
    for (let n = 2; n <= 5; n++) harness.hub.deliver('a', message(n));
    await harness.done();
    expect(numbers(member)).toEqual([1, 2, 3]);
    expect(harness.reports.drops).toEqual([4, 5].map(() => ['a', 'queue']));
  });

  test('a channel cannot displace the messages of another', async () => {
    const harness = new BigHarness({ minBytes: 500, maxMessages: 3 });
    const [a, b] = [await harness.member('a'), await harness.member('b')];
    for (let n = 1; n <= 3; n++) harness.hub.deliver('a', message(n, { PAD }));
    harness.hub.deliver('b', message(4, { PAD }));
    await harness.done();
    expect([a, b].map(numbers)).toEqual([[1, 2, 3], []]);
    expect(harness.reports.drops).toEqual([['b', 'queue']]);
  });

  test('a single message above the limit is delivered', async () => {
    const harness = new BigHarness({ maxBytes: 500 });
    const member = await harness.member('a');
    harness.hub.deliver('a', message(1, { PAD }));
    await harness.done();
    expect(numbers(member)).toEqual([1]);
  });
});

test('a message that is not JSON is reported once and dropped, whichever sessions would receive it', async () => {
  const harness = new BigHarness();
  const [plain, projected, filtered] = await Promise.all([1, 2, 3].map(() => harness.member('a')));
  projected?.view.setProjection({ crs: MERCATOR, axisOrder: 'xy', precision: null });
  filtered?.view.setFilter('all', () => true);
  for (const member of [projected, filtered]) if (member !== undefined) harness.hub.moved('a', member);
  harness.hub.deliver('a', '{');
  await harness.done();
  for (const member of [plain, projected, filtered]) expect(member?.contents).toEqual([]);
  expect(harness.reports.invalids).toEqual(['a']);
});

test('sessions with equal views get the same bytes, encoded once', async () => {
  const harness = new BigHarness();
  const members = await Promise.all([1, 2, 3].map(() => harness.member('a')));
  harness.hub.deliver('a', message(1));
  await harness.done();
  expect(new Set(members.flatMap(({ messages }) => messages)).size).toBe(1);
});
