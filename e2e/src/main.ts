import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Engine, findEngine } from './engine.js';
import { checkFiles } from './files.js';
import { runParts } from './parts.js';
import { table, writeInto } from './report.js';
import { run } from './shell.js';
import { Stack } from './stack.js';
import { Tally } from './tally.js';
import { now } from './time.js';
import { createWorld } from './world.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENT = join(ROOT, 'docs', 'operations.md');

/** Users do not notice if these are missing; if their image is unavailable, the run omits them. */
const DISPENSABLE = new Set(['grafana']);

/** From a clean clone with images present, in seconds. */
const UP_AT_MOST = 180;

export interface RunOptions {
  /** Whether to write the measurements into docs/operations.md. */
  writeDocs: boolean;
  /** A browser; null omits what needs one. */
  chromiumPath: string | null;
  /** Runs only the parts whose title matches this; by default all. */
  only?: string;
  /** Whether a missing Docker engine is a failure; otherwise the run is skipped, and says so. */
  engineRequired: boolean;
}

/** Runs everything, and reports progress. */
export async function main(options: RunOptions): Promise<Tally['result']> {
  const tally = new Tally(options.only);
  const interrupted = interruption();
  try {
    const engine = await findEngine().catch((error: unknown) => {
      if (options.engineRequired) throw error;
      tally.say(`NOT RUN HERE: the whole stack in Docker. ${messageOf(error)}`);
    });
    if (engine !== undefined) await runOn(engine, tally, options, interrupted).finally(() => engine.stop());
  } catch (error) {
    tally.expect('the run goes to its end', false, messageOf(error));
  }
  return tally.result;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Rejects when a signal asks the run to end. */
function interruption(): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`interrupted by ${signal}`)));
    }
  });
  // Nobody may be waiting for it at that moment.
  promise.catch(() => undefined);
  return promise;
}

/** In any case, nothing keeps running. */
async function runOn(
  engine: Engine,
  tally: Tally,
  options: RunOptions,
  interrupted: Promise<never>,
): Promise<void> {
  const stack = await Stack.create(ROOT);
  try {
    // Leftovers of an earlier run that was killed.
    await stack.down();
    await Promise.race([bringUpAndRun(engine, stack, tally, options), interrupted]);
  } finally {
    tally.say('▸ down');
    const left = await stack.end();
    tally.expect('nothing is left running', left.length === 0, left.join(', '));
  }
}

async function bringUpAndRun(
  engine: Engine,
  stack: Stack,
  tally: Tally,
  { writeDocs, chromiumPath }: RunOptions,
): Promise<void> {
  const services = await servicesToRun(engine, stack, tally);
  await bringUp(stack, tally, services);
  await checkFiles(engine, tally, ROOT);
  const world = createWorld(stack, tally);
  try {
    const text = table(await runParts(world, { root: ROOT, services, chromiumPath }));
    console.log(`\n${text}\n`);
    if (!writeDocs) return;
    writeInto(DOCUMENT, text);
    await run(join(ROOT, 'node_modules/.bin/biome'), ['format', '--write', DOCUMENT]);
  } finally {
    await world.stop();
  }
}

/** Makes the images available, and reports which services are omitted because theirs is missing. */
async function servicesToRun(engine: Engine, stack: Stack, tally: Tally): Promise<string[]> {
  const missing: string[] = [];
  for (const [service, image] of await stack.imagesByService()) {
    if (!(await engine.provide(image))) missing.push(service);
  }
  for (const service of missing) tally.say(`NOT RUN HERE: ${service}, whose image this machine cannot have`);
  const vital = missing.filter((service) => !DISPENSABLE.has(service));
  if (vital.length > 0) throw new Error(`the stack cannot do without ${vital.join(', ')}`);
  return (await stack.services()).filter((service) => !missing.includes(service));
}

async function bringUp(stack: Stack, tally: Tally, services: readonly string[]): Promise<void> {
  tally.say(`▸ docker compose up --build --wait: ${services.join(', ')}`);
  const from = now();
  await stack.up(services);
  const seconds = (now() - from) / 1000;
  tally.expect(`up and healthy within ${UP_AT_MOST} s`, seconds < UP_AT_MOST, `${seconds.toFixed(0)} s`);
  const unhealthy = (await stack.health()).filter((line) => !/: (healthy|running)$/.test(line));
  tally.expect('every container is healthy', unhealthy.length === 0, unhealthy.join(', '));
}
