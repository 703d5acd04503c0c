import { until } from '@viaduct/testkit/wait';
import fc from 'fast-check';
import { World } from '../world.js';
import type { Attack } from './attack.js';
import { COMMANDS } from './commands.js';
import { SECRET } from './credentials.js';
import { FRAMES } from './frames.js';
import { GEOJSON } from './geojson.js';
import { HANDSHAKES } from './handshakes.js';
import { STREAM, WRITABLE } from './names.js';
import { PACKETS } from './packets.js';

/** Every kind of malformed input. */
export const ATTACKS: readonly Attack[] = [
  erase(HANDSHAKES),
  erase(FRAMES),
  erase(PACKETS),
  erase(COMMANDS),
  erase(GEOJSON),
];

/** Hides the type of the inputs, which only the attack itself knows. */
function erase<T>(attack: Attack<T>): Attack {
  return attack as unknown as Attack;
}

/** More memory than this, in bytes, means that malformed input is stored somewhere. */
const MEMORY_BOUND = 400 * 1024 * 1024;

export interface FuzzOptions {
  attacks: readonly Attack[];
  /** Seconds for each attack. */
  seconds: number;
  /** The same seed tries the same inputs, as many as the time allows. */
  seed: number;
  log(line: string): void;
}

export interface FuzzResult {
  attack: string;
  /** Number of inputs. */
  inputs: number;
  /** The failure, with the smallest input that causes it; null if there was none. */
  failure: string | null;
}

/** Attacks a private gateway, one attack after the other; after each input, witnesses must be undisturbed. */
export async function fuzz({ attacks, seconds, seed, log }: FuzzOptions): Promise<FuzzResult[]> {
  const results: FuzzResult[] = [];
  for (const attack of attacks) {
    const world = await World.start(SETTINGS);
    try {
      const result = await run(world, attack, seconds, seed);
      log(`${attack.name}: ${result.inputs} inputs, ${result.failure ?? 'nothing went wrong'}`);
      results.push(result);
    } finally {
      await world.stop();
    }
  }
  return results;
}

/** The faults that it looks for are behind the limits, so the rate limits of sessions are lifted. */
const SETTINGS = {
  UNSUBSCRIBE_DELAY_MS: '20',
  STREAMS: STREAM,
  COMMANDS_PER_SECOND: '0',
  VIEW_CHANGES_PER_SECOND: '0',
  JWT_SECRET: SECRET,
  ANONYMOUS_CHANNELS: '*',
  PUBLISH_CHANNELS: WRITABLE,
  MAX_PUBLISHES_PER_SECOND: '100000',
};

async function run(world: World, attack: Attack, seconds: number, seed: number): Promise<FuzzResult> {
  let attacker = await attack.prepare(world);
  const property = fc.asyncProperty(attack.input, async (input) => {
    try {
      await attacker.attack(input);
      await world.assertUndisturbed();
    } catch (error) {
      // Smaller inputs are tried on a fresh connection.
      attacker.close();
      if (world.gateway.alive) attacker = await attack.prepare(world);
      throw error;
    }
  });
  const details = await fc.check(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1000,
  });
  attacker.close();
  const failure =
    details.failed && details.counterexample !== null ? describe(details) : await aftermath(world);
  return { attack: attack.name, inputs: details.numRuns, failure };
}

function describe({
  counterexample,
  errorInstance,
  seed,
  counterexamplePath,
}: fc.RunDetails<[unknown]>): string {
  return `${String(errorInstance)}\nseed ${seed}, path ${counterexamplePath}: ${fc.stringify(counterexample)}`;
}

/** Checks what remains when all attackers have gone: the witnesses, and no unusual memory. */
async function aftermath({ gateway, witnesses }: World): Promise<string | null> {
  try {
    await until(
      async () => (await gateway.scrape()).sum('viaduct_connections') === witnesses.length,
      'the end of all connections but those of the witnesses',
    );
    const failures = (await gateway.scrape()).sum('viaduct_internal_failures_total');
    if (failures !== 0) return `${failures} internal failures`;
    const { rss } = await gateway.memory();
    if (rss > MEMORY_BOUND) return `${Math.round(rss / 1e6)} MB of memory afterwards`;
    const silent = witnesses.find(({ received }) => received === 0);
    return silent === undefined ? null : `the witness over ${silent.transport} received nothing`;
  } catch (error) {
    return String(error);
  }
}
