import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findEngine } from './engine.js';
import { FAULTS, MORE_GATEWAYS } from './faults.js';
import { type Measurement, measure } from './measure.js';
import { checkDashboards, checkTargets } from './observability.js';
import { checkLimits, checkPublicFace } from './public-face.js';
import { table, writeInto } from './report.js';
import { replaceAll } from './rolling.js';
import { Stack } from './stack.js';
import { checkSteadyTraffic, checkStickiness } from './steady.js';
import { Tally } from './tally.js';
import { now } from './time.js';
import { createWorld, type World } from './world.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENT = join(ROOT, 'docs', 'operations.md');

/** Without these the stack does all that users see; where their image is not to be had, the run leaves them out. */
const DISPENSABLE = new Set(['grafana']);

/** From a clean clone with images present, in seconds. */
const UP_AT_MOST = 180;

/** Runs everything. Returns whether all held. */
export async function main(args: readonly string[]): Promise<boolean> {
  const tally = new Tally();
  const engine = await findEngine(ROOT);
  const stack = await Stack.create(ROOT);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  try {
    // What an earlier run may have left behind when it was killed.
    await stack.down();
    await Promise.race([
      runOn(stack, tally, await servicesToRun(stack, engine, tally), args),
      aborted(interrupted.signal),
    ]);
  } catch (error) {
    tally.expect('the run goes to its end', false, error instanceof Error ? error.message : String(error));
  } finally {
    await tally.part('down', async () => {
      await stack.down();
      tally.expect('nothing is left running', (await stack.health()).length === 0);
    });
    await engine.stop();
  }
  return tally.conclude();
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')));
  });
}

/** Makes the images available, and says loudly which services are left out for want of theirs. */
async function servicesToRun(
  stack: Stack,
  engine: Awaited<ReturnType<typeof findEngine>>,
  tally: Tally,
): Promise<string[]> {
  const missing: string[] = [];
  for (const [service, image] of await stack.imagesByService()) {
    if (!(await engine.provide(image))) missing.push(service);
  }
  for (const service of missing) tally.say(`NOT RUN HERE: ${service}, whose image this machine cannot have`);
  tally.expect(
    'the images are there of all services that users depend on',
    missing.every((service) => DISPENSABLE.has(service)),
    missing.length === 0 ? 'all' : `all but ${missing.join(', ')}`,
  );
  return (await stack.services()).filter((service) => !missing.includes(service));
}

async function runOn(
  stack: Stack,
  tally: Tally,
  services: readonly string[],
  args: readonly string[],
): Promise<void> {
  tally.say(`▸ docker compose up --build --wait: ${services.join(', ')}`);
  const from = now();
  await stack.up(services);
  const seconds = (now() - from) / 1000;
  tally.expect(`up and healthy within ${UP_AT_MOST} s`, seconds < UP_AT_MOST, `${seconds.toFixed(0)} s`);
  const ill = (await stack.health()).filter((line) => !/: (healthy|running)$/.test(line));
  tally.expect('every container is healthy', ill.length === 0, ill.join(', '));
  const world = createWorld(stack, tally);
  try {
    const measurements = await runParts(world);
    const text = table(measurements);
    console.log(`\n${text}\n`);
    if (args.includes('--write-docs')) writeInto(DOCUMENT, text);
  } finally {
    await world.stop();
  }
}

async function runParts(world: World): Promise<Measurement[]> {
  const { tally } = world;
  const measurements: Measurement[] = [];
  const note = (title: string, work: () => Promise<Measurement>) =>
    tally.part(title, async () => {
      measurements.push(await work());
    });
  await tally.part('steady traffic', () => checkSteadyTraffic(world));
  await tally.part('the public face', () => checkPublicFace(world));
  await tally.part('Prometheus', () => checkTargets(world));
  await tally.part('stickiness', () =>
    checkStickiness(world, () => note(MORE_GATEWAYS.title, () => measure(world, MORE_GATEWAYS))),
  );
  for (const fault of FAULTS) await note(fault.title, () => measure(world, fault));
  await note('rolling replacement', () => replaceAll(world));
  await tally.part('dashboards', () => checkDashboards(world, join(ROOT, 'deploy', 'grafana', 'dashboards')));
  await world.stop();
  await tally.part('limits', () => checkLimits(world));
  return measurements;
}
