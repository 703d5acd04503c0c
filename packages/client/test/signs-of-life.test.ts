import { afterEach, expect, test, vi } from 'vitest';
import { fakeClock } from './support/fake-clock.js';
import { openClient, settled } from './support/fake-wire.js';

fakeClock();

afterEach(() => void vi.unstubAllGlobals());

test('a connection without an answer to a PING is cut within ten seconds', async () => {
  const { viaduct, wire } = await openClient();
  viaduct.subscribe('trains');
  await wire.confirmAll();
  await vi.advanceTimersByTimeAsync(8_900);
  expect([wire.events, wire.cuts]).toEqual([['sub', 'ping'], 0]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(wire.cuts).toBe(1);
});

test('a gateway that may be busy with a command has as long as for an answer before the connection is cut', async () => {
  const { viaduct, wire } = await openClient({ timeoutMs: 20_000 });
  // The gateway answers when it has read all features, and only then a PING.
  viaduct.subscribe('big', { live: true });
  await vi.advanceTimersByTimeAsync(24_000);
  expect([viaduct.state, wire.cuts]).toEqual(['open', 0]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(wire.cuts).toBe(1);
});

test('a connection on which something arrives after a PING is not cut, even if that is not an answer', async () => {
  const { viaduct, wire } = await openClient();
  viaduct.subscribe('trains');
  await wire.confirmAll();
  await vi.advanceTimersByTimeAsync(6_000);
  expect(wire.events).toEqual(['sub', 'ping']);
  wire.observer.arrived('a message');
  await vi.advanceTimersByTimeAsync(4_000);
  expect([viaduct.state, wire.cuts]).toEqual(['open', 0]);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(wire.cuts).toBe(1);
});

test('without a subscription, a connection is cut if nothing arrives after a command', async () => {
  const { viaduct, wire } = await openClient({ timeoutMs: 20_000 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(wire.events).toEqual([]);
  const read = expect(viaduct.get('trains')).rejects.toMatchObject({ problem: 'timeout' });
  await vi.advanceTimersByTimeAsync(30_000);
  await read;
  expect(wire.cuts).toBe(1);
});

test('an attempt that waits begins at once when the page learns that the network is back', async () => {
  const page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  const removed = vi.fn(page.removeEventListener.bind(page));
  vi.stubGlobal('removeEventListener', removed);
  const { viaduct, wire } = await openClient({ reconnectMinMs: 60_000, reconnectMaxMs: 60_000 });
  const online = (): boolean => page.dispatchEvent(new Event('online'));
  // With a connection there is nothing to try.
  online();
  wire.breaks();
  await vi.advanceTimersByTimeAsync(1000);
  expect(wire.attempts).toHaveLength(1);
  online();
  await settled();
  expect(wire.attempts).toHaveLength(2);
  viaduct.close();
  expect(removed).toHaveBeenCalledTimes(1);
});
