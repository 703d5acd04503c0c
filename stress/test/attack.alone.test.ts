import { scaled } from '@viaduct/testkit/wait';
import { expect, it } from 'vitest';
import { ATTACKS } from '../src/attack/attacks/index.js';
import { shortSize } from '../src/attack/command.js';
import { run } from '../src/attack/run.js';

const SECONDS = 1;

/** Garbage is collected late on a busy machine. */
const TOLERANCE = 2;

// Delays are for `npm run attack` to judge, one attack at a time on a quiet machine. Here the innocent client has to receive
// everything, and memory, descriptors and metrics are what they must be.
it.each(ATTACKS)('the attack $name is survived', { timeout: scaled(300_000) }, async (attack) => {
  const { innocent, problems } = await run([shortSize(attack)], {
    seconds: SECONDS,
    seed: 1,
    control: null,
    tolerance: TOLERANCE,
  });
  expect(problems).toEqual([]);
  expect(innocent.delays.length).toBeGreaterThan(0);
});
