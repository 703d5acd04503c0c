import { SEED } from '@viaduct/testkit/random';
import { scaled } from '@viaduct/testkit/wait';
import { expect, it } from 'vitest';
import { soak } from '../src/soak/run.js';

it('stays flat while clients come and go, and during faults', { timeout: scaled(400_000) }, async () => {
  const { problems, cycles, messages } = await soak({
    minutes: 1,
    cycleSeconds: 8,
    seed: SEED,
    log: () => undefined,
  });
  expect(problems).toEqual([]);
  expect(cycles).toBeGreaterThan(3);
  expect(messages).toBeGreaterThan(1000);
});
