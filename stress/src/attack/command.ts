import { Random } from '@viaduct/testkit/random';
import type { Attack } from './attack.js';
import { delays, heading, line, verdict } from './report.js';
import { type Result, run, type SizedAttack } from './run.js';
import { Target } from './target.js';

/** The most attacks of one random mixture. */
const MAX_TOGETHER = 3;

export interface AttackOptions {
  attacks: readonly Attack[];
  /** Duration of each attack. */
  seconds: number;
  /** Random mixtures for this time; null to run each attack once, at its full size. */
  randomMinutes: number | null;
  seed: number;
  log(line: string): void;
}

/** Attacks gateways, and prints a table. Resolves with whether all attacks were survived. */
export async function attack({
  attacks,
  seconds,
  randomMinutes,
  seed,
  log,
}: AttackOptions): Promise<boolean> {
  const control = await Target.start();
  const results: Result[] = [];
  try {
    log(heading());
    const assaults = randomMinutes === null ? attacks.map(fullSize) : mixtures(attacks, randomMinutes, seed);
    for (const together of assaults) {
      const result = await run(together, { seconds, seed, control });
      results.push(result);
      log(line(result));
      if (randomMinutes !== null && isFailure(result))
        log(`  sizes: ${JSON.stringify(together.map(({ sizes }) => sizes))}`);
    }
  } finally {
    await control.stop();
  }
  log(verdict(results));
  return !results.some(isFailure);
}

function isFailure(result: Result): boolean {
  return result.problems.length + delays(result).length > 0;
}

function fullSize(attack: Attack): SizedAttack[] {
  return [sized(attack, ([, full]) => full)];
}

/** An attack at the size of the tests. */
export function shortSize(attack: Attack): SizedAttack {
  return sized(attack, ([short]) => short);
}

function sized(attack: Attack, choose: (size: readonly [number, number]) => number): SizedAttack {
  const sizes = Object.entries(attack.sizes).map(([name, size]) => [name, choose(size)] as const);
  return { attack, sizes: Object.fromEntries(sizes) };
}

function* mixtures(attacks: readonly Attack[], minutes: number, seed: number): Generator<SizedAttack[]> {
  const random = new Random(seed);
  const end = performance.now() + minutes * 60_000;
  while (performance.now() < end) {
    const chosen = new Set<Attack>();
    const count = 1 + random.below(Math.min(MAX_TOGETHER, attacks.length));
    while (chosen.size < count) {
      const next = random.of(attacks);
      // Settings of two attacks may contradict each other.
      const clashes =
        next.settings !== undefined && [...chosen].some(({ settings }) => settings !== undefined);
      if (!clashes) chosen.add(next);
    }
    yield [...chosen].map((each) => sized(each, ([, full]) => Math.max(1, Math.round(full * random.next()))));
  }
}
