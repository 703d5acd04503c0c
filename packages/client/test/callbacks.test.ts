import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { BacklogError, LiveCollection, type Subscription } from '../src/index.js';
import { fakeClock } from './support/fake-clock.js';
import { type FakeWire, fakeClient, openClient, settled } from './support/fake-wire.js';
import { train } from './support/stack.js';
import { uncaughtIn } from './support/uncaught.js';

fakeClock();

describe('a client that a callback closes', () => {
  test('while its connection ends stays closed, and its listeners hear only that', async () => {
    const { viaduct, wire } = await openClient();
    const heard: string[] = [];
    viaduct.on('state', (state) => heard.push(state));
    viaduct.subscribe('trains', { onState: ({ state }) => state === 'offline' && viaduct.close() });
    await wire.confirmAll();
    wire.breaks();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([viaduct.state, heard, wire.attempts.length]).toEqual(['closed', ['closed'], 1]);
  });

  test('does not connect again if the end of its connection is reported after that', async () => {
    const { viaduct, wire } = await openClient();
    viaduct.close();
    wire.breaks(1012);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([viaduct.state, wire.attempts.length]).toEqual(['closed', 1]);
  });

  test('reports its states to every listener in the same order, and to each of `once` one of them', async () => {
    const { viaduct, wire } = await openClient();
    const heard: string[] = [];
    viaduct.on('state', () => viaduct.close());
    viaduct.on('state', (state) => heard.push(state));
    viaduct.once('state', (state) => heard.push(`once ${state}`));
    wire.breaks();
    expect(heard).toEqual(['connecting', 'once connecting', 'closed']);
  });
});

test('a listener that an earlier one removes is not called', async () => {
  const { viaduct, wire } = await fakeClient();
  const heard: string[] = [];
  viaduct.on('state', () => stop());
  const stop = viaduct.on('state', (state) => heard.push(state));
  wire.observer.opened();
  expect(heard).toEqual([]);
});

test('what is begun with a closed client has ended, and its callbacks can use it', async () => {
  const { viaduct } = await fakeClient();
  viaduct.close();
  const states: string[] = [];
  const uncaught = await uncaughtIn(async () => {
    const subscription: Subscription = viaduct.subscribe('trains', {
      onState: () => states.push(subscription.state),
    });
    const aborted: Subscription = viaduct.subscribe('trains', {
      signal: AbortSignal.abort(),
      onState: () => states.push(aborted.state),
    });
    const collection = new LiveCollection(viaduct, 'trains');
    states.push(subscription.state, aborted.state, collection.subscription.state);
  });
  expect([uncaught, states]).toEqual([[], ['ended', 'ended', 'ended', 'ended', 'ended']]);
});

test('a subscription that ends in the middle of a batch gets nothing more of it', async () => {
  const { viaduct, wire } = await openClient();
  const seen: unknown[] = [];
  const subscription: Subscription = viaduct.subscribe('trains', {
    onFeature: ({ id }) => {
      seen.push(id);
      subscription[Symbol.dispose]();
    },
    onBatch: () => seen.push('batch'),
  });
  await wire.confirmAll();
  wire.receives('trains', train(1, 7, 47), train(2, 7, 47), train(3, 7, 47));
  expect(seen).toEqual([1]);
});

test('a collection that is closed while it reports a change keeps its features', async () => {
  const { viaduct, wire } = await openClient();
  const collection = new LiveCollection(viaduct, 'trains', { snapshot: false, ttlMs: 1000 });
  collection.on('change', () => collection[Symbol.dispose]());
  await wire.confirmAll();
  wire.receives('trains', train(1, 7, 47));
  await vi.advanceTimersByTimeAsync(5000);
  expect(collection.size).toBe(1);
});

test('a read that is aborted before it begins is not sent', async () => {
  const { viaduct, wire } = await openClient();
  const reason = new Error('the page was left');
  await expect(viaduct.get('trains', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(wire.events).toEqual([]);
});

test('each of several calls of `next` at the same time gets an event', async () => {
  const { viaduct, wire } = await openClient();
  const iterator = viaduct.subscribe('trains')[Symbol.asyncIterator]();
  await wire.confirmAll();
  const both = Promise.all([iterator.next(), iterator.next()]);
  wire.receives('trains', train(1, 7, 47), train(2, 7, 47));
  expect((await both).map(({ value }) => value?.type === 'feature' && value.id)).toEqual([1, 2]);
});

test('a warning is printed, however many hints were', async () => {
  // What it has printed is kept for the whole process: other tests must get neither what they share, nor what is full here.
  vi.resetModules();
  onTestFinished(() => void vi.resetModules());
  const { hint, warn: warning } = await import('../src/warnings.js');
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const info = vi.spyOn(console, 'info').mockImplementation(() => {});
  try {
    for (let i = 0; i < 200; i++) hint(`hint ${i}`);
    warning('after all hints');
    expect(info.mock.calls.length).toBeLessThanOrEqual(100);
    expect(warn.mock.calls).toEqual([['Viaduct: after all hints']]);
  } finally {
    info.mockRestore();
    warn.mockRestore();
  }
});

test('a refusal is printed even after somebody has waited for the subscription in vain', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    const { viaduct, wire } = await fakeClient({ timeoutMs: 1000 });
    viaduct.on('state', () => {});
    const late = expect(viaduct.subscribe('late').ready).rejects.toMatchObject({ problem: 'timeout' });
    await vi.advanceTimersByTimeAsync(1000);
    await late;
    await wire.opens();
    wire.sent[0]?.answered({ status: 'error', code: 'not_allowed', message: 'not here', command: 'SUB' });
    await vi.advanceTimersByTimeAsync(0);
    expect(warn).toHaveBeenCalledWith(
      'Viaduct: the subscription to "late" has ended: not here (not_allowed)',
    );
  } finally {
    warn.mockRestore();
  }
});

test('a read does not fail because the view is refused that somebody sets at the same time', async () => {
  const { viaduct, wire } = await openClient();
  const set = expect(viaduct.setProjection('epsg:1')).rejects.toMatchObject({ code: 'unknown_crs' });
  const read = viaduct.get('trains');
  await settled();
  const refusal = {
    status: 'error',
    code: 'unknown_crs',
    message: 'no such CRS',
    command: 'PROJECTION',
  } as const;
  wire.sent.find(({ event }) => event === 'projection')?.answered(refusal);
  // What is sent before the projection, and the old box after it; then the read.
  for (let i = 0; i < 3; i++) await wire.confirmAll();
  await set;
  expect(await read).toEqual([]);
});

describe('a loop over a subscription', () => {
  /** Sends that many messages as one batch. */
  const batch = (wire: FakeWire, count: number): void =>
    wire.receives('trains', ...Array.from({ length: count }, (_, i) => i));

  test('gets a batch of any size', async () => {
    const { viaduct, wire } = await openClient();
    const events = viaduct.subscribe('trains')[Symbol.asyncIterator]();
    await wire.confirmAll();
    batch(wire, 110_000);
    for (let i = 0; i < 110_000; i++) await events.next();
    batch(wire, 1);
    expect(await events.next()).toMatchObject({ value: { type: 'message', content: 0 } });
  });

  test('ends with an error if it is more than 100,000 events behind, after those that are queued', async () => {
    const { viaduct, wire } = await openClient();
    const events = viaduct.subscribe('trains')[Symbol.asyncIterator]();
    await wire.confirmAll();
    for (let i = 0; i < 3; i++) batch(wire, 60_000);
    for (let i = 0; i < 120_000; i++) await events.next();
    await expect(events.next()).rejects.toThrow(BacklogError);
  });
});

test('a session that follows one whose view was still refused subscribes once', async () => {
  const { viaduct, wire } = await openClient({ reconnectMinMs: 100 });
  viaduct.on('state', () => {});
  void viaduct.setBox([0, 0, 1, 1]);
  viaduct.subscribe('trains');
  await wire.confirmAll();
  wire.breaks();
  await vi.advanceTimersByTimeAsync(100);
  wire.sent.length = 0;
  await wire.opens();
  const refusal = { status: 'error', code: 'rate_limited', message: 'later', command: 'BBOX' } as const;
  wire.sent[0]?.answered(refusal);
  wire.breaks();
  await vi.advanceTimersByTimeAsync(200);
  await wire.opens();
  // The client repeats what was refused within two seconds.
  await vi.advanceTimersByTimeAsync(2000);
  for (let i = 0; i < 3; i++) await wire.confirmAll();
  expect(wire.events).toEqual(['bbox', 'bbox', 'sub']);
});
