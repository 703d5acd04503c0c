import { loadConfig } from '@viaduct/gateway';
import type { Scrape } from '@viaduct/testkit/metrics';
import { sleep, until } from '@viaduct/testkit/wait';
import type { Attack, Counted, Settings } from './attack.js';
import { Attackers } from './attackers.js';
import type { InnocentReport } from './innocent.js';
import { Target } from './target.js';

/** How much the resident memory may grow besides the budgets that are filled, in bytes. */
const MAX_GROWTH = 200 * 1024 * 1024;

/** How long after the attack a descriptor may stay open, in milliseconds. */
const CLOSED_WITHIN_MS = 5000;

/** How much longer an attack continues if no metric shows it yet, in milliseconds. */
const COUNTED_WITHIN_MS = 8000;

/** Connections of our own requests for metrics, and a worker thread that started meanwhile. */
const OTHER_DESCRIPTORS = 2 + 5;

/** An attack with its sizes. */
export interface SizedAttack {
  readonly attack: Attack;
  readonly sizes: Readonly<Record<string, number>>;
}

export interface Result {
  /** The names of the attacks. */
  readonly name: string;
  /**
   * What the innocent client measured, and what the innocent client of the gateway without an attack measured at the same
   * time.
   */
  readonly innocent: InnocentReport;
  readonly control: InnocentReport;
  /** Growth of the resident memory, in bytes. */
  readonly growth: number;
  /** Sockets and files that were still open some time after the attack. */
  readonly descriptorsLeft: number;
  /** What failed, besides delays; empty if nothing did. */
  readonly problems: readonly string[];
}

export interface RunOptions {
  readonly seconds: number;
  readonly seed: number;
  /** A gateway that is not attacked; null if delays are not judged. */
  readonly control: Target | null;
  /** How many times more memory and time are allowed than on a quiet machine. Default: 1. */
  readonly tolerance?: number;
}

/** Runs attacks together against a gateway of their own, and judges everything but delays. */
export async function run(
  assaults: readonly SizedAttack[],
  { seconds, seed, control, tolerance = 1 }: RunOptions,
): Promise<Result> {
  const ends: (() => Promise<unknown>)[] = [];
  const target = await Target.start(await settingsOf(assaults, ends));
  const attackers = new Attackers({
    port: target.gateway.port,
    redisUrl: target.redisServer.url,
    assaults: assaults.map(({ attack: { name }, sizes }) => ({ name, sizes })),
    seed,
  });
  try {
    await attackers.carryOut('prepare');
    await Promise.all([target.innocent.report(), reportOf(control)]);
    const before = await target.scrape();
    const descriptors = target.descriptors();
    const rest = target.rest();
    const attacking = attackers.carryOut('attack');
    const over = sleep(seconds * 1000).then(() => untilCounted(target, assaults, before, tolerance));
    const missing =
      (await Promise.race([over, target.gateway.ended.then(() => []), failureOf(attacking)])) ?? [];
    await attackers.carryOut('end');
    const [innocent, untouched] = await Promise.all([target.innocent.report(), reportOf(control)]);
    await attackers.carryOut('closeConnections');
    await attacking;
    const growth = Math.max(0, target.peak() - rest);
    const descriptorsLeft = await leftOver(target, descriptors, tolerance);
    const problems = [
      ...innocent.problems.map((text) => `the innocent client: ${text}`),
      ...(growth > tolerance * mostGrowth(assaults)
        ? [`resident memory grew by ${Math.round(growth / 2 ** 20)} MiB`]
        : []),
      ...(descriptorsLeft > 0 ? [`${descriptorsLeft} descriptors are left`] : []),
      ...(await faultsOf(target)),
      ...missing.map((counted) => `${textOf(counted)} did not grow`),
    ];
    const name = assaults.map(({ attack }) => attack.name).join(' + ');
    return { name, innocent, control: untouched, growth, descriptorsLeft, problems };
  } finally {
    attackers.stop();
    await target.stop();
    for (const end of ends) await end();
  }
}

async function settingsOf(
  assaults: readonly SizedAttack[],
  ends: (() => Promise<unknown>)[],
): Promise<Settings> {
  const all: Settings[] = [];
  for (const { attack } of assaults) {
    const { settings = {} } = attack;
    all.push(typeof settings === 'function' ? await settings((end) => void ends.push(end)) : settings);
  }
  return Object.assign({}, ...all) as Settings;
}

function mostGrowth(assaults: readonly SizedAttack[]): number {
  const { limits, live } = loadConfig({ CHANNELS: '*' });
  const budgets = { MAX_READ_BYTES: limits.maxReadBytes, MAX_LIVE_BYTES: live.maxBytes };
  const filled = new Set(assaults.flatMap(({ attack: { fills } }) => fills ?? []));
  return [...filled].reduce((sum, name) => sum + budgets[name], MAX_GROWTH);
}

function reportOf(control: Target | null): Promise<InnocentReport> | InnocentReport {
  return control?.innocent.report() ?? { delays: [], answers: [], problems: [] };
}

/** Rejects if the attack itself fails; never resolves. */
function failureOf(attacking: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => void attacking.catch(reject));
}

async function leftOver(target: Target, before: number, tolerance: number): Promise<number> {
  const left = (): number => Math.max(0, target.descriptors() - before - OTHER_DESCRIPTORS);
  await until(() => left() === 0, 'the end of descriptors', { withinMs: tolerance * CLOSED_WITHIN_MS }).catch(
    () => undefined,
  );
  return left();
}

async function faultsOf({ gateway }: Target): Promise<string[]> {
  if (gateway.alive) return gateway.defects.map((line) => JSON.stringify(line).slice(0, 500));
  const exit = await gateway.ended;
  const reason = gateway.stderr.split('\n').find((line) => /error/iu.test(line)) ?? '';
  return [`the gateway ended (${exit}) ${reason}`];
}

/** Waits until metrics show the attack, and resolves with those that do not. */
async function untilCounted(
  target: Target,
  assaults: readonly SizedAttack[],
  before: Scrape,
  tolerance: number,
): Promise<readonly Counted[]> {
  const counted = assaults.flatMap(({ attack }) => attack.countedBy);
  let missing: readonly Counted[] = counted;
  const isComplete = async (): Promise<boolean> => {
    const now = await target.scrape();
    missing = counted.filter(({ name, labels }) => now.sum(name, labels) <= before.sum(name, labels));
    return missing.length === 0;
  };
  const options = { withinMs: tolerance * COUNTED_WITHIN_MS, everyMs: 250 };
  // A gateway that has ended answers no more; that is judged elsewhere.
  await until(isComplete, 'metrics that show the attack', options).catch(() => undefined);
  return missing;
}

function textOf({ name, labels = {} }: Counted): string {
  const list = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return list.length === 0 ? name : `${name}{${list.join(',')}}`;
}
