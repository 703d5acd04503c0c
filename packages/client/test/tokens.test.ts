import { describe, expect, test, vi } from 'vitest';
import { fakeClock } from './support/fake-clock.js';
import { fakeClient, openClient, settled } from './support/fake-wire.js';

fakeClock();

const INVALID_TOKEN = 4005;

test('a token that does not come in time is reported, and used when it comes', async () => {
  let give = (_token: string): void => {};
  const token = vi.fn(
    () =>
      new Promise<string>((resolve) => {
        give = resolve;
      }),
  );
  const { viaduct, wire } = await fakeClient({ timeoutMs: 1000, token });
  const failures: unknown[] = [];
  viaduct.on('state', (state, error) => failures.push([state, error?.problem, error?.message]));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(failures).toEqual([
    ['connecting', 'no_credentials', expect.stringContaining('no token yet, after 1000 ms')],
  ]);
  give('late');
  await settled();
  expect([wire.attempts, token.mock.calls.length]).toEqual([[{ token: 'late' }], 1]);
});

describe('a token that is set during an attempt to connect with another one', () => {
  test('is that of the session when it has begun', async () => {
    const { viaduct, wire } = await fakeClient({ token: 'old' });
    const set = viaduct.setToken('new');
    await wire.opens();
    expect(wire.sent).toMatchObject([{ event: 'token', options: { token: 'new' } }]);
    await wire.confirmAll();
    await set;
  });

  test('is used for the next attempt if the old one is refused', async () => {
    const { viaduct, wire } = await fakeClient({ token: 'old', reconnectMinMs: 100 });
    const set = viaduct.setToken('new');
    wire.breaks(INVALID_TOKEN);
    await set;
    await vi.advanceTimersByTimeAsync(100);
    expect([viaduct.state, wire.attempts]).toEqual(['connecting', [{ token: 'old' }, { token: 'new' }]]);
    wire.breaks(INVALID_TOKEN);
    expect(viaduct.state).toBe('closed');
  });
});

test('after a token that is refused, later sessions have the old one', async () => {
  const { viaduct, wire } = await openClient({ token: 'old', reconnectMinMs: 100 });
  const refused = expect(viaduct.setToken('new')).rejects.toMatchObject({ code: 'invalid_token' });
  await settled();
  wire.sent[0]?.answered({ status: 'error', code: 'invalid_token', message: 'expired', command: 'TOKEN' });
  await refused;
  wire.breaks();
  await vi.advanceTimersByTimeAsync(100);
  expect(wire.attempts).toEqual([{ token: 'old' }, { token: 'old' }]);
});
