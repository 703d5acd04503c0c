import { scaled } from '@viaduct/testkit/wait';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ATTACKS } from '../src/attack/attacks/index.js';
import { shortSize } from '../src/attack/command.js';
import { run } from '../src/attack/run.js';
import { Target } from '../src/attack/target.js';

// Delays are for `npm run attack` to judge, on a quiet machine. Here the innocent client has to receive everything, and
// memory, descriptors and metrics are what they must be.
const SECONDS = 1.5;

let control: Target;

beforeAll(async () => {
  control = await Target.start();
});

afterAll(() => control.stop());

it.each(ATTACKS)('the attack $name is survived', { timeout: scaled(120_000) }, async (attack) => {
  const { innocent, problems } = await run([shortSize(attack)], { seconds: SECONDS, seed: 1, control });
  expect(problems).toEqual([]);
  expect(innocent.delays.length).toBeGreaterThan(0);
});
