import { expect, test } from 'vitest';
import type { ConnectionError, ConnectionState } from '../src/index.js';
import { cut, onTraffic } from '../src/testing.js';
import { client, startStack, train } from './support/stack.js';

test('a lost connection is restored after the announced wait, or at once', async () => {
  const stack = await startStack();
  const gateway = await stack.gateway();
  // Far longer than a test takes: only retryNow brings it back.
  const viaduct = client(gateway.url, { reconnectMinMs: 600_000, reconnectMaxMs: 600_000 });
  const received: unknown[] = [];
  const subscription = viaduct.subscribe('cut:a', { onFeature: ({ id }) => received.push(id) });
  await subscription.ready;
  expect(viaduct.retryAt).toBe(null);

  const states: [ConnectionState, ConnectionError | null, number | null][] = [];
  viaduct.on('state', (state, error) => states.push([state, error, viaduct.retryAt]));
  const before = performance.now();
  cut(viaduct);
  await expect.poll(() => subscription.state).toBe('offline');
  const [[state, error, retryAt] = []] = states;
  expect([state, error?.problem]).toEqual(['connecting', 'unreachable']);
  expect(retryAt).toBeGreaterThan(before + 300_000 - 1);
  expect(retryAt).toBeLessThan(performance.now() + 600_000 + 1);

  viaduct.retryNow();
  expect(viaduct.retryAt).toBe(null);
  await expect.poll(() => subscription.state).toBe('live');
  await stack.publish('cut:a', train(5, 7, 47));
  await expect.poll(() => received).toEqual([5]);
  // With a connection there is nothing to try again.
  viaduct.retryNow();
  expect(viaduct.state).toBe('open');
});

test('a gateway that hangs is noticed long before its heartbeat is missed, and the session continues when it is back', async () => {
  const stack = await startStack();
  // Neither the heartbeat of socket.io nor that of the gateway ends the connection within the test.
  const gateway = await stack.gateway({ HEARTBEAT_MS: '600000' });
  const viaduct = client(gateway.url);
  const received: unknown[] = [];
  const subscription = viaduct.subscribe('hang:a', { onFeature: ({ id }) => received.push(id) });
  await subscription.ready;
  const errors: (ConnectionError | null)[] = [];
  viaduct.on('state', (_state, error) => errors.push(error));
  gateway.signal('SIGSTOP');
  try {
    await expect.poll(() => subscription.state).toBe('offline');
    expect(errors.map((error) => error?.problem)).toContain('unreachable');
  } finally {
    gateway.signal('SIGCONT');
  }
  await expect.poll(() => subscription.state).toBe('live');
  await stack.publish('hang:a', train(6, 7, 47));
  await expect.poll(() => received).toContain(6);
});

test('reports how many bytes have arrived', async () => {
  const stack = await startStack();
  const gateway = await stack.gateway();
  const viaduct = client(gateway.url);
  let bytes = 0;
  onTraffic(viaduct, (more) => {
    bytes += more;
  });
  const names: unknown[] = [];
  const subscription = viaduct.subscribe('traffic:a', { onMessage: (name) => names.push(name) });
  await subscription.ready;
  const before = bytes;
  // Three bytes in UTF-8 and one unit of a JavaScript string.
  await stack.publish('traffic:a', '€'.repeat(1000));
  await expect.poll(() => names.length).toBe(1);
  expect(bytes - before).toBeGreaterThan(3000);
  expect(bytes - before).toBeLessThan(3300);
});
