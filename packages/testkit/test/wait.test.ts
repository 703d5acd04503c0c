import { afterEach, expect, test, vi } from 'vitest';
import { eventually, patience, until } from '../src/wait.js';

afterEach(() => vi.unstubAllEnvs());

test('until returns the first result that is truthy', async () => {
  const answers = [false, null, '', 0, 'here'];
  expect(await until(() => answers.shift(), 'an answer')).toBe('here');
  expect(answers).toEqual([]);
});

test('until names what did not happen in time, and the last state', async () => {
  const waiting = until(() => false, 'the train', { withinMs: 10, state: () => ({ delayed: true }) });
  await expect(waiting).rejects.toThrow(
    /^timed out after [\d.]+ s waiting for the train; last seen: \{ delayed: true \}$/u,
  );
  const asking = until(async () => 0, 'a passenger', { withinMs: 10 });
  await expect(asking).rejects.toThrow('waiting for a passenger; last seen: 0');
});

test('until passes on an error of the condition at once', async () => {
  const failing = until(() => {
    throw new Error('derailed');
  }, 'the train');
  await expect(failing).rejects.toThrow(/^derailed$/u);
});

test('eventually repeats an assertion until it passes, and returns its result', async () => {
  let looks = 0;
  const look = (): string => {
    expect(++looks).toBe(3);
    return 'arrived';
  };
  expect(await eventually(look)).toBe('arrived');
});

test('eventually fails with the last error of the assertion', async () => {
  let looks = 0;
  const failing = eventually(() => expect(++looks).toBe(0), { withinMs: 10 });
  await expect(failing).rejects.toThrow(/^still after [\d.]+ s: expected \d+ to be \+?0/u);
});

test('waits are longer on a busy machine, and as long as TEST_PATIENCE says at least', () => {
  vi.stubEnv('TEST_PATIENCE', '');
  expect(patience()).toBeGreaterThanOrEqual(1);
  vi.stubEnv('TEST_PATIENCE', '1000');
  expect(patience()).toBe(1000);
});
