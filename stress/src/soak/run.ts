import { Random } from '@viaduct/testkit/random';
import { sleep, until } from '@viaduct/testkit/wait';
import { World } from '../world.js';
import type { CrowdTally } from './client.js';
import { Crowd } from './crowd.js';
import { FAULTS, type Fault } from './faults.js';
import { Producer } from './producer.js';
import { judge, type Sample, WARM_UP } from './verdict.js';

/** Fewer cycles than this say nothing about growth. */
const LEAST_CYCLES = WARM_UP + 3;

export interface SoakOptions {
  minutes: number;
  /** Seconds of traffic between two memory samples. */
  cycleSeconds: number;
  seed: number;
  log(line: string): void;
}

export interface SoakResult {
  cycles: number;
  /** Number of clients. */
  clients: number;
  /** Number of messages that they received. */
  messages: number;
  /** Failures; empty if there were none. */
  problems: string[];
}

/**
 * Traffic, clients that come and go, and faults for a long time; memory and handles must stay flat, witnesses
 * undisturbed.
 */
export async function soak({ minutes, cycleSeconds, seed, log }: SoakOptions): Promise<SoakResult> {
  const world = await World.start({ UNSUBSCRIBE_DELAY_MS: '100', LOG_LEVEL: 'info' });
  const producer = new Producer(world.redis);
  const random = new Random(seed);
  const tally: CrowdTally = { messages: 0, errors: 0, malformed: 0 };
  const samples: Sample[] = [];
  const end = performance.now() + minutes * 60_000;
  let clients = 0;
  try {
    for (let cycle = 0; cycle < LEAST_CYCLES || performance.now() < end; cycle++) {
      const fault = FAULTS[cycle % FAULTS.length];
      if (fault === undefined) break;
      clients += await runCycle(world, fault, { random, tally, seconds: cycleSeconds });
      const sample = await world.gateway.memory();
      samples.push(sample);
      log(`cycle ${cycle + 1}, ${fault.name}: ${clients} clients came so far; ${describe(sample)}`);
    }
    return { cycles: samples.length, clients, messages: tally.messages, problems: verdict(samples, tally) };
  } catch (error) {
    return { cycles: samples.length, clients, messages: tally.messages, problems: [String(error)] };
  } finally {
    producer.stop();
    await world.stop();
  }
}

interface Cycle {
  random: Random;
  tally: CrowdTally;
  seconds: number;
}

/** One cycle, with the fault in its middle. Returns the number of clients. */
async function runCycle(world: World, fault: Fault, { random, tally, seconds }: Cycle): Promise<number> {
  const { gateway, witnesses } = world;
  const crowd = new Crowd(gateway.url, random, tally);
  await sleep(seconds * 500);
  if (fault.loses) world.expectLosses();
  await fault.run(world);
  await gateway.untilReady();
  await sleep(seconds * 500);
  crowd.closeConnections();
  await until(
    async () => (await gateway.scrape()).sum('viaduct_connections') === witnesses.length,
    'the end of all connections but those of the witnesses',
  );
  await world.assertUndisturbed();
  // Subscriptions outlive their clients a little.
  await until(
    async () => (await gateway.scrape()).sum('viaduct_channels') === 1,
    'the end of all subscriptions but that of the witnesses',
  );
  return crowd.came;
}

function verdict(samples: readonly Sample[], { messages, malformed }: CrowdTally): string[] {
  const problems = judge(samples);
  if (messages === 0) problems.push('the crowd received nothing');
  if (malformed > 0) problems.push(`${malformed} envelopes could not be read`);
  return problems;
}

function describe({ heapUsed, rss, handles }: Sample): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  return `heap ${megabytes(heapUsed)} MB, RSS ${megabytes(rss)} MB, ${handles} handles`;
}
