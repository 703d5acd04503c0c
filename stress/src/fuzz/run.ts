import { until } from '@viaduct/testkit/wait';
import fc from 'fast-check';
import { World } from '../world.js';
import { COMMANDS } from './commands.js';
import { SECRET } from './credentials.js';
import { FRAMES } from './frames.js';
import { GEOJSON } from './geojson.js';
import { HANDSHAKES } from './handshakes.js';
import type { InputKind } from './input-kind.js';
import { STREAM, WRITABLE } from './names.js';
import { PACKETS } from './packets.js';

/** Every kind of malformed input. */
export const INPUT_KINDS: readonly InputKind[] = [
  erase(HANDSHAKES),
  erase(FRAMES),
  erase(PACKETS),
  erase(COMMANDS),
  erase(GEOJSON),
];

/** Hides the type of the inputs, which only their kind itself knows. */
function erase<T>(kind: InputKind<T>): InputKind {
  return kind as unknown as InputKind;
}

/** More memory than this, in bytes, means that malformed input is stored somewhere. */
const MEMORY_BOUND = 400 * 1024 * 1024;

export interface FuzzOptions {
  kinds: readonly InputKind[];
  /** Seconds for each kind. */
  seconds: number;
  /** The same seed tries the same inputs, as many as the time allows. */
  seed: number;
  log(line: string): void;
}

export interface FuzzResult {
  kind: string;
  /** Number of inputs. */
  inputs: number;
  /** The failure, with the smallest input that causes it; null if there was none. */
  failure: string | null;
}

/** Sends malformed input to a private gateway, one kind after the other; after each input, witnesses must be undisturbed. */
export async function fuzz({ kinds, seconds, seed, log }: FuzzOptions): Promise<FuzzResult[]> {
  const results: FuzzResult[] = [];
  for (const kind of kinds) {
    const world = await World.start(SETTINGS);
    try {
      const result = await run(world, kind, seconds, seed);
      log(`${kind.name}: ${result.inputs} inputs, ${result.failure ?? 'nothing went wrong'}`);
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

async function run(world: World, kind: InputKind, seconds: number, seed: number): Promise<FuzzResult> {
  let sender = await kind.prepare(world);
  const property = fc.asyncProperty(kind.input, async (input) => {
    try {
      await sender.send(input);
      await world.assertUndisturbed();
    } catch (error) {
      // Smaller inputs are tried on a fresh connection.
      sender.close();
      if (world.gateway.alive) sender = await kind.prepare(world);
      throw error;
    }
  });
  const details = await fc.check(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1000,
  });
  sender.close();
  const failure =
    details.failed && details.counterexample !== null ? describe(details) : await checkAfterwards(world);
  return { kind: kind.name, inputs: details.numRuns, failure };
}

function describe({
  counterexample,
  errorInstance,
  seed,
  counterexamplePath,
}: fc.RunDetails<[unknown]>): string {
  return `${String(errorInstance)}\nseed ${seed}, path ${counterexamplePath}: ${fc.stringify(counterexample)}`;
}

/** Checks what remains when all senders have gone: the witnesses, and no unusual memory. */
async function checkAfterwards({ gateway, witnesses }: World): Promise<string | null> {
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
