import { SEED } from '@viaduct/testkit/random';
import { describe, expect, it } from 'vitest';
import { fuzz, INPUT_KINDS } from '../src/fuzz/run.js';

/** For each kind of input: enough for some hundreds of them, and for some dozens on a busy machine. */
const SECONDS = 5;

/** Least number of inputs that a run must get through to say anything. */
const LEAST_INPUTS = 20;

describe.each(INPUT_KINDS)('malformed $name', (kind) => {
  it('do not affect the gateway or its other clients', async () => {
    const [result] = await fuzz({
      kinds: [kind],
      seconds: SECONDS,
      seed: SEED,
      log: () => undefined,
    });
    expect(result?.failure).toBeNull();
    expect(result?.inputs).toBeGreaterThan(LEAST_INPUTS);
  });
});
