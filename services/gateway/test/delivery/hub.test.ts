import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeMember, HubHarness } from '../support/hub-harness.js';

const DELAY_MS = 500;

let harness: HubHarness;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  harness = new HubHarness(DELAY_MS);
});

afterEach(() => {
  harness.hub.close();
  vi.useRealTimers();
});

/** Runs everything that is due within that time. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** The state of a promise after everything due has happened; that of nothing to wait for is `done`. */
async function state(promise: Promise<unknown> | undefined): Promise<string> {
  let seen = 'open';
  Promise.resolve(promise).then(
    () => {
      seen = 'done';
    },
    (error: Error) => {
      seen = error.message;
    },
  );
  await pass(0);
  return seen;
}

describe('subscribe', () => {
  test('resolves when the source has confirmed', async () => {
    const { hub, source } = harness;
    source.prompt = false;
    const subscribing = hub.subscribe('a', new FakeMember());
    expect(await state(subscribing)).toBe('open');
    expect(source.calls).toEqual(['+a']);
    source.open[0]?.succeed();
    expect(await state(subscribing)).toBe('done');
  });

  test('of a second session needs no command to the source, and waits for the first one', async () => {
    const { hub, source } = harness;
    source.prompt = false;
    const both = [hub.subscribe('a', new FakeMember()), hub.subscribe('a', new FakeMember())];
    await pass(0);
    expect(source.calls).toEqual(['+a']);
    expect(await state(Promise.race(both))).toBe('open');
    source.open[0]?.succeed();
    expect(await state(Promise.all(both))).toBe('done');
    await hub.subscribe('a', new FakeMember());
    expect(source.calls).toEqual(['+a']);
  });

  test('of a session that is already subscribed does not duplicate messages', async () => {
    const { hub, source } = harness;
    const member = await harness.member('a', 'a');
    hub.deliver('a', '1');
    expect(member.contents).toEqual([1]);
    expect(source.calls).toEqual(['+a']);
  });

  test('that fails leaves the session unsubscribed and nothing behind', async () => {
    const { hub, source } = harness;
    source.prompt = false;
    const member = new FakeMember();
    const subscribing = hub.subscribe('a', member);
    await pass(0);
    source.open[0]?.fail(new Error('away'));
    expect(await state(subscribing)).toBe('away');
    hub.deliver('a', '1');
    expect(member.messages).toEqual([]);
    await pass(DELAY_MS);
    expect(source.calls).toEqual(['+a']);
    expect(hub.channelCount).toBe(0);
  });

  test('that fails is tried again for the next session that waits', async () => {
    const { hub, source } = harness;
    source.prompt = false;
    const [first, second] = [new FakeMember(), new FakeMember()];
    const failing = hub.subscribe('a', first);
    const waiting = hub.subscribe('a', second);
    await pass(0);
    source.open[0]?.fail(new Error('away'));
    expect(await state(failing)).toBe('away');
    expect(await state(waiting)).toBe('open');
    expect(source.calls).toEqual(['+a', '+a']);
    source.open[1]?.succeed();
    expect(await state(waiting)).toBe('done');
    hub.deliver('a', '1');
    expect([first.contents, second.contents]).toEqual([[], [1]]);
  });

  test('that failed can be repeated', async () => {
    const { hub, source } = harness;
    source.prompt = false;
    const member = new FakeMember();
    const failing = hub.subscribe('a', member);
    await pass(0);
    source.open[0]?.fail(new Error('away'));
    expect(await state(failing)).toBe('away');
    source.prompt = true;
    await hub.subscribe('a', member);
    hub.deliver('a', '1');
    expect(member.contents).toEqual([1]);
  });

  test('of one channel does not wait for another channel', async () => {
    const { hub, source } = harness;
    source.prompt = false;
    const slow = hub.subscribe('slow', new FakeMember());
    await pass(0);
    source.prompt = true;
    expect(await state(hub.subscribe('quick', new FakeMember()))).toBe('done');
    expect(await state(slow)).toBe('open');
  });
});

describe('unsubscribe', () => {
  test('ends delivery at once, and the upstream subscription after a delay', async () => {
    const { hub, source } = harness;
    const member = await harness.member('a');
    hub.unsubscribe('a', member);
    hub.deliver('a', '1');
    expect(member.messages).toEqual([]);
    await pass(DELAY_MS - 1);
    expect(source.calls).toEqual(['+a']);
    await pass(1);
    expect(source.calls).toEqual(['+a', '-a']);
    expect(hub.channelCount).toBe(0);
  });

  test('of one session does not affect the others', async () => {
    const { hub, source } = harness;
    const [leaves, stays] = [await harness.member('a'), await harness.member('a')];
    hub.unsubscribe('a', leaves);
    await pass(2 * DELAY_MS);
    hub.deliver('a', '1');
    expect([leaves.contents, stays.contents]).toEqual([[], [1]]);
    expect(source.calls).toEqual(['+a']);
  });

  test('that is followed by a subscribe within the delay needs no command to the source', async () => {
    const { hub, source } = harness;
    hub.unsubscribe('a', await harness.member('a'));
    await pass(DELAY_MS - 1);
    const back = await harness.member('a');
    await pass(2 * DELAY_MS);
    expect(source.calls).toEqual(['+a']);
    hub.deliver('a', '1');
    expect(back.contents).toEqual([1]);
  });

  test('restarts the delay each time', async () => {
    const { hub, source } = harness;
    hub.unsubscribe('a', await harness.member('a'));
    await pass(DELAY_MS - 1);
    hub.unsubscribe('a', await harness.member('a'));
    await pass(DELAY_MS - 1);
    expect(source.calls).toEqual(['+a']);
    await pass(1);
    expect(source.calls).toEqual(['+a', '-a']);
  });

  test('a subscribe while the source unsubscribes waits for it and then subscribes again', async () => {
    const { hub, source } = harness;
    hub.unsubscribe('a', await harness.member('a'));
    source.prompt = false;
    await pass(DELAY_MS);
    expect(source.open.map(({ call }) => call)).toEqual(['-a']);
    const member = new FakeMember();
    const back = hub.subscribe('a', member);
    expect(await state(back)).toBe('open');
    source.open[0]?.succeed();
    await pass(0);
    expect(source.open.map(({ call }) => call)).toEqual(['-a', '+a']);
    source.open[1]?.succeed();
    expect(await state(back)).toBe('done');
    hub.deliver('a', '1');
    expect(member.contents).toEqual([1]);
  });

  test('a session that leaves while the source subscribes receives nothing, and the source unsubscribes', async () => {
    const { hub, source } = harness;
    source.prompt = false;
    const member = new FakeMember();
    const subscribing = hub.subscribe('a', member);
    await pass(0);
    hub.unsubscribe('a', member);
    source.prompt = true;
    source.open[0]?.succeed();
    expect(await state(subscribing)).toBe('done');
    hub.deliver('a', '1');
    expect(member.messages).toEqual([]);
    await pass(DELAY_MS);
    expect(source.calls).toEqual(['+a', '-a']);
    expect(hub.channelCount).toBe(0);
  });

  test('of a session that is not subscribed does nothing', async () => {
    const { hub, source } = harness;
    hub.unsubscribe('a', new FakeMember());
    const member = await harness.member('b');
    hub.unsubscribe('b', new FakeMember());
    await pass(DELAY_MS);
    hub.deliver('b', '1');
    expect(member.contents).toEqual([1]);
    expect(source.calls).toEqual(['+b']);
  });
});

describe('deliver', () => {
  test('a message without subscribers is not parsed', () => {
    harness.hub.deliver('a', 'no JSON');
    expect(harness.reports.invalids).toEqual([]);
    expect(harness.reports.deliveries).toEqual([]);
  });

  test('a message that is not JSON is reported and dropped', async () => {
    const member = await harness.member('a');
    for (const text of ['no JSON', '', '{"a":', 'NaN']) harness.hub.deliver('a', text);
    harness.hub.deliver('a', '"fine"');
    expect(member.contents).toEqual(['fine']);
    expect(harness.reports.invalids).toEqual(['a', 'a', 'a', 'a']);
  });

  test('sessions with the same view receive the same object, encoded once', async () => {
    const members = [await harness.member('a'), await harness.member('a'), await harness.member('a')];
    harness.hub.deliver('a', '{ "spaces":  "stay" }');
    const [first, ...others] = members.map(({ messages }) => messages[0]);
    for (const other of others) expect(other).toBe(first);
    expect(first?.json).toContain('{ "spaces":  "stay" }');
    expect(harness.reports.deliveries).toEqual([['a', 3, 3]]);
  });

  test('the envelope of a pushed message has the time of the message and no reference', async () => {
    const before = Date.now();
    const member = await harness.member('a');
    harness.hub.deliver('a', '1');
    const [envelope] = member.received;
    expect(envelope).toMatchObject({ source: 'a', content: 1, client_reference: null });
    expect(envelope?.timestamp).toBeGreaterThanOrEqual(before);
    expect(envelope?.timestamp).toBeLessThanOrEqual(Date.now());
  });

  test('a filter that fails is reported, and other sessions still receive the message', async () => {
    const members = [await harness.member('a'), await harness.member('a'), await harness.member('a')];
    for (const [i, { view }] of members.entries()) {
      view.setFilter('f', () => {
        if (i === 1) throw new Error('broken filter');
        return true;
      });
    }
    for (const member of members) harness.hub.moved('a', member);
    harness.hub.deliver('a', '1');
    expect(members.map(({ contents }) => contents)).toEqual([[1], [], [1]]);
    expect(harness.reports.failures).toEqual([new Error('broken filter')]);
    expect([harness.reports.deliveries, harness.reports.unserved]).toEqual([[['a', 2, 3]], [1]]);
  });

  test('an audience that cannot be served counts as failed, not as filtered', async () => {
    const members = [await harness.member('a'), await harness.member('a'), await harness.member('a')];
    Object.assign(members[1] ?? {}, { push: () => expect.fail('broken session') });
    harness.hub.deliver('a', '1');
    expect(members.map(({ contents }) => contents)).toEqual([[1], [], []]);
    expect([harness.reports.deliveries, harness.reports.unserved]).toEqual([[['a', 1, 3]], [2]]);
  });

  test('if a session leaves during delivery, all others still receive the message', async () => {
    const { hub } = harness;
    const members = [await harness.member('a'), await harness.member('a'), await harness.member('a')];
    const [, leaves] = members;
    if (leaves === undefined) throw new Error('no member');
    leaves.push = () => hub.unsubscribe('a', leaves);
    hub.deliver('a', '1');
    hub.deliver('a', '2');
    expect(members.map(({ contents }) => contents)).toEqual([[1, 2], [], [1, 2]]);
    expect(harness.reports.deliveries).toEqual([
      ['a', 3, 3],
      ['a', 2, 2],
    ]);
  });
});

test('no timer remains after close', async () => {
  harness.hub.unsubscribe('a', await harness.member('a'));
  harness.hub.close();
  expect(vi.getTimerCount()).toBe(0);
});
